"""How trials run: time limits, retries, checkpoints, and where metrics are read and logged."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from automl.constants import LOGGERS
from automl.errors import InputError
from automl.launch.options import AUTO
from automl.launch.planning.options.eval_command import check_evaluation
from automl.launch.request import DEFAULT_RETRIES, RunRequest
from automl.skill import Action, Memory, SkillInfo
from automl.sweep.retention import KEEP, Keep
from automl.trial.child.log_metrics import metric_pattern
from automl.trial.child.program import BIN
from automl.trial.timeouts import Limits

NO_CONTAINER: Final = "none"


@dataclass(frozen=True)
class TrialOptions:
    """How each trial runs; the fields are those of the request."""

    retries: int = DEFAULT_RETRIES
    oom_retries: int = 0
    trial_timeout_s: float | None = None
    stall_timeout_s: float | None = None
    keep_checkpoints: Keep = "best"
    keep_best: int = 1
    metric_pattern: str | None = None
    isolate: bool = False
    venv: str | None = None
    container: str | None = None
    container_args: tuple[str, ...] = ()
    eval_command: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the options as plain data; what nobody asked of the newer ones is left out."""
        data = {**asdict(self), "container_args": list(self.container_args)}
        asked = ("container", "container_args", "eval_command")
        return {name: value for name, value in data.items() if value or name not in asked}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TrialOptions:
        """Return the options that :meth:`to_dict` wrote."""
        return cls(**{**data, "container_args": tuple(data.get("container_args", ()))})

    @property
    def home(self) -> Path | None:
        """The virtual environment of child processes, None for this process's."""
        return Path(self.venv) if self.venv else None

    @property
    def limits(self) -> Limits:
        """How long a trial may run, and how long it may go without a report."""
        return Limits(self.trial_timeout_s, self.stall_timeout_s)


def read_trial_options(
    request: RunRequest, action: Action, info: SkillInfo, *, sweep: bool
) -> TrialOptions:
    """Return how a request wants trials of ``action`` to run.

    Raises:
        InputError: a choice is unknown, or an option has no effect on such a run.
    """
    _check_retention(request)
    entrypoint = action.execution is not None and action.execution.entrypoint is not None
    if request.isolate and entrypoint and not action.command:
        raise InputError(f"--isolate needs a command: action {action.name} has an entrypoint only")
    in_process = entrypoint and not request.isolate and not names_image(request)
    _check_venv(request, action, in_process=in_process)
    if request.metric_pattern is not None:
        metric_pattern(request.metric_pattern)
        if in_process:
            raise InputError(
                f"--metric-pattern reads logs of child processes, but action {action.name} reports"
                " in this process: leave it out, or run trials as children with --isolate"
            )
    if in_process and not sweep and (request.trial_timeout_s or request.stall_timeout_s):
        raise InputError(
            "--trial-timeout and --stall-timeout cannot end a direct run in this process: add"
            " --isolate to run it as a child"
        )
    check_evaluation(request, info.known_metrics)
    return TrialOptions(**{"oom_retries": _oom_retries(request, info.memory), **_given(request)})


def names_image(request: RunRequest) -> bool:
    """Return whether a request names the image of its containers."""
    return request.container not in (None, AUTO, NO_CONTAINER)


def _oom_retries(request: RunRequest, memory: Memory) -> int:
    if request.oom_retries and memory.accumulate_key is None:
        raise InputError(
            "--oom-retries needs a skill whose trainer computes a batch in parts, and this one"
            " names no memory: accumulate_key in its skill_info.yaml: leave it out"
        )
    return 0 if memory.accumulate_key is None else DEFAULT_RETRIES


def _given(request: RunRequest) -> dict[str, Any]:
    values = {name: getattr(request, name) for name in TrialOptions.__dataclass_fields__}
    if request.venv is not None:
        values["venv"] = str(Path(os.path.expanduser(request.venv)).absolute())
    values["container_args"] = tuple(request.container_args)
    return {name: value for name, value in values.items() if value is not None}


def _check_venv(request: RunRequest, action: Action, *, in_process: bool) -> None:
    """Refuse a virtual environment that is none, or that no child process would use."""
    if request.venv is None:
        return
    if in_process:
        raise InputError(
            f"--venv is for scripts and commands, but action {action.name} runs in this process:"
            " leave it out, or run trials as children with --isolate"
        )
    home = Path(os.path.expanduser(request.venv))
    if not (home / "pyvenv.cfg").is_file() or not (home / BIN / "python").exists():
        raise InputError(
            f"--venv {home} is no virtual environment (pyvenv.cfg and {BIN}/python): make one with"
            " python -m venv, and install there what the script needs"
        )


def _check_retention(request: RunRequest) -> None:
    if request.keep_checkpoints not in (None, *KEEP):
        raise InputError(
            f"--keep-checkpoints {request.keep_checkpoints!r} is unknown: {', '.join(KEEP)}"
        )
    if request.keep_best is not None and request.keep_checkpoints in ("all", "none"):
        raise InputError(
            f"--keep-best means nothing with --keep-checkpoints {request.keep_checkpoints}"
        )


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
            " (or the extra reid-automl[loggers])"
        )
    return asked
