"""Makes the parameters whose value is a list: milestones, subsets, lists of numbers."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, Final

from automl.skill import Bounds
from automl.skill.schema.numbers import is_finite
from automl.space.budget import Budget
from automl.space.builder.leaf_request import LeafRequest
from automl.space.builder.legality import why_item_illegal
from automl.space.builder.make_number import make_number
from automl.space.builder.name_hints import Trait, trait_of
from automl.space.builder.ranges import NoRange, NumberRequest
from automl.space.parameters.base import Parameter
from automl.space.parameters.milestones import Milestones
from automl.space.parameters.number_list import NumberList
from automl.space.parameters.numeric import Float, Integer
from automl.space.parameters.subset import Subset

_ITERATIONS: Final = 100


def make_milestones(request: LeafRequest) -> Parameter:
    """Sorted, distinct positions in the budget, as many as the default has, if they fit."""
    leaf, budget = request.leaf, request.budget
    wanted = max(_length(leaf.default), _length(request.value))
    if wanted == 0:
        raise NoRange("its default names no milestone, so their number is open; give --choices")
    bounds = request.bounds
    if leaf.element_bounds or bounds.multiple_of or bounds.power_of or bounds.excluded:
        raise NoRange("milestones that must be certain numbers have no range; give --choices")
    if budget is not None and _counts_iterations(request.value, budget):
        raise NoRange(f"its milestones count iterations, not epochs ({budget.key}); give --choices")
    if budget is None:
        raise NoRange("no epoch budget was found that its milestones could lie in")
    low = max(1, _first(request.bounds))
    limit = _last(request.bounds)
    last = budget.value - 1 if limit is None else min(budget.value - 1, limit)
    room = last - low + 1
    most = wanted if leaf.length[1] is None else leaf.length[1]
    length = min(wanted, room, most)
    if length < max(1, leaf.length[0]):
        raise NoRange(f"a budget of {budget.value} ({budget.key}) has no room for its milestones")
    if room < wanted:
        request.warn(
            f"{leaf.name}: {wanted} milestones do not fit a budget of {budget.value}"
            f" ({budget.key}); {length} searched"
        )
    some = "one milestone" if length == 1 else f"{length} sorted, distinct milestones"
    reason = f"{some} inside the budget of {budget.value} epochs"
    return Milestones(
        **request.common(reason=f"{reason} ({budget.key})"),
        length=length,
        budget_key=budget.key,
        budget=budget.value,
        low=low,
        limit=limit,
    )


def _counts_iterations(value: Any, budget: Budget) -> bool:
    """Whether milestones lie so far beyond the epochs that they must be steps of the optimizer."""
    given = value if isinstance(value, list) and value and all(map(is_finite, value)) else [0]
    return min(given) >= _ITERATIONS * budget.value


def _length(value: Any) -> int:
    return len(value) if isinstance(value, list) else 0


def _first(bounds: Bounds) -> int:
    if bounds.low is None:
        return 1
    return math.floor(bounds.low) + 1 if bounds.low_open else math.ceil(bounds.low)


def _last(bounds: Bounds) -> int | None:
    if bounds.high is None:
        return None
    return math.ceil(bounds.high) - 1 if bounds.high_open else math.floor(bounds.high)


def make_subset(request: LeafRequest) -> Parameter:
    """Any selection of the options; not the empty one unless that is the default."""
    leaf = request.leaf
    bounds = [request.bounds, *leaf.element_bounds]
    options = tuple(
        option
        for option in leaf.choices
        if all(why_item_illegal(leaf, option, own) is None for own in bounds)
    )
    least = max(leaf.length[0], 1 if request.value else 0)
    most = len(options) if leaf.length[1] is None else min(leaf.length[1], len(options))
    if least > most or len(options) < 2:
        raise NoRange(f"no selection of {least} or more out of {len(options)} options to choose")
    reason = f"{least} to {most} of the schema's {len(options)} options"
    return Subset(**request.common(reason=reason), options=options, least=least, most=most)


def make_numbers(request: LeafRequest) -> Parameter:
    """One number for each item of the default list, each in its own range."""
    leaf, value = request.leaf, request.value
    if not isinstance(value, list) or not value or not all(map(is_finite, value)):
        raise NoRange("its value is no list of numbers; give --choices NAME=[1,2],[3,4]")
    least, most = leaf.length
    if len(value) < least or (most is not None and len(value) > most):
        raise NoRange(f"its value has {len(value)} items, which the schema does not allow")
    if leaf.relations:
        raise NoRange("a list that depends on another parameter has no range")
    bounds = [_element_bounds(request, index) for index in range(len(value))]
    free = leaf.type_word in ("list", "array", "") and any(b.unbounded for b in bounds)
    if free and request.options.range is None:
        raise NoRange("a free list has no range; give --choices NAME=[1,2],[3,4]")
    ascending = _is_ascending(leaf.name, value)
    elements = [_plain_element(request, index, bounds[index]) for index in range(len(value))]
    if ascending:
        elements = _with_ascending_ends(elements)
    reason = "; ".join(dict.fromkeys(_reason(request, i, b) for i, b in enumerate(bounds)))
    order = "ascending numbers" if ascending else "numbers"
    source = "range" if request.options.range else "default"
    common = request.common(source, f"{len(value)} {order}: {reason}")
    return NumberList(**common, elements=tuple(elements), ascending=ascending)


def _element_bounds(request: LeafRequest, index: int) -> Bounds:
    given = request.leaf.element_bounds
    return given[index] if index < len(given) else request.bounds


def _is_ascending(name: str, value: list[Any]) -> bool:
    """Whether the list must ascend: its default does, and it is no pair of momenta."""
    rising = all(low <= high for low, high in zip(value, value[1:], strict=False))
    return rising and len(value) > 1 and trait_of(name, value[-1]) is not Trait.NEAR_ONE


def _number_request(request: LeafRequest, index: int, bounds: Bounds) -> NumberRequest:
    default, whole = request.value[index], request.leaf.is_integer
    annotations = request.leaf.x_automl
    trait = Trait.PLAIN if whole else trait_of(request.leaf.name, default)
    why = f"the {annotations.origin}'s search range"
    scale, search = annotations.scale, annotations.search
    return NumberRequest(bounds, default, trait, whole, scale, search, why=why)


def _make_element(request: LeafRequest, index: int, bounds: Bounds) -> Float | Integer:
    number = _number_request(request, index, bounds)
    common: dict[str, Any] = {"name": f"{request.leaf.name}[{index}]"}
    rising = _is_ascending(request.leaf.name, request.value)
    step = (
        None if rising else request.leaf.x_automl.step
    )  # putting numbers in order may take them off the steps
    made = make_number(common, number, step=step, user=request.options.range)
    if not isinstance(made, Float | Integer):
        raise NoRange("a list of powers has no range; give --choices")
    return made


def _plain_element(request: LeafRequest, index: int, bounds: Bounds) -> Float | Integer:
    return replace(_make_element(request, index, bounds), source="default", reason="")


def _reason(request: LeafRequest, index: int, bounds: Bounds) -> str:
    return _make_element(request, index, bounds).reason


def _with_ascending_ends(elements: list[Float | Integer]) -> list[Float | Integer]:
    """Lower the high ends of earlier elements so that no later one is below them."""
    risen = list(elements)
    for index in range(len(risen) - 2, -1, -1):
        if risen[index].low >= risen[index + 1].high:
            raise NoRange("its items have ranges in which they cannot ascend")
        risen[index] = _lower_end(risen[index], risen[index + 1].high)
    return risen


def _lower_end(element: Float | Integer, high: float) -> Float | Integer:
    if high >= element.high:
        return element
    if isinstance(element, Integer):
        return replace(element, high=int(high), step=None)
    return replace(element, high=high, step=None)
