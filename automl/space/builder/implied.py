"""Adds conditions, relations and budgets that a schema leaves out but parameter names imply.

Schemas of others seldom say that a momentum acts under SGD alone or that a decoder selects no more
queries than it has. A search that does not know draws trials that differ in nothing, or fail. What
a schema says itself always wins, and validation of a user's spec never looks at what is implied.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from automl.skill import Leaf, LeafKind, Relation, Schema
from automl.skill.schema.activation import Conjunction
from automl.skill.schema.annotations import BudgetScaling
from automl.skill.schema.numbers import is_finite
from automl.space.budget import find_budget
from automl.space.builder.name_hints import words_of
from automl.spec.nested import get_path

_SCHEDULERS: Final = ("lr_scheduler", "scheduler", "lr_policy", "policy")
_OPTIMIZERS: Final = ("optim", "optimizer", "optim_type", "optimizer_type", "type", "name")
_ADAPTIVE: Final = ("adam", "lamb", "adagrad", "adadelta", "lion", "adafactor")
_NUMBERS: Final = (LeafKind.INT, LeafKind.FLOAT)


def with_implied(schema: Schema, values: Mapping[str, Any]) -> Schema:
    """Return ``schema`` whose leaves carry what their names and neighbours imply.

    Args:
        schema: as the skill packages it, with its overlay.
        values: the nested base spec.
    """
    leaves = {name: _with_implied(schema, leaf, values) for name, leaf in schema.leaves.items()}
    return replace(schema, leaves=leaves)


def _with_implied(schema: Schema, leaf: Leaf, values: Mapping[str, Any]) -> Leaf:
    annotations = leaf.x_automl
    switches = dict(_switches(schema, leaf))
    stated = annotations.active_when or (_of_neighbours(schema, leaf, values),)
    alternatives = tuple({**switches, **one} for one in stated)
    if all(alternatives):
        annotations = replace(annotations, active_when=alternatives)
    if annotations.budget is None and _is_warmup(leaf):
        budget = find_budget(schema, leaf, values)
        if budget is not None:
            annotations = replace(annotations, budget=BudgetScaling(budget.key, budget.value))
    relations = tuple(_relations(schema, leaf, values))
    parents = dict.fromkeys((*leaf.parents, *(relation.parent for relation in relations)))
    return replace(
        leaf,
        x_automl=annotations,
        relations=(*leaf.relations, *relations),
        parents=tuple(parents),
    )


def _of_neighbours(schema: Schema, leaf: Leaf, values: Mapping[str, Any]) -> Conjunction:
    """The scheduler or optimizer beside ``leaf`` under which it acts, as far as names tell."""
    of_scheduler = _of_scheduler(schema, leaf, values)
    return {**of_scheduler, **_of_optimizer(schema, leaf, values)}


def _switches(schema: Schema, leaf: Leaf) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Each section that holds ``leaf`` acts where its switch is true.

    The switch of ``a.b`` is ``a.b.enable``, ``a.b.enabled`` or ``a.enable_b``.
    """
    section = leaf.name.rpartition(".")[0]
    while section:
        above, dot, last = section.rpartition(".")
        for name in (f"{section}.enable", f"{section}.enabled", f"{above}{dot}enable_{last}"):
            switch = schema.leaves.get(name)
            if switch is not None and switch.kind is LeafKind.BOOL and name != leaf.name:
                yield name, (True,)
        section = above


def _of_scheduler(schema: Schema, leaf: Leaf, values: Mapping[str, Any]) -> Conjunction:
    """A step size acts under a step schedule, milestones under one of several steps."""
    wanted = _schedules_of(leaf)
    if not wanted:
        return {}
    return _under(schema, leaf, _SCHEDULERS, values, lambda choice: _schedule(choice) in wanted)


