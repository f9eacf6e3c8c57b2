"""Configurations that a user wants tried first: from a file, or the best of another run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from automl.constants import COL_TRIAL, PLAN_FILE
from automl.errors import InputError, SpecError
from automl.launch.request import Location
from automl.results.rows import params_of
from automl.results.run import read_run
from automl.space import FixedSuggest, Space
from automl.space.parameters.base import ABSENT
from automl.spec.keys import resolve_key
from automl.spec.nested import get_path, merge, set_path
from automl.spec.secret_keys import refuse_searched_secrets

Point = dict[str, Any]
Source = Location | Mapping[str, Any]


def read_points(
    source: Source, space: Space, base: Mapping[str, Any], shorthand: Mapping[str, str]
) -> tuple[list[Point], list[str]]:
    """Return the complete configurations that ``source`` asks for, and notes on them.

    Args:
        source: a run's folder (its best trial), a YAML or JSON file with a list of mappings of
            names to values, or one such mapping.
        space: what is searched; a parameter that a point leaves out has its base value.
        base: the resolved spec.
        shorthand: the skill's short names.

    Raises:
        InputError: it is none of these, or a point names a parameter that is not searched, holds
            a value out of range or a secret.
    """
    if isinstance(source, Mapping):
        return [_checked(source, "a point of --enqueue", space, base, shorthand)], []
    if (Path(source) / PLAN_FILE).is_file():
        return _best_of(Path(source), space, base)
    found = _read_file(Path(source))
    words = f"--enqueue {source}"
    return [
        _checked(point, f"{words}, point {index}", space, base, shorthand)
        for index, point in enumerate(found, start=1)
    ], []


def complete(values: Mapping[str, Any], space: Space, base: Mapping[str, Any]) -> Point:
    """Return the legal configuration nearest to ``values``, completed from the base."""
    return space.draw(FixedSuggest(space.encode(values, base)), base)


def same_value(space: Space, name: str, one: Any, other: Any) -> bool:
    """Return whether a sweep takes two values of a parameter for the same."""
    return space.canonical({name: one}) == space.canonical({name: other})


def spec_of_trial(spec: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the nested spec of a trial: the run's spec with the trial's parameters set."""
    whole = merge({}, spec)
    for name, value in params.items():
        set_path(whole, name, value)
    return whole


def values_in(spec: Mapping[str, Any], space: Space) -> dict[str, Any]:
    """Return the values in ``spec`` of the parameters of ``space``."""
    found = {name: get_path(spec, name, ABSENT) for name in space.names}
    return {name: value for name, value in found.items() if value is not ABSENT}


def _is_same(space: Space, name: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return same_value(space, name, get_path(one, name, None), get_path(other, name, None))


def _best_of(folder: Path, space: Space, base: Mapping[str, Any]) -> tuple[list[Point], list[str]]:
    """Return the best trial's values of the parameters searched here, searched there or not."""
    run = read_run(folder)
    row = run.best_searched
    if row is None:
        raise InputError(f"--enqueue {folder}: the run has no trial with a value")
    params = params_of(row)
    there = spec_of_trial(run.plan.get("spec") or {}, params)
    point = complete(values_in(there, space), space, base)
    here = space.apply(point, base)
    names = sorted({*params, *point})
    moved = [name for name in names if not _is_same(space, name, there, here)]
    note = f"enqueued trial {row[COL_TRIAL]} of {folder}: "
    note += f"{len(names) - len(moved)} of {len(names)} parameters"
    return [point], [note + (f"; not as there: {', '.join(moved)}" if moved else "")]


def _read_file(path: Path) -> Sequence[Mapping[str, Any]]:
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(
            f"--enqueue {path}: no run's folder and no file to read: {error}"
        ) from error
    points = [raw] if isinstance(raw, dict) else raw
    if not isinstance(points, list) or not points or not all(isinstance(p, dict) for p in points):
        raise InputError(f"--enqueue {path} must hold a list of mappings of names to values")
    return points


def _checked(
    point: Mapping[str, Any],
    where: str,
    space: Space,
    base: Mapping[str, Any],
    shorthand: Mapping[str, str],
) -> Point:
    try:
        named = {resolve_key(str(k), space.names, shorthand): v for k, v in point.items()}
    except SpecError as error:
        raise InputError(f"{where}: {error}; only what is searched can be set") from error
    for name, value in named.items():  # before the faults, whose messages show values
        refuse_searched_secrets(name, [value], where)
    found = complete(named, space, base)
    faults = [_fault(name, value, found, space) for name, value in named.items()]
    if any(faults):
        raise InputError(f"{where} cannot be run", [fault for fault in faults if fault])
    return found


def _fault(name: str, value: Any, found: Point, space: Space) -> str:
    if name not in space.names:
        return f"{name} is not searched"
    if name not in found:
        return f"{name} does not exist under the other values"
    if not same_value(space, name, value, found[name]):
        return f"{name} = {value!r} is not searched; the nearest searched value is {found[name]!r}"
    return ""
