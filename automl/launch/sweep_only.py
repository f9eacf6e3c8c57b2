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
    and a note says so.

    Raises:
        InputError: the user asked for a direct run and gave such options.
    """
    given = [name for name in SWEEP_ONLY if _is_given(name, getattr(request, name))]
    if not given:
        return ()
    names = ", ".join(option_name(name) for name in given)
    if policy.policy != "auto":
        raise InputError(
            f"{names}: only sweeps have these, and this is one direct run ({policy.reason}):"
            " leave them out"
        )
    return (f"no effect on one direct run: {names}",)


def _is_given(name: str, value: Any) -> bool:
    return value is not False and value != _DEFAULTS[name] and value not in (None, (), [], {})


_DEFAULTS: Final = {
    field.name: None if field.default is MISSING else field.default for field in fields(RunRequest)
}
