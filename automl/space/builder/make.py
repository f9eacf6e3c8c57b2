"""Makes the parameter of one leaf, by its kind; NoRange says why there is nothing to search."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from automl.skill import LeafKind
from automl.skill.schema.numbers import is_finite, is_number
from automl.space.budget import Budget
from automl.space.builder.leaf_request import LeafRequest
from automl.space.builder.legality import why_illegal, why_not_listed
from automl.space.builder.make_list import make_milestones, make_numbers, make_subset
from automl.space.builder.make_number import make_number
from automl.space.builder.name_hints import Trait, trait_of
from automl.space.builder.ranges import NoRange, NumberRequest
from automl.space.builder.user_range import read_weights
from automl.space.parameters.base import Parameter
from automl.space.parameters.choice import Choice


def make_parameter(request: LeafRequest) -> Parameter:
    """Return the parameter for a leaf.

    Raises:
        NoRange: the leaf has no values to choose from.
        SpaceError: the user's options contradict the leaf.
    """
    if request.options.choices is not None:
        return _user_choice(request, request.options.choices)
    kind = request.leaf.kind
    if request.options.range is not None and kind not in (
        LeafKind.INT,
        LeafKind.FLOAT,
        LeafKind.NUMBERS,
    ):
        raise NoRange(f"a range is for numbers, this is a {kind.value}; use --choices")
    try:
        return _MAKERS[kind](request)
    except ArithmeticError:
        raise NoRange("its bounds or default are too extreme to compute a range") from None


def _number(request: LeafRequest) -> Parameter:
    leaf, budget = request.leaf, request.budget
    value = request.value if is_finite(request.value) else None
    whole = leaf.kind is LeafKind.INT
    number = NumberRequest(
        bounds=request.bounds,
        default=value,
        trait=Trait.PLAIN if whole else trait_of(leaf.name, value),
        whole=whole,
        scale=leaf.x_automl.scale,
        search=leaf.x_automl.search,
        why=f"the {leaf.x_automl.origin}'s search range",
    )
    user = request.options.range
    if user is None and budget is not None and leaf.x_automl.budget is not None:
        number = _range_in_budget(number, budget, leaf.x_automl.budget.reference)
    made = make_number(request.common(), number, step=leaf.x_automl.step, user=user)
    weights = request.options.weights
    if weights is not None:
        raise NoRange("weights are for choices, this is a number; use --choices too")
    return made


def _range_in_budget(number: NumberRequest, budget: Budget, reference: float) -> NumberRequest:
    """The request for a schedule length: the search range scaled to this budget."""
    if number.search is not None:
        low, high = (end * budget.value / reference for end in number.search)
        scaled = (math.floor(low), max(math.ceil(high), math.floor(low) + 1))
        why = f"{number.why} for {reference:g} epochs at {budget.value}"
        return replace(number, search=scaled, why=why)
    low = number.bounds.low or 0
    high = max(2 * (number.default or 0), math.ceil(budget.value / 4), low + 1)
    why = f"up to a quarter of the budget of {budget.value} epochs, or twice the default"
    top = min(high, max(budget.value // 2, low + 1))
    return replace(number, search=(low, top), why=why, source="default")


def _choice(request: LeafRequest) -> Parameter:
    leaf = request.leaf
    enum: tuple[Any, ...] = leaf.choices or (False, True)
    weights = leaf.weights or (1.0,) * len(enum)
    pairs = [
        (choice, weight)
        for choice, weight in zip(enum, weights, strict=True)
        if weight > 0
        and why_illegal(leaf, choice, request.bounds) is None
        and _in_search_range(request, choice)
    ]
    if leaf.ordered and all(is_number(choice) for choice, _ in pairs):
        pairs.sort(key=lambda pair: pair[0])
    choices = tuple(choice for choice, _ in pairs)
    given = tuple(weight for _, weight in pairs) if leaf.weights else None
    if request.options.weights is not None:
        given = read_weights(leaf.name, request.options.weights, choices)
    reason = "the schema's options" if leaf.choices else "on or off"
    if len(choices) < len(enum):
        reason = f"{len(choices)} of the schema's {len(enum)} options: those worth trying"
    return _checked_choice(request, choices, given, reason, ordered=leaf.ordered)


def _in_search_range(request: LeafRequest, choice: Any) -> bool:
    """Whether a numeric option lies in the schema's search range, if there is one."""
    search = request.leaf.x_automl.search
    return search is None or not is_number(choice) or search[0] <= choice <= search[1]


def _user_choice(request: LeafRequest, choices: tuple[Any, ...]) -> Parameter:
    for choice in choices:
        problem = why_not_listed(request.leaf, choice)
        problem = problem or why_illegal(request.leaf, choice, request.bounds)
        if problem is not None:
            raise NoRange(f"the choice {choice!r} {problem}")
    numbers = all(map(is_number, choices))
    given = request.options.weights
    weights = None if given is None else read_weights(request.leaf.name, given, choices)
    if numbers:
        order = sorted(range(len(choices)), key=choices.__getitem__)
        choices = tuple(choices[i] for i in order)
        weights = weights and tuple(weights[i] for i in order)
    return _checked_choice(
        request, choices, weights, "your choices", ordered=numbers, source="range"
    )


def _checked_choice(
    request: LeafRequest,
    choices: tuple[Any, ...],
    weights: tuple[float, ...] | None,
    reason: str,
    *,
    ordered: bool,
    source: str = "default",
) -> Choice:
    if len(choices) < 2:
        raise NoRange(f"only {choices[0]!r} is possible" if choices else "no option is legal")
    if weights is not None:
        total = math.fsum(weights)
        weights = tuple(weight / total for weight in weights)
        reason += ", drawn by weights"
    if request.value not in choices and request.value is not None:
        reason += f"; the base value {request.value!r} is not one of them"
    common = request.common(source, reason)
    return Choice(
        **common,
        choices=choices,
        weights=weights,
        ordered=ordered,
        options_when=request.options_when,
    )


def _list(request: LeafRequest) -> Parameter:
    value = request.value
    if request.leaf.nullable and isinstance(value, list) and value:
        choices = (None, value)
        return _checked_choice(request, choices, None, "null or the list", ordered=False)
    raise NoRange("a free list has no range; give --choices NAME=[1,2],[3,4]")


def _numbers(request: LeafRequest) -> Parameter:
    if request.leaf.type_word == "optional_list":
        return _list(request)
    return make_numbers(request)


def _refuse_with(reason: str) -> Callable[[LeafRequest], Parameter]:
    def refuse(request: LeafRequest) -> Parameter:
        raise NoRange(reason)

    return refuse


_MAKERS: Mapping[LeafKind, Callable[[LeafRequest], Parameter]] = {
    LeafKind.INT: _number,
    LeafKind.FLOAT: _number,
    LeafKind.BOOL: _choice,
    LeafKind.CHOICE: _choice,
    LeafKind.SUBSET: make_subset,
    LeafKind.MILESTONES: make_milestones,
    LeafKind.NUMBERS: _numbers,
    LeafKind.LIST: _list,
    LeafKind.STRING: _refuse_with("free text has no range; give --choices NAME=a,b"),
    LeafKind.DICT: _refuse_with("a free-form mapping has no range"),
    LeafKind.ANY: _refuse_with("its type is unknown; give --choices NAME=a,b"),
}
