"""The Python face of ``automl run``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from automl.launch.execute import execute
from automl.launch.plan import make_plan
from automl.launch.request import RunRequest
from automl.launch.result import RunResult
from automl.launch.resume import resume_plan

_PATHS = ("skill_dir", "spec_file", "output")


def run(**options: Any) -> RunResult:
    """Run a sweep, or one direct training where the policy or the skill says so.

    Args:
        options: the fields of :class:`automl.launch.request.RunRequest`, for example
            ``skill_dir``, ``data``, ``trials``, ``overrides={"num_epochs": 5}``.

    Returns:
        The run's folder, status, champion and tables.

    Raises:
        InputError: something about the request is wrong; nothing was written.
    """
    for name in _PATHS:
        if options.get(name) is not None:
            options[name] = Path(options[name])
    return execute(make_plan(RunRequest(**options)))


def resume(folder: str | Path, *, add_trials: int = 0, allow_changed: bool = False) -> RunResult:
    """Take a sweep up again, after any death or to give it more trials.

    Raises:
        InputError: the folder is no sweep's, another process drives it, or the skill changed.
    """
    return execute(resume_plan(Path(folder), add_trials=add_trials, allow_changed=allow_changed))
