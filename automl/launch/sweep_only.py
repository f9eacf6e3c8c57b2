"""Options that act on sweeps alone: a direct run refuses them, or says that they do nothing."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any, Final

from automl.errors import InputError
from automl.launch.request import RunRequest, option_name
from automl.policy import PolicyChoice

SWEEP_ONLY: Final = (
    "algorithm", "scheduler", "enqueue", "prior", "allow_repeats", "stop", "patience",
    "trials", "time_budget_s", "probe",
    "retries", "oom_retries", "keep_checkpoints", "keep_best", "max_concurrent", "cpus_per_trial",
    "gpus_per_trial", "resources", "search", "ranges", "choices", "weights", "allow_disabled",
    "seed", "address", "storage", "confirm", "repeats", "loggers",
)  # fmt: skip


def sweep_options_without_sweep(request: RunRequest, policy: PolicyChoice) -> tuple[str, ...]:
    """Return what to tell of options that a direct run has no use for.

    Where the user left the policy open and the skill made it a direct run, they have no effect
    and a note says so. Those of a config file always rest: one file serves a sweep and, with
    ``--policy off``, a plain training.

    Raises:
        InputError: the user asked for a direct run and gave such options beside the config file.
    """
    given = [name for name in SWEEP_ONLY if _is_given(name, getattr(request, name))]
    filed = [name for name in given if name in request.configured]
    typed = [option_name(name) for name in given if name not in request.configured]
    if typed and policy.policy != "auto":
        only, them = ("acts", "it") if len(typed) == 1 else ("act", "them")
        raise InputError(
            f"{', '.join(typed)} {only} in sweeps alone, and this is one direct run"
            f" (policy {policy.policy}: {policy.reason}): leave {them} out"
        )
    keys = ", ".join(option_name(name).removeprefix("--") for name in filed)
    files = ", ".join(dict.fromkeys(request.configured[name] for name in filed))
    named = [*typed, *([f"{keys} of {files}"] if filed else [])]
    return (f"no effect on one direct run: {', '.join(named)}",) if named else ()


def _is_given(name: str, value: Any) -> bool:
    return value is not False and value != _DEFAULTS[name] and value not in (None, (), [], {})


_DEFAULTS: Final = {
    field.name: None if field.default is MISSING else field.default for field in fields(RunRequest)
}
