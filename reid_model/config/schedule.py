"""The default schedule is a recipe for 120 epochs: what it becomes under another budget."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import overload

from reid_model.config.families import REFERENCE_EPOCHS
from reid_model.config.train import OptimConfig, TrainConfig

_DEFAULTS = {entry.name: entry.default for entry in fields(OptimConfig)}


@dataclass(frozen=True)
class Schedule:
    """Milestones and warm-up in epochs, as they will be used, and what was changed on the way."""

    milestones: tuple[int, ...]
    warmup: int
    warmup_key: str
    note: str | None


def scaled_schedule(train: TrainConfig) -> Schedule:
    """Milestones and warm-up for ``train.num_epochs``.

    Where ``lr_steps`` is left at its default and its last milestone lies at or beyond the end,
    milestones and a default-valued warm-up are scaled by num_epochs / 120. Other values are taken
    as written: milestones beyond the end are simply not reached.
    """
    optim, budget = train.optim, train.num_epochs
    warmup_key = "warmup_epochs" if optim.warmup_method == "cosine" else "warmup_iters"
    warmup = int(getattr(optim, warmup_key))
    steps = tuple(sorted(optim.lr_steps))
    if optim.lr_steps != _DEFAULTS["lr_steps"] or budget > max(steps):
        return Schedule(steps, warmup, warmup_key, None)
    scaled = at_budget(steps, budget)
    if warmup == _DEFAULTS[warmup_key]:
        warmup = at_budget(warmup, budget)
    return Schedule(scaled, warmup, warmup_key, _note(train, list(scaled), warmup_key, warmup))


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


def _note(train: TrainConfig, steps: list[int], warmup_key: str, warmup: int) -> str:
    optim = train.optim
    changes = [f"train.optim.{warmup_key} {getattr(optim, warmup_key)} -> {warmup}"]
    if warmup_key == "warmup_iters":
        changes.insert(0, f"train.optim.lr_steps {list(optim.lr_steps)} -> {steps}")
    return (
        f"the default schedule is written for {REFERENCE_EPOCHS} epochs; "
        f"for {train.num_epochs}: {', '.join(changes)}"
    )
