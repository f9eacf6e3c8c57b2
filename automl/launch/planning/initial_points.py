"""Configurations that a user wants tried first: from a file, or the best of another run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from automl.bounded_yaml import decode, load_yaml
from automl.constants import COL_TRIAL, PLAN_FILE
from automl.errors import InputError, SpecError
from automl.launch.request import Location
from automl.results.run import read_run
from automl.results.table.rows import params_of
from automl.skill import Leaf
from automl.skill.files import why_unread
from automl.skill.schema.numbers import is_number
from automl.space import FixedSuggest, Space
from automl.space.parameters.base import ABSENT
from automl.spec.coerce import coerce
from automl.spec.keys import resolve_key
from automl.spec.nested import get_path, merge, set_path
from automl.spec.secret_keys import refuse_searched_secrets
from automl.spec.spellings import by_key, leaves_in, once

Point = dict[str, Any]
Source = Location | Mapping[str, Any]
Named = tuple[str, Point]
"""A configuration, and where the user finds it."""


def read_points(
    sources: Sequence[Source],
    space: Space,
    base: Mapping[str, Any],
    leaves: Mapping[str, Leaf],
    shorthand: Mapping[str, str],
) -> tuple[list[Point], list[str]]:
    """Return the complete configurations that ``sources`` ask for, each once, and notes on them.

    Args:
        sources: each a run's folder (its best trial), a YAML or JSON file with a list of mappings
            of names to values, or one such mapping.
        space: what is searched; a parameter that a point leaves out has its base value.
        base: the resolved spec.
        leaves: the schema's, whose types the values have.
        shorthand: the skill's short names.

    Raises:
        InputError: a source is none of these, or a point names a parameter that is not searched, or
            one twice, or holds a value out of range or a secret.
    """
    notes: list[str] = []
    named: list[Named] = []
    for index, source in enumerate(sources, start=1):
        if not isinstance(source, Mapping) and (Path(source) / PLAN_FILE).is_file():
            best, note = _best_of(Path(source), space, base)
            named.append(best)
            notes.append(note)
            continue
        for where, point in _given_points(source, index):
            named.append((where, check_point(point, where, space, base, leaves, shorthand)))
    first = {space.canonical(space.defaults(base)): "the defaults, which trial 0000 tries"}
    points = []
    for where, found in named:
        known = first.setdefault(space.canonical(found), where)
        if known is where:
            points.append(found)
        else:
            notes.append(f"{where} is not tried again: it equals {known}")
    return points, notes


def _given_points(source: Source, index: int) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the points that a user wrote, each with where; ``index``: of an inline one."""
    if isinstance(source, Mapping):
        return [(f"point {index} of --enqueue", source)]
    found = read_point_file(Path(source), "--enqueue")
    return [(f"--enqueue {source}, point {i}", point) for i, point in enumerate(found, start=1)]


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


def _best_of(folder: Path, space: Space, base: Mapping[str, Any]) -> tuple[Named, str]:
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
    where = f"trial {row[COL_TRIAL]} of {folder}"
    note = f"enqueued {where}: {len(names) - len(moved)} of {len(names)} parameters"
    return (where, point), note + (f"; not as there: {', '.join(moved)}" if moved else "")


def read_point_file(path: Path, option: str) -> Sequence[Mapping[str, Any]]:
    """Return the points in a YAML or JSON file, which ``option`` names.

    Raises:
        InputError: it cannot be read, or holds something else.
    """
    try:
        raw = load_yaml(decode(path.read_bytes()), unique=True)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        what = "no run's folder and no file" if option == "--enqueue" else "no file"
        raise InputError(f"{option} {path}: {what} to read: {why_unread(error)}") from error
    points = [raw] if isinstance(raw, dict) else raw
    if not isinstance(points, list) or not points or not all(isinstance(p, dict) for p in points):
        raise InputError(f"{option} {path} must hold a list of mappings of names to values")
    return points


def check_point(
    point: Mapping[str, Any],
    where: str,
    space: Space,
    base: Mapping[str, Any],
    leaves: Mapping[str, Leaf],
    shorthand: Mapping[str, str],
) -> Point:
    """Return the complete configuration of a point that a user or a program gives.

    Raises:
        InputError: it names what is not searched, or holds a value out of range or a secret;
            ``where`` says in the message which point that is.
    """

    def keys_of(name: Any, value: Any) -> dict[str, Any]:
        text = str(name)
        alone = text in shorthand or any(f".{known}".endswith(f".{text}") for known in space.names)
        pairs = [(text, value)] if alone else leaves_in(text, value, space.names)
        try:
            return once((resolve_key(key, space.names, shorthand), item) for key, item in pairs)
        except SpecError as error:
            raise SpecError(f"{error}; only what is searched can be set") from error

    try:
        named = by_key(point, keys_of)
    except SpecError as error:
        raise InputError(f"{where}: {error}") from error
    for name, value in named.items():  # before the faults, whose messages show values
        refuse_searched_secrets(name, [value], where)
    typed = {name: _typed(leaves.get(name), value, base) for name, value in named.items()}
    found = complete(typed, space, base)
    faults = [_fault(name, value, found, space) for name, value in typed.items()]
    if any(faults):
        raise InputError(f"{where} cannot be run", [fault for fault in faults if fault])
    return found


def _typed(leaf: Leaf | None, value: Any, base: Mapping[str, Any]) -> Any:
    """The value in the leaf's type, but a number as it was written, for messages."""
    if leaf is None or is_number(value):
        return value
    return coerce(leaf, value, get_path(base, leaf.name, None))


def _fault(name: str, value: Any, found: Point, space: Space) -> str:
    if name not in space.names:
        return f"{name} is not searched"
    if name not in found:
        return f"{name} does not exist under the other values"
    if not same_value(space, name, value, found[name]):
        return f"{name} = {value!r} is not searched; the nearest searched value is {found[name]!r}"
    return ""
