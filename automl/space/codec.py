"""Reads parameters and spaces back from the JSON that they wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automl.errors import SpaceError
from automl.skill.activation import read_alternatives
from automl.skill.relation import Relation
from automl.space.choice import Choice
from automl.space.milestones import Milestones
from automl.space.number_list import NumberList
from automl.space.numeric import Float, Integer
from automl.space.parameter import Parameter
from automl.space.resting import Resting
from automl.space.space import Fixed, LeftOut, Space
from automl.space.subset import Subset

_NUMERIC: dict[str, type[Float] | type[Integer]] = {"float": Float, "int": Integer}


def space_from_json(data: Mapping[str, Any]) -> Space:
    """The space that ``Space.to_json`` wrote; SpaceError when the data are not one."""
    try:
        return Space(
            parameters=tuple(parameter_from_json(item) for item in data["parameters"]),
            fixed=tuple(Fixed(f["name"], f["value"], f["why"]) for f in data["fixed"]),
            left_out=tuple(LeftOut(out["name"], out["reason"]) for out in data["left_out"]),
            warnings=tuple(data.get("warnings", ())),
            resting=tuple(
                Resting(one["name"], one["default"], read_alternatives(one["active_when"]))
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
