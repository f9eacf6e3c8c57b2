"""Builds the search space of an action from its schema, its base spec and the user's options."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from automl.errors import SpaceError
from automl.skill import Leaf, LeafKind, Relation, Schema
from automl.skill.schema.activation import names_of
from automl.skill.schema.relation import MULTIPLE
from automl.space.budget import find_budget
from automl.space.builder.conditions import split_conditions
from automl.space.builder.count_limits import Counter, CountLimits
from automl.space.builder.draw_order import draw_order
from automl.space.builder.implied import with_implied
from automl.space.builder.leaf_options import LeafOptions, read_leaf_options
from automl.space.builder.leaf_request import LeafRequest
from automl.space.builder.make import make_parameter
from automl.space.builder.option_conditions import (
    conditions_in_draws,
    option_defaults,
    with_possible_options,
)
from automl.space.builder.parents import (
    fixed_children,
    narrow_bounds,
    restrict_to_fixed,
    restrict_to_searched,
    suits_when_inactive,
)
from automl.space.builder.ranges import NoRange
from automl.space.builder.schema_warnings import schema_warnings, space_warnings
from automl.space.builder.selection import Selection, select
from automl.space.builder.user_range import UserRange
from automl.space.inactive import inactive_leaves, partly_fixed
from automl.space.parameters.base import Parameter
from automl.space.parameters.numeric import Float
from automl.space.space import Fixed, LeftOut, Space
from automl.spec.nested import get_path


def build_space(
    schema: Schema,
    values: Mapping[str, Any],
    *,
    user_keys: Collection[str] = (),
    search: Sequence[str] | None = None,
    ranges: Mapping[str, str | Sequence[Any] | UserRange] | None = None,
    choices: Mapping[str, str | Sequence[Any]] | None = None,
    weights: Mapping[str, Any] | None = None,
    allow_disabled: bool = False,
    shorthand: Mapping[str, str] | None = None,
    action: str | None = None,
    counter: Counter | None = None,
) -> Space:
    """Return the parameters to search, each with its range and the reason for it.

    Args:
        schema: the action's schema.
        values: the nested base spec: defaults, budget, parents that are not searched.
        user_keys: dotted leaves that the user set; they are not searched.
        search: names (full, shorthand or unique suffix) that replace the default set.
        ranges: name -> ``"LOW:HIGH[:log|:linear]"`` or (low, high[, "log"]).
        choices: name -> ``"a,b,c"`` or a sequence.
        weights: name -> prior weights of its choices.
        allow_disabled: parameters that the skill disables may be named.
        shorthand: the skill's short names.
        action: the action to optimise; a section of its name is searched.
        counter: counts in the data what a limit (``at_most``) names; None to know no limits.

    A parameter with a range or choices from the user is searched even if it is no default one.

    Raises:
        SpaceError: names, ranges, choices or weights of the user cannot be used; all at once.
        SpecError: one of these options names a leaf twice, in two spellings.
        InputError: a value of the user's is a secret.
    """
    short = shorthand or {}
    given = {"range": ranges or {}, "choices": choices or {}, "weights": weights or {}}
    options = read_leaf_options(schema, short, values, given)
    fixed_keys = _fixed_leaves(schema, user_keys)
    selection = select(
        schema,
        search=search,
        also=options,
        user_keys=fixed_keys,
        allow_disabled=allow_disabled,
        shorthand=short,
        action=action or "train",
    )
    limits = CountLimits(values, selection.names, fixed_keys, counter)
    return _Builder(schema, values, selection, options, fixed_keys, limits).build()


def _fixed_leaves(schema: Schema, user_keys: Collection[str]) -> frozenset[str]:
    """The user's keys, the lists of which they set an element, the elements of lists they set."""
    lists = {key.partition("[")[0] for key in user_keys}
    elements = {name for name in schema.leaves if name.partition("[")[0] in user_keys}
    return frozenset({*lists, *user_keys, *elements})


