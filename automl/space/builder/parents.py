"""Restricts parents so that every draw leaves their children a legal value.

A parent that is not searched narrows its child's legal range once, before the range is chosen. A
searched parent is restricted to the values for which the child has at least one legal value; a
child that is not searched restricts it to the values that suit the child's fixed value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from automl.skill import Bounds, Leaf, Relation
from automl.skill.schema.numbers import is_finite, is_number
from automl.skill.schema.relation import MULTIPLE
from automl.space.builder.make_number import ordered_choice
from automl.space.builder.ranges import NoRange
from automl.space.parameters.base import Parameter, common_fields
from automl.space.parameters.choice import Choice
from automl.space.parameters.numeric import Float, Integer

MAX_LISTED = 4096
_GOLDEN = 0.381966  # a point inside an interval at no round fraction of it
_MIRRORED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}
Numeric = Float | Integer | Choice


def narrow_bounds(bounds: Bounds, relation: Relation, parent: object) -> Bounds:
    """Cut ``bounds`` by the fixed value of a parent; unchanged if that is no number."""
    if not is_finite(parent):
        return bounds
    if relation.op != MULTIPLE:
        return bounds.constrained(relation.op, parent / relation.divisor)
    return bounds.multiple(abs(parent)) if parent else bounds.at_least(0).at_most(0)


def restrict_to_fixed(parent: Parameter, relation: Relation, child: str, value: Any) -> Parameter:
    """Keep the values of ``parent`` that suit the fixed ``value`` of ``child``; NoRange if < 2."""
    if not is_finite(value) or not isinstance(parent, Numeric):
        return parent
    why = f"kept to what suits {child} = {value:g}"
    return _restrict(parent, lambda p: relation.holds(value, p), [relation], (value, value), why)


def restrict_to_searched(parent: Parameter, child: Parameter) -> Parameter:
    """Keep the values of ``parent`` that leave the searched ``child`` a value; NoRange if < 2.

    For a child of several searched parents, each parent is restricted as if the child were fixed
    at its default (or nearest legal value), so that this value is always possible.
    """
    if not isinstance(parent, Numeric) or not isinstance(child, Numeric):
        return parent
    relations = [r for r in child.relations if r.parent == parent.name]
    if len({r.parent for r in child.relations}) > 1:
        anchor = _anchor(child)
        for relation in relations:
            parent = restrict_to_fixed(parent, relation, child.name, anchor)
        return parent
    why = f"kept to what leaves {child.name} a value"
    return _restrict(parent, lambda p: _has_value(child, p), relations, _span(child), why)


def suits_when_inactive(parent: Parameter, child: Parameter, base_value: Any) -> bool:
    """Whether the child has a value while its conditional parent is inactive, at its base value."""
    if parent.active_when is None or not isinstance(child, Numeric) or not is_finite(base_value):
        return True
    relations = tuple(r for r in child.relations if r.parent == parent.name)
    alone: Numeric = replace(child, relations=relations)
    return _has_value(alone, base_value)


def _has_value(child: Numeric, parent: float) -> bool:
    if isinstance(child, Choice):
        return bool(child.legal(lambda _: parent))
    return child.grid(lambda _: parent).count > 0


def _span(child: Numeric) -> tuple[float, float]:
    if not isinstance(child, Choice):
        return child.low, child.high
    numbers = [choice for choice in child.choices if is_number(choice)]
    return min(numbers, default=0), max(numbers, default=0)


def _anchor(child: Numeric) -> float:
    """The child's default, or its nearest legal value, without regard to its parents."""
    free: Numeric = replace(child, relations=())
    answers = free.encode(child.default, lambda _: None)
    from automl.space.suggest import FixedSuggest

    anchor: float = free.draw(FixedSuggest(answers), lambda _: None)
    return anchor


def _restrict(
    parent: Numeric,
    suits: Callable[[float], bool],
    relations: Sequence[Relation],
    span: tuple[float, float],
    why: str,
) -> Numeric:
    if isinstance(parent, Choice):
        return _keep_choices(parent, suits, why)
    values = _values(parent) if isinstance(parent, Integer) and _leaves_gaps(relations) else None
    if isinstance(parent, Integer) and values is not None:
        return _keep_integers(parent, values, suits, why)
    return _cut_range(parent, suits, relations, span, why)


