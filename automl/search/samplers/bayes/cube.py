"""A search space as a unit cube in which every configuration is a point of the same dimensions.

A parameter that a configuration does not have lies at its default, so that one model learns from
all branches of a conditional space what they have in common.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from optuna.distributions import BaseDistribution

from automl.errors import SpaceError
from automl.search.samplers.bayes.axis import Axis, AxisRecorder
from automl.search.samplers.bayes.scale import Scale
from automl.skill.schema.activation import names_of
from automl.space import FixedSuggest, Milestones, Parameter, RandomSuggest, Space, Subset
from automl.spec.nested import get_path

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
PROBES: Final = 16
"""Random draws that look for axes which the default configuration does not ask for."""


class Cube:
    """The unit cube of a space; what is computed of it is kept, and computed when first needed."""

    def __init__(self, space: Space, base: Mapping[str, Any]) -> None:
        """``base``: the resolved spec of all that is not searched, which holds the defaults."""
        self.space = space
        self.base = base
        self._active: dict[bytes, Mask] = {}

    @cached_property
    def axes(self) -> tuple[Axis, ...]:
        """Every axis, in draw order."""
        return tuple(self._found[0].values())

    @cached_property
    def default_point(self) -> Array:
        """The point of the default configuration.

        An inactive parameter takes its coordinate from here.
        """
        answers = self._found[1]
        return np.array(
            [
                axis.place_of_answer(answers[axis.name]) if axis.name in answers
                else (0.0 if axis.options else 0.5)
                for axis in self.axes
            ]
        )  # fmt: skip

    @cached_property
    def _found(self) -> tuple[dict[str, Axis], dict[str, Any]]:
        """The axes, and the answers that give the defaults, of inactive parameters too."""
        axes: dict[str, Axis] = {}
        answers: dict[str, Any] = {}
        for parameter in self.space.parameters:
            with suppress(SpaceError, KeyError):
                found = parameter.encode(self._default(parameter), self._value)
                parameter.draw(AxisRecorder(FixedSuggest(found), axes), self._value)
                answers.update(found)
        random = RandomSuggest(0)
        for _ in range(PROBES):
            with suppress(SpaceError):
                self.space.draw(AxisRecorder(random, axes), self.base)
        return axes, answers

    def _default(self, parameter: Parameter) -> Any:
        return get_path(self.base, parameter.name, parameter.default)

    def _value(self, name: str) -> Any:
        defaults = {parameter.name: parameter.default for parameter in self.space.parameters}
        return get_path(self.base, name, defaults.get(name))

    @cached_property
    def choices(self) -> Mask:
        """Which axes are choices."""
        return np.array([bool(axis.options) for axis in self.axes], dtype=bool)

    @cached_property
    def scale(self) -> Scale:
        """The numbers' steps."""
        return Scale([axis.distribution for axis in self.axes], self.choices)

    @property
    def distributions(self) -> dict[str, BaseDistribution]:
        """What Optuna draws each axis from."""
        return {axis.name: axis.distribution for axis in self.axes}

    def point(self, params: Mapping[str, Any]) -> Array:
        """Return the point of an Optuna trial's parameters."""
        point = self.default_point.copy()
        for index, axis in enumerate(self.axes):
            if axis.name in params:
                point[index] = axis.place_of_param(params[axis.name])
        return point

    def params(self, point: Array) -> dict[str, Any]:
        """Return Optuna's parameters of a point, those alone that exist there."""
        active = self.active(point[None])[0]
        return {
            axis.name: axis.param(place)
            for axis, place, exists in zip(self.axes, point, active, strict=True)
            if exists
        }

    def values(self, point: Array) -> dict[str, Any]:
        """Return the configuration at a point, dotted name -> value."""
        return self.space.draw(self._answers(point), self.base)

    def _answers(self, point: Array) -> FixedSuggest:
        places = zip(self.axes, point, strict=True)
        return FixedSuggest({axis.name: axis.answer(place) for axis, place in places})

    def snap(self, points: Array) -> Array:
        """Return points (m, d) on the steps, with inactive parameters at their defaults."""
        snapped = self.scale.snap(points)
        if self._controls.size == 0:
            return snapped
        return np.where(self.active(snapped), snapped, self.default_point)

    def active(self, points: Array) -> Mask:
        """Return which axes exist at points (m, d), shape (m, d)."""
        if self._controls.size == 0:
            return np.ones(points.shape, dtype=bool)
        return np.array([self._active_at(point) for point in points])

    def _active_at(self, point: Array) -> Mask:
        key = point[self._controls].tobytes()
        if key not in self._active:
            probe = self.default_point.copy()
            probe[self._controls] = point[self._controls]
            asked: dict[str, Axis] = {}
            with suppress(SpaceError):
                self.space.draw(AxisRecorder(self._answers(probe), asked), self.base)
            self._active[key] = np.array([axis.name in asked for axis in self.axes], dtype=bool)
        return self._active[key]

    @cached_property
    def _controls(self) -> npt.NDArray[np.intp]:
        """The axes whose values decide which others exist."""
        names = {
            name
            for parameter in self.space.parameters
            for name in _controlling(parameter)
        }  # fmt: skip
        found = [
            index
            for index, axis in enumerate(self.axes)
            if any(axis.name == name or axis.name.startswith(f"{name}[") for name in names)
        ]
        return np.array(found, dtype=np.intp)


def _controlling(parameter: Parameter) -> tuple[str, ...]:
    """The parameters that decide which suggestions of a parameter are made."""
    names = names_of(parameter.active_when) if parameter.active_when else ()
    if isinstance(parameter, Milestones):
        return (*names, parameter.budget_key)
    if isinstance(parameter, Subset) and (
        parameter.least > 0 or parameter.most < len(parameter.options)
    ):
        return (*names, parameter.name)
    return names
