"""A search space as a value: its parameters in draw order, and what is not searched and why.

A space is written to JSON and read back, and draws complete specs reproducibly.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from automl.errors import SpaceError
from automl.skill.schema.activation import holds, read_alternatives, to_json
from automl.skill.schema.relation import Relation
from automl.space.inactive import InactiveDefault, reset_inactive
from automl.space.parameters.base import ABSENT, Lookup, Parameter
from automl.space.parameters.choice import Choice
from automl.space.parameters.milestones import Milestones
from automl.space.parameters.number_list import NumberList
from automl.space.parameters.numeric import Float, Integer
from automl.space.parameters.subset import Subset
from automl.space.suggest import FixedSuggest, RandomSuggest, Suggest
from automl.spec.nested import get_path, merge, set_path

_SIGNIFICANT_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Fixed:
    """A parameter that is not searched because the user set its value."""

    name: str
    value: Any
    why: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A parameter that is not searched, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Space:
    """What a sweep searches. ``parameters`` are in draw order: parents come first.

    ``inactive``: leaves that draws reset to their default where they do not exist. In every method
    ``base`` is the nested spec of all that is not searched: the budget, fixed parents, the keys
    that ``active_when`` names.
    """

    parameters: tuple[Parameter, ...]
    fixed: tuple[Fixed, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    warnings: tuple[str, ...] = ()
    inactive: tuple[InactiveDefault, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The searched parameters' dotted names, in draw order."""
        return tuple(parameter.name for parameter in self.parameters)

    def draw(self, suggest: Suggest, base: Mapping[str, Any]) -> dict[str, Any]:
        """Dotted name -> plain value of every active parameter, legal by construction."""
        drawn: dict[str, Any] = {}
        lookup = _lookup(drawn, base)
        for parameter in self.parameters:
            if parameter.active_when is None or is_active(parameter, lookup):
                value = parameter.draw(suggest, lookup)
                if value is not ABSENT:
                    drawn[parameter.name] = value
        return drawn

    def encode(self, values: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
        """The answers, by suggestion name, for which :meth:`draw` returns ``values``.

        A name that is missing takes its base value; one out of range its nearest legal value.
        """
        return dict(self._answers(values, base))

    def _answers(
        self, values: Mapping[str, Any], base: Mapping[str, Any]
    ) -> Iterator[tuple[str, Any]]:
        drawn: dict[str, Any] = {}
        lookup = _lookup(drawn, base)
        for parameter in self.parameters:
            if not is_active(parameter, lookup):
                continue
            name = parameter.name
            wanted = values[name] if name in values else get_path(base, name, parameter.default)
            answers = parameter.encode(wanted, lookup)
            yield from answers.items()
            decoded = parameter.draw(FixedSuggest(answers), lookup)
            if decoded is not ABSENT:
                drawn[name] = decoded

    def apply(self, values: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
        """A new nested spec: ``base`` with the values set and inactive leaves reset."""
        spec = merge(base, {})
        for name, value in values.items():
            set_path(spec, name, value)
        reset_inactive(spec, self.inactive)
        return spec

    def defaults(self, base: Mapping[str, Any]) -> dict[str, Any]:
        """The default configuration: dotted name -> base value of every active parameter."""
        lookup = _lookup({}, base)
        return {
            parameter.name: get_path(base, parameter.name, parameter.default)
            for parameter in self.parameters
            if is_active(parameter, lookup)
        }

    def canonical(self, values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
        """A hashable key that is the same for the same configuration (6 significant digits)."""
        return tuple(sorted((name, _rounded(value)) for name, value in values.items()))

    def to_json(self) -> dict[str, Any]:
        """The space as plain JSON data; :meth:`from_json` gives an equal space."""
        return {
            "parameters": [parameter.to_json() for parameter in self.parameters],
            "fixed": [{"name": f.name, "value": f.value, "why": f.why} for f in self.fixed],
            "left_out": [{"name": out.name, "reason": out.reason} for out in self.left_out],
            "warnings": list(self.warnings),
            "resting": [
                {"name": r.name, "default": r.default, "active_when": to_json(r.active_when)}
                for r in self.inactive
            ],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Space:
        """The space that :meth:`to_json` wrote; SpaceError when the data are not one."""

        return space_from_json(data)


def is_active(parameter: Parameter, lookup: Lookup) -> bool:
    """Whether the parameter exists under the values of the others."""
    return parameter.active_when is None or holds(parameter.active_when, lookup)


def _lookup(drawn: Mapping[str, Any], base: Mapping[str, Any]) -> Lookup:
    def lookup(name: str) -> Any:
        return drawn[name] if name in drawn else get_path(base, name, None)

    return lookup


def _rounded(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.{_SIGNIFICANT_DIGITS}g}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_rounded, value))}]"
    return json.dumps(value, sort_keys=True, default=str)


