"""A search space: its parameters in draw order, and what is not searched and why."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from automl.skill.activation import holds, to_json
from automl.space.parameter import ABSENT, Lookup, Parameter
from automl.space.resting import Resting, put_to_rest
from automl.space.suggest import FixedSuggest, Suggest
from automl.spec.nested import get_path, merge, set_path

_SIGNIFICANT_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Fixed:
    """A parameter that would be searched, had its value not been fixed, or that draws turn off."""

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

    ``resting``: what is at its default in the draws in which it does not exist. In every method
    ``base`` is the nested spec that holds whatever is not searched: the budget,
    parents that are fixed, the conditions of ``active_when``.
    """

    parameters: tuple[Parameter, ...]
    fixed: tuple[Fixed, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    warnings: tuple[str, ...] = ()
    resting: tuple[Resting, ...] = ()

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
        """A new nested spec: ``base`` with the values set and what does not exist at rest."""
        spec = merge(base, {})
        for name, value in values.items():
            set_path(spec, name, value)
        put_to_rest(spec, self.resting)
        return spec

    def defaults(self, base: Mapping[str, Any]) -> dict[str, Any]:
        """Dotted name -> base value of every active parameter: the default configuration."""
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
                for r in self.resting
            ],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Space:
        """The space that :meth:`to_json` wrote; SpaceError when the data are not one."""
        from automl.space.codec import space_from_json

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
