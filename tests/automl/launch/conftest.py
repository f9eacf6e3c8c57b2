"""Plans of actions that use a checkpoint, whose file is made up here and read by the trainer."""

from typing import Any

import pytest

from automl.launch import plan
from automl.launch.planning.preflight import Preflight, preflight
from automl.skill import Action


@pytest.fixture
def no_checkpoint_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def look(action: Action, *args: Any, **options: Any) -> Preflight:
        return preflight(action, *args, **options) if action.name == "train" else Preflight()

    monkeypatch.setattr(plan, "preflight", look)
