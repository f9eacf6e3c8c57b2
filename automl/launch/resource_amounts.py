"""The amounts of a request's resources: how they are read, and what is wrong with one."""

from __future__ import annotations

import math
from typing import Any, Final

from automl.errors import InputError

_OWN_OPTION: Final = {
    "cpu": "--cpus-per-trial", "cpus": "--cpus-per-trial",
    "gpu": "--gpus-per-trial", "gpus": "--gpus-per-trial",
}  # fmt: skip


def resource_fault(name: str, amount: Any) -> str:
    """Return what is wrong with one custom resource of a request, empty where nothing is."""
    if name.lower() in _OWN_OPTION:
        return f"--resource {name}: use {_OWN_OPTION[name.lower()]}"
    number = isinstance(amount, int | float) and not isinstance(amount, bool)
    if not name or not number or not math.isfinite(amount) or amount <= 0:
        return f"--resource {name}={amount} must be a name and a positive number"
    if amount > 1 and amount != int(amount) and name != "memory":
        return f"--resource {name}={amount:g}: above 1 it must be whole"
    return ""


def read_amount(text: Any) -> float:
    """Return a resource's amount from a text or a number.

    Raises:
        InputError: it is no number.
    """
    try:
        return float("" if isinstance(text, bool) else text)
    except (TypeError, ValueError):
        raise InputError(f"the amount of a resource must be a number, is {text!r}") from None
