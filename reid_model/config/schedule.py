"""Scales the default schedule, a recipe for 120 epochs, to another number of epochs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final, overload

from reid_model.config.families import REFERENCE_EPOCHS
from reid_model.config.train import OptimConfig, TrainConfig

_DEFAULTS: Final[dict[str, Any]] = {entry.name: entry.default for entry in fields(OptimConfig)}
_LENGTHS: Final = frozenset({"lr_steps", "warmup_iters", "warmup_epochs"})


@dataclass(frozen=True)
class Schedule:
    """Milestones and warm-up in epochs as training uses them, and a note on what was scaled."""

    milestones: tuple[int, ...]
    warmup: int
    warmup_key: str
    note: str | None


def fit_schedule(train: TrainConfig, given: Collection[str]) -> TrainConfig:
    """``train`` with the default milestones and warm-up scaled from 120 epochs to its own.

    ``given`` are the keys of ``train.optim`` that the spec names. A key that it leaves out is
    scaled by num_epochs / 120, by itself and whatever the budget; a key that it names is taken as
    written. A spec that names all lengths may be a complete template: there a length that equals
    the packaged default is scaled too, unless a sweep has scaled them before.
    """
    written = _written(train, given)
    scaled = {name: at_budget(_DEFAULTS[name], train.num_epochs) for name in _LENGTHS - written}
    return replace(train, optim=replace(train.optim, **scaled))


def _written(train: TrainConfig, given: Collection[str]) -> frozenset[str]:
    """The lengths that are taken as written."""
    if _LENGTHS - set(given) or _scaled_before(train):
        return _LENGTHS.intersection(given)
    return frozenset(name for name in _LENGTHS if getattr(train.optim, name) != _DEFAULTS[name])


def _scaled_before(train: TrainConfig) -> bool:
    """Whether a length that the chosen method does not use is scaled: `automl` scales them all."""
    cosine = train.optim.warmup_method == "cosine"
    unused = ("lr_steps", "warmup_iters") if cosine else ("warmup_epochs",)
    return any(_is_scaled(train, name) for name in unused)


def _is_scaled(train: TrainConfig, name: str) -> bool:
    scaled = at_budget(_DEFAULTS[name], train.num_epochs)
    return bool(getattr(train.optim, name) == scaled != _DEFAULTS[name])


def scaled_schedule(train: TrainConfig) -> Schedule:
    """Milestones and warm-up of a loaded spec; milestones beyond the end are not reached."""
    optim = train.optim
    cosine = optim.warmup_method == "cosine"
    warmup_key = "warmup_epochs" if cosine else "warmup_iters"
    in_use = (warmup_key,) if cosine else ("lr_steps", warmup_key)
    changed = [name for name in in_use if _is_scaled(train, name)]
    note = _note(train, changed) if changed else None
    return Schedule(tuple(sorted(optim.lr_steps)), getattr(optim, warmup_key), warmup_key, note)


@overload
def at_budget(value: int, budget: int) -> int: ...
@overload
def at_budget(value: tuple[int, ...], budget: int) -> tuple[int, ...]: ...
def at_budget(value: int | tuple[int, ...], budget: int) -> int | tuple[int, ...]:
    """A length or milestones written for 120 epochs, for ``budget`` epochs.

    Milestones stay sorted, distinct and inside the budget; those that do not fit are dropped.
    """
    if isinstance(value, int):
        return round(value * budget / REFERENCE_EPOCHS)
    scaled = {round(step * budget / REFERENCE_EPOCHS) for step in value}
    return tuple(sorted(scaled & set(range(1, budget))))


def _note(train: TrainConfig, names: Sequence[str]) -> str:
    changes = (
        f"train.optim.{name} {_shown(_DEFAULTS[name])} -> {_shown(getattr(train.optim, name))}"
        for name in names
    )
    return (
        f"the default schedule is written for {REFERENCE_EPOCHS} epochs; "
        f"for {train.num_epochs}: {', '.join(changes)}"
    )


def _shown(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