def _leaves_gaps(relations: Sequence[Relation]) -> bool:
    """Whether the suitable values of a parent may have gaps."""
    return len(relations) > 1 or any(r.op in (MULTIPLE, "==", "!=") for r in relations)


def _keep_choices(parent: Choice, suits: Callable[[float], bool], why: str) -> Choice:
    kept = [i for i, c in enumerate(parent.choices) if not is_number(c) or suits(c)]
    if len(kept) == len(parent.choices):
        return parent
    if len(kept) < 2:
        raise NoRange(f"fewer than two of its choices are left: {why}")
    weights = None
    if parent.weights is not None:
        total = sum(parent.weights[i] for i in kept)
        weights = tuple(parent.weights[i] / total for i in kept)
    choices = tuple(parent.choices[i] for i in kept)
    return replace(parent, choices=choices, weights=weights, reason=f"{parent.reason}; {why}")


def _values(parent: Integer) -> range | None:
    """All values of an integer parameter; None if they are too many to test one by one."""
    values = range(parent.low, parent.high + 1, parent.step or 1)
    return values if len(values) <= MAX_LISTED else None


def _keep_integers(
    parent: Integer, values: range, suits: Callable[[float], bool], why: str
) -> Integer | Choice:
    kept = [value for value in values if suits(value)]
    if len(kept) == len(values):
        return parent
    reason = f"{parent.reason}; {why}"
    gapless = len(kept) > 1 and kept[-1] - kept[0] == (len(kept) - 1) * values.step
    if gapless and not (parent.log and kept[0] % values.step):
        return replace(parent, low=kept[0], high=kept[-1], reason=reason)
    return ordered_choice(common_fields(parent), tuple(kept), reason)


def _cut_range(
    parent: Float | Integer,
    suits: Callable[[float], bool],
    relations: Iterable[Relation],
    span: tuple[float, float],
    why: str,
) -> Float | Integer:
    """Cut a long or continuous parent to what each relation allows for a child in ``span``."""
    bounds = Bounds(low=parent.low, high=parent.high)
    for relation in relations:
        bounds = _allowed_bounds(bounds, relation, *span)
    low, high = _closed_ends(bounds, parent)
    steps = (high - low) * _GOLDEN
    unit = parent.step or (1 if parent.whole else None)
    between = low + (round(steps / unit) * unit if unit else steps)
    if low >= high or not all(map(suits, (low, high, between))):
        raise NoRange(f"fewer than two of its values are left: {why}")
    if (low, high) == (parent.low, parent.high):
        return parent
    reason = f"{parent.reason}; {why}"
    if isinstance(parent, Integer):
        return replace(parent, low=int(low), high=int(high), reason=reason)
    return replace(parent, low=low, high=high, reason=reason)


def _allowed_bounds(bounds: Bounds, relation: Relation, low: float, high: float) -> Bounds:
    """Bounds of the parent for which some child in [low, high] satisfies the relation."""
    if relation.op == MULTIPLE:
        if low == high:
            raise NoRange("its legal values are the shares of a fixed value; give --choices")
        return bounds.at_most(high - low if low > 0 else high)
    if relation.op == "!=":
        return bounds.without(low * relation.divisor) if low == high else bounds
    if relation.op == "==":
        return bounds.at_least(low * relation.divisor).at_most(high * relation.divisor)
    end = high if relation.op in (">", ">=") else low
    return bounds.constrained(_MIRRORED[relation.op], end * relation.divisor)


def _closed_ends(bounds: Bounds, parent: Float | Integer) -> tuple[float, float]:
    """The ends as legal values on the parent's steps; an open end moves a little inside."""
    from automl.space.builder.ranges import legal_ends

    low, high = legal_ends(
        bounds.low or 0,
        bounds.high or 0,
        bounds,
        whole=isinstance(parent, Integer),
        log=parent.log,
    )
    if parent.step is None:
        return low, high
    first = parent.low + -(-(low - parent.low) // parent.step) * parent.step
    return first, first + (high - first) // parent.step * parent.step


def fixed_children(
    leaves: Mapping[str, Leaf], searched: Mapping[str, Parameter]
) -> list[tuple[Leaf, Relation]]:
    """Leaves that are not searched but have a relation to a parameter that is."""
    return [
        (leaf, relation)
        for name, leaf in leaves.items()
        if leaf.relations and name not in searched
        for relation in leaf.relations
        if relation.parent in searched
    ]
