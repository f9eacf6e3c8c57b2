"""The Python face of ``automl run``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from automl.launch.execute import execute
from automl.launch.plan import make_plan
from automl.launch.request import RunRequest
from automl.launch.result import RunResult

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
    request = RunRequest(**options)
    return execute(make_plan(request), request)
