"""The confirmation that a user asks for, checked against the skill and the space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from automl.errors import InputError
from automl.launch.request import RunRequest
from automl.results.trainings import Confirm
from automl.skill import Skill
from automl.space import Space
from automl.spec.nested import flatten, get_path, merge, set_path
from automl.spec.validate import validate_spec

DEFAULT_REPEATS: Final = 3


def read_confirm(
    request: RunRequest, skill: Skill, space: Space | None, spec: Mapping[str, Any]
) -> Confirm | None:
    """Return the confirmation that a request asks for; None without one, or without a sweep.

    Raises:
        InputError: ``--repeats`` stands alone, the spec has no seed, or it is searched.
    """
    if request.confirm is None or space is None:
        if request.repeats is not None and request.confirm is None:
            raise InputError("--repeats says how often --confirm K trains each of the K best again")
        return None
    key = _seed_key(skill, request.action, spec)
    if key in space.names:
        raise InputError(f"--confirm gives {key} fresh values, but it is searched: leave it out")
    seed = get_path(spec, key)
    confirm = Confirm(request.confirm, request.repeats or DEFAULT_REPEATS, key, int(seed) + 1)
    last, schema = merge({}, spec), skill.schema(request.action)
    set_path(last, key, confirm.seeds[-1])
    validate_spec(schema, last, allow_missing=schema.leaves, trusted={*flatten(last)} - {key})
    return confirm


def _seed_key(skill: Skill, action: str, spec: Mapping[str, Any]) -> str:
    key = skill.info.seed_spec_key or f"{action}.seed"
    value = get_path(spec, key, None)
    if not isinstance(value, int) or isinstance(value, bool):
        raise InputError(
            f"--confirm needs a seed in the spec, and {key} holds {value!r}: name the key as"
            " seed_spec_key in references/skill_info.yaml, or set it to a whole number"
        )
    return key