def _schedules_of(leaf: Leaf) -> frozenset[str]:
    words = words_of(leaf.name)
    if leaf.kind is LeafKind.MILESTONES:
        return frozenset({"multistep", "custommultistepscheduler"})
    return frozenset({"step"}) if {"step", "size"} <= words else frozenset()


def _schedule(choice: str) -> str:
    """``MultiStepLR``, ``multi_step`` and ``MultiStep`` are one schedule."""
    return re.sub(r"[^a-z]", "", re.sub(r"lr", "", choice, flags=re.IGNORECASE).lower())


def _of_optimizer(schema: Schema, leaf: Leaf, values: Mapping[str, Any]) -> Conjunction:
    """A momentum acts under SGD and its kin, not under Adam."""
    if words_of(leaf.name) - {"optim", "sgd"} != {"momentum"}:
        return {}
    return _under(schema, leaf, _OPTIMIZERS, values, lambda choice: not _is_adaptive(choice))


def _is_adaptive(choice: str) -> bool:
    return any(word in choice.lower() for word in _ADAPTIVE)


def _under(
    schema: Schema,
    leaf: Leaf,
    names: tuple[str, ...],
    values: Mapping[str, Any],
    suits: Any,
) -> Conjunction:
    """The choice beside ``leaf`` that decides whether it acts, and its values that suit it.

    Nothing where there is no such choice, or where none or all of its values would suit: then the
    names mean something else.
    """
    section = leaf.name.rpartition(".")[0]
    for name in names:
        other = schema.leaves.get(f"{section}.{name}" if section else name)
        if other is None or other.kind is not LeafKind.CHOICE:
            continue
        known = dict.fromkeys((*other.choices, get_path(values, other.name, None)))
        choices = [choice for choice in known if isinstance(choice, str) and choice]
        suiting = tuple(choice for choice in choices if suits(choice))
        if len(suiting) < len(choices):
            return {other.name: suiting} if suiting else {}
    return {}


def _relations(schema: Schema, leaf: Leaf, values: Mapping[str, Any]) -> Iterator[Relation]:
    """Relations to parents that the schema does not write down.

    Only those that ``values`` or the schema's defaults keep: ``values`` hold what the user set.
    """
    if leaf.kind not in _NUMBERS:
        return
    related = {relation.parent for relation in leaf.relations}
    for relation in (*_bare_parents(schema, leaf), *_least_of(schema, leaf)):
        parent = schema.leaves[relation.parent]
        pairs = (
            (get_path(values, leaf.name, leaf.default), get_path(values, parent.name, None)),
            (leaf.default, parent.default),
        )
        kept = any(
            is_finite(own) and is_finite(other) and relation.holds(own, other)
            for own, other in pairs
        )
        if kept and relation.parent not in related:
            yield relation


def _bare_parents(schema: Schema, leaf: Leaf) -> Iterator[Relation]:
    """A bare ``depends_on`` between two whole numbers: the child is at most its parent.

    All of its kind in the public skill bank are selections out of a number of queries.
    """
    for name in leaf.parents:
        parent = schema.leaves.get(name)
        if leaf.kind is LeafKind.INT and parent is not None and parent.kind is LeafKind.INT:
            yield Relation(name, "<=")


def _least_of(schema: Schema, leaf: Leaf) -> Iterator[Relation]:
    """``max_x`` is no less than its neighbour ``min_x``, ``crop_max`` than ``crop_min``."""
    section, dot, last = leaf.name.rpartition(".")
    least = re.sub(r"(?<![a-z])max(?![a-z])", "min", last)
    other = schema.leaves.get(f"{section}{dot}{least}")
    if least != last and other is not None and other.kind is leaf.kind:
        yield Relation(other.name, ">=")


def _is_warmup(leaf: Leaf) -> bool:
    """Whether a whole number counts the epochs of a warm-up."""
    words = words_of(leaf.name)
    named = "warmup" in words or {"warm", "up"} <= words
    return leaf.kind is LeafKind.INT and named and bool(words & {"epoch", "epochs"})
