"""The loggers that a user asks for, checked before anything is launched."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Final

from automl.constants import LOGGERS
from automl.errors import InputError

_PACKAGES: Final = {"tensorboard": "tensorboardX", "wandb": "wandb", "mlflow": "mlflow"}


def read_loggers(names: Sequence[str]) -> tuple[str, ...]:
    """Return the loggers by name, each once.

    Raises:
        InputError: a name is unknown, or its package is not installed.
    """
    asked = tuple(dict.fromkeys([names] if isinstance(names, str) else names))
    unknown = [name for name in asked if name not in LOGGERS]
    if unknown:
        raise InputError(f"--logger {unknown[0]!r} is unknown: use {', '.join(LOGGERS)}")
    missing = [_PACKAGES[name] for name in asked if find_spec(_PACKAGES[name]) is None]
    if missing:
        raise InputError(
            f"--logger {asked[0] if len(asked) == 1 else ', '.join(asked)}: package"
            f" {', '.join(missing)} is not installed: pip install {' '.join(missing)}"
        )
    return asked
