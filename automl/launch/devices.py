"""How many devices one trial's spec asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automl.errors import SpecError
from automl.spec.nested import get_path


def devices_of(spec: Mapping[str, Any], key: str | None) -> int:
    """Return the number under the skill's ``gpu_spec_key``; one where there is none.

    Raises:
        SpecError: the value is no number of devices.
    """
    value = get_path(spec, key, None) if key else None
    if value in (None, "", 0):
        return 1
    whole = isinstance(value, int | float) and not isinstance(value, bool) and value == int(value)
    if not whole or value < 0:
        raise SpecError(
            f"{key} says how many GPUs a trial takes (gpu_spec_key): it must be a whole number,"
            f" is {value!r}"
        )
    return int(value)
