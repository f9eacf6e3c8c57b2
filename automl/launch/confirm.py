"""The confirmation of a sweep's champion: what is asked for, and which trainings are left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from automl.constants import PARAM_PREFIX
from automl.errors import InputError
from automl.launch.request import RunRequest
from automl.results.confirmation import CONFIRM, candidates, configuration
from automl.results.rows import trial_rows
from automl.skill import Skill
from automl.space import Space
from automl.spec.nested import get_path, merge, set_path
from automl.spec.validate import validate_spec
from automl.trial.history import Event, gather
from automl.trial.objective import Objective

DEFAULT_REPEATS: Final = 3


@dataclass(frozen=True)
class Confirm:
    """How the best trials are trained again.

    Attributes:
        best: how many of the search's best; the defaults' configuration comes on top.
        repeats: trainings of each, with fresh seeds.
        seed_key: the spec key that holds the seed.
        first_seed: the first of ``repeats`` consecutive seeds, the same for each configuration.
    """

    best: int
    repeats: int
    seed_key: str
    first_seed: int

    @property
    def seeds(self) -> range:
        """The fresh seeds."""
        return range(self.first_seed, self.first_seed + self.repeats)

    @property
    def trials(self) -> int:
        """How many trainings that makes at most, the baseline's included."""
        return (self.best + 1) * self.repeats


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
    last = merge({}, spec)
    set_path(last, key, confirm.seeds[-1])
    validate_spec(skill.schema(request.action), last, allow_missing=tuple(_names(last)))
    return confirm


def confirm_of(plan: Mapping[str, Any]) -> Confirm | None:
    """Return the confirmation of a written plan."""
    section = plan.get("confirm")
    return Confirm(**section) if section else None


def split(events: Sequence[Event]) -> tuple[list[Event], list[Event]]:
    """Return the search's events and the confirmation's; what concerns neither is in both."""
    ours = {e["number"] for e in events if e["event"] == "start" and e["source"] == CONFIRM}
    search = [event for event in events if event.get("number") not in ours]
    return search, [event for event in events if event.get("number", min(ours, default=0)) in ours]


def trainings_left(
    confirm: Confirm, events: Sequence[Event], objective: Objective
) -> list[dict[str, Any]]:
    """Return the parameters of the trainings that no trial of the ledger stands for yet.

    Seed by seed, so that a confirmation that is cut short has compared what it has fairly.
    """
    search, fresh = split(events)
    begun = {_training(h.start["params"], confirm) for h in gather(fresh)}
    rows = candidates(trial_rows(search, objective), objective, confirm.best)
    left: list[dict[str, Any]] = []
    for seed in confirm.seeds:
        for row in rows:
            params = {k.removeprefix(PARAM_PREFIX): v for k, v in row.items() if _is_param(k)}
            params[confirm.seed_key] = seed
            if _training(params, confirm) not in begun:
                left.append(params)
    return left


def _training(params: Mapping[str, Any], confirm: Confirm) -> tuple[str, Any]:
    return configuration(params, confirm.seed_key), params.get(confirm.seed_key)


def _is_param(column: str) -> bool:
    return column.startswith(PARAM_PREFIX)


def _seed_key(skill: Skill, action: str, spec: Mapping[str, Any]) -> str:
    key = skill.info.seed_spec_key or f"{action}.seed"
    value = get_path(spec, key, None)
    if not isinstance(value, int) or isinstance(value, bool):
        raise InputError(
            f"--confirm needs a seed in the spec, and {key} holds {value!r}: name the key as"
            " seed_spec_key in references/skill_info.yaml, or set it to a whole number"
        )
    return key


def _names(spec: Mapping[str, Any]) -> list[str]:
    from automl.spec.nested import flatten

    return list(flatten(spec))
