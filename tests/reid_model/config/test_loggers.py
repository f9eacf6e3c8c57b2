"""Loggers whose package is not installed: switched off with a warning, or refused."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from reid_model.config import load_spec
from reid_model.config.loggers import usable_loggers
from reid_model.errors import ConfigError


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The packages that are found."""
    names = {"wandb", "tensorboard"}
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: object() if name in names else None
    )
    return names


def test_loggers_that_are_installed_stay_on(installed: set[str]) -> None:
    given = {"wandb": {"enable": True, "sync_tensorboard": True}}
    config = load_spec({**given, "train": {"loggers": ["tensorboard"]}})
    assert usable_loggers(config) == (config, None)


def test_wandb_is_switched_off_with_a_warning(installed: set[str]) -> None:
    installed.remove("wandb")
    config, warning = usable_loggers(load_spec({"wandb": {"enable": True}}))
    assert not config.wandb.enable
    assert "wandb.enable is true but wandb is not installed" in str(warning)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"train": {"loggers": ["tensorboard"]}}, "train.loggers names tensorboard"),
        (
            {
                "train": {"loggers": ["tensorboard"]},
                "wandb": {"enable": True, "sync_tensorboard": True},
            },
            "wandb.sync_tensorboard needs the package tensorboard",
        ),
    ],
)
def test_tensorboard_that_is_not_installed_is_refused(
    installed: set[str], given: dict[str, Any], words: str
) -> None:
    installed.remove("tensorboard")
    with pytest.raises(ConfigError, match=words):
        usable_loggers(load_spec(given))


def test_tensorboardx_serves_as_well(installed: set[str]) -> None:
    installed.symmetric_difference_update({"tensorboard", "tensorboardX"})
    config = load_spec({"train": {"loggers": ["tensorboard"]}})
    assert usable_loggers(config) == (config, None)
