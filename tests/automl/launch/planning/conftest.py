"""Plans of actions that use a checkpoint, whose file is made up here."""

import pytest


@pytest.fixture(autouse=True)
def _made_up(no_checkpoint_is_read: None) -> None:
    """No test of this folder has a real checkpoint."""