_NUMERIC: dict[str, type[Float] | type[Integer]] = {"float": Float, "int": Integer}


def space_from_json(data: Mapping[str, Any]) -> Space:
    """The space that ``Space.to_json`` wrote; SpaceError when the data are not one."""
    try:
        return Space(
            parameters=tuple(parameter_from_json(item) for item in data["parameters"]),
            fixed=tuple(Fixed(f["name"], f["value"], f["why"]) for f in data["fixed"]),
            left_out=tuple(LeftOut(out["name"], out["reason"]) for out in data["left_out"]),
            warnings=tuple(data.get("warnings", ())),
            inactive=tuple(
                InactiveDefault(one["name"], one["default"], read_alternatives(one["active_when"]))
                for one in data.get("resting", ())
            ),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as exc:
        raise SpaceError(f"this is no search space as `automl space` writes it: {exc!r}") from exc


def parameter_from_json(data: Mapping[str, Any]) -> Parameter:
    """The parameter that ``Parameter.to_json`` wrote; KeyError or TypeError if it is none."""
    common = _common(data)
    kind = data["kind"]
    if kind in _NUMERIC:
        return _NUMERIC[kind](**common, **_range(data))
    if kind == "choice":
        weights = data["weights"]
        return Choice(
            **common,
            choices=tuple(data["choices"]),
            weights=tuple(weights) if weights else None,
            ordered=data["ordered"],
            options_when=tuple(
                (option, read_alternatives(when)) for option, when in data.get("options_when", ())
            ),
        )
    if kind == "subset":
        options = tuple(data["choices"])
        return Subset(**common, options=options, least=data["low"], most=data["high"])
    if kind == "milestones":
        names = ("length", "budget_key", "budget", "low", "limit")
        return Milestones(**common, **{name: data[name] for name in names})
    if kind == "list":
        return NumberList(**common, elements=_elements(data), ascending=data["ascending"])
    raise SpaceError(f"{data['name']}: {kind!r} is not a kind of parameter")


def _common(data: Mapping[str, Any]) -> dict[str, Any]:
    active = data["active_when"]
    return {
        "name": data["name"],
        "default": data["default"],
        "source": data["source"],
        "reason": data["reason"],
        "active_when": read_alternatives(active) if active else None,
        "depends_on": tuple(data["depends_on"]),
        "relations": tuple(Relation(*relation) for relation in data["relations"]),
    }


def _range(data: Mapping[str, Any]) -> dict[str, Any]:
    bounds = {name: data[name] for name in ("low", "high", "log", "step")}
    return {**bounds, "avoid": tuple(data["avoid"])}


def _elements(data: Mapping[str, Any]) -> tuple[Float | Integer, ...]:
    rows = zip(data["elements"], data["low"], data["high"], data["log"], data["step"], strict=True)
    return tuple(
        _NUMERIC[kind](name=f"{data['name']}[{i}]", low=low, high=high, log=log, step=step)
        for i, (kind, low, high, log, step) in enumerate(rows)
    )


def sample(
    space: Space, base: Mapping[str, Any], n: int, seed: int
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """``n`` pairs of (dotted parameters, nested spec); the same seed gives the same draws."""
    suggest = RandomSuggest(seed)
    for _ in range(n):
        params = space.draw(suggest, base)
        yield params, space.apply(params, base)