class _Builder:
    """Makes a parameter of each selected leaf; one that cannot be searched gets a reason."""

    def __init__(
        self,
        schema: Schema,
        values: Mapping[str, Any],
        selection: Selection,
        options: Mapping[str, LeafOptions],
        user_keys: Collection[str],
        limits: CountLimits,
    ) -> None:
        self.user_keys = user_keys
        self.packaged = schema
        self.limits = limits
        possible = with_possible_options(schema, values, selection.names, user_keys)
        self.schema = limits.apply(with_implied(possible, values))
        self.values = values
        self.selection = selection
        self.options = options
        self.left_out = dict(selection.left_out)
        self.warnings: dict[str, None] = dict.fromkeys(limits.warnings)

    def build(self) -> Space:
        """Return the space; SpaceError when a parameter that the user named cannot be searched."""
        made = self._make_all()
        self._refuse_named()
        position = {name: index for index, name in enumerate(self.schema.leaves)}
        left_out = sorted(self.left_out.items(), key=lambda item: position[item[0]])
        return Space(
            parameters=tuple(made.values()),
            fixed=tuple(self._fixed(made)),
            left_out=tuple(LeftOut(name, reason) for name, reason in left_out),
            warnings=(
                *schema_warnings(self.schema, tuple(made)),
                *space_warnings(self.schema, tuple(made), self.user_keys),
                *self.warnings,
            ),
            inactive=tuple(
                rule
                for rules in (inactive_leaves, option_defaults)
                for rule in rules(self.packaged, self.values, made, self.user_keys)
            ),
        )

    def _fixed(self, made: Collection[str]) -> Iterator[Fixed]:
        """Yield what the user set among the parameters, and among what only some draws use."""
        partly = dict(partly_fixed(self.schema, made, self.user_keys))
        for name in dict.fromkeys((*self.selection.fixed, *partly)):
            why = f"set by you, {partly[name]}" if name in partly else "set by you"
            yield Fixed(name, get_path(self.values, name, None), why)

    def _refuse_named(self) -> None:
        faults = [
            f"{name}: {reason}"
            for name, reason in self.left_out.items()
            if name in self.selection.named
        ]
        if faults:
            raise SpaceError(
                faults[0] if len(faults) == 1 else "these cannot be searched",
                () if len(faults) == 1 else faults,
            )

    def _make_all(self) -> dict[str, Parameter]:
        """Return every parameter in draw order, without parents that have no value for a child."""
        needs = {name: self._needs(self.schema.leaves[name]) for name in self.selection.names}
        names, cyclic = draw_order(self.selection.names, needs)
        for name, cycle in cyclic.items():
            self.left_out[name] = f"its dependencies form a cycle: {cycle}"
        while True:
            made = self._make_in_order(names)
            dropped = self._restrict_parents(made)
            if not dropped:
                return made
            names = [name for name in names if name not in dropped]

    def _make_in_order(self, names: Sequence[str]) -> dict[str, Parameter]:
        made: dict[str, Parameter] = {}
        for name in names:
            if name in self.left_out:
                continue
            try:
                parameter = make_parameter(self._leaf_request(self.schema.leaves[name], made))
            except NoRange as exc:
                self.left_out[name] = self.limits.explain(name, str(exc))
            else:
                reason = self.limits.explain(name, parameter.reason)
                made[name] = self._explained(replace(parameter, reason=reason))
        return made

    def _explained(self, parameter: Parameter) -> Parameter:
        """The parameter with what the overlay says of it, unless the user decides its range."""
        entry = self.schema.overlay.get(parameter.name)
        if entry is None or parameter.source == "range" or entry.why == parameter.reason:
            return parameter
        joint = ": " if entry.annotations.search else "; overlay: "
        return replace(parameter, reason=f"{parameter.reason}{joint}{entry.why}")

    def _needs(self, leaf: Leaf) -> list[str]:
        budget = find_budget(self.schema, leaf, self.values) if _in_budget(leaf) else None
        options = (key for _, when in leaf.x_automl.options_when for key in names_of(when))
        keys = [*leaf.parents, *names_of(leaf.x_automl.active_when), *options]
        return [*keys, budget.key] if budget else keys

    def _leaf_request(self, leaf: Leaf, made: Mapping[str, Parameter]) -> LeafRequest:
        self._check_section(leaf.name)
        budget = find_budget(self.schema, leaf, self.values) if _in_budget(leaf) else None
        relations = list(leaf.relations)
        if budget is not None and leaf.kind is LeafKind.INT:
            relations.append(Relation(budget.key, "<="))
        searched = tuple(dict.fromkeys(r for r in relations if r.parent in made))
        _refuse_continuous(leaf, searched, made)
        bounds = leaf.bounds
        for relation in relations:
            if relation not in searched:
                parent = get_path(self.values, relation.parent, None)
                bounds = narrow_bounds(bounds, relation, parent)
        return LeafRequest(
            leaf=leaf,
            value=get_path(self.values, leaf.name, leaf.default),
            bounds=bounds,
            options=self.options.get(leaf.name, LeafOptions()),
            budget=budget,
            active_when=split_conditions(leaf, made, self.values),
            depends_on=tuple(dict.fromkeys((*leaf.parents, *(r.parent for r in searched)))),
            relations=searched,
            options_when=conditions_in_draws(leaf, made),
            warn=lambda text: self.warnings.update({text: None}),
        )

    def _check_section(self, name: str) -> None:
        values, bracket, _ = name.partition("[")
        if bracket and get_path(self.values, name, self) is self:
            raise NoRange(f"the list {values} has no such element in the spec")
        section = name.rpartition(".")[0]
        while section:
            if get_path(self.values, section, section) is None:
                raise NoRange(f"its section {section} is null in the spec")
            section = section.rpartition(".")[0]

    def _restrict_parents(self, made: dict[str, Parameter]) -> set[str]:
        """Narrow parents in place, children first; returns the first that must be left out."""
        for leaf, relation in fixed_children(self.schema.leaves, made):
            value = get_path(self.values, leaf.name, None)
            parent = made[relation.parent]
            try:
                made[parent.name] = restrict_to_fixed(parent, relation, leaf.name, value)
            except NoRange as exc:
                self.left_out[parent.name] = str(exc)
                return {parent.name}
        for child in reversed(list(made)):
            for name in dict.fromkeys(r.parent for r in made[child].relations):
                inactive = get_path(self.values, name, None)
                if not suits_when_inactive(made[name], made[child], inactive):
                    self.left_out[child] = f"it has no value while {name} rests at {inactive!r}"
                    return {child}
                try:
                    made[name] = restrict_to_searched(made[name], made[child])
                except NoRange as exc:
                    self.left_out[name] = str(exc)
                    return {name}
        return set()


def _refuse_continuous(
    leaf: Leaf, relations: Iterable[Relation], made: Mapping[str, Parameter]
) -> None:
    """Raise NoRange for a child on a grid whose parent is a continuous float."""
    gridded = leaf.kind is not LeafKind.FLOAT or leaf.bounds.multiple_of or leaf.x_automl.step
    for relation in relations:
        follows = relation.op == MULTIPLE or (relation.op == "==" and gridded)
        if follows and isinstance(made[relation.parent], Float):
            raise NoRange(f"it cannot be {relation}, which is continuous")


def _in_budget(leaf: Leaf) -> bool:
    return leaf.kind is LeafKind.MILESTONES or leaf.x_automl.budget is not None
