"""Decides which leaves are searched.

The default set is what the schema enables, less what it disables and what cannot change the metric.
``--search`` replaces it; a key that the user sets is not searched.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from automl.errors import SpaceError, SpecError
from automl.skill import Leaf, LeafKind, Schema
from automl.skill.info import is_training
from automl.space.budget import EPOCHS
from automl.space.builder.name_hints import words_of
from automl.spec.keys import resolve_key
from automl.spec.sections import foreign_sections

_OTHER_LEAF = re.compile(r"(val|test|infer|inference|eval)_", re.IGNORECASE)
_STAGES = frozenset({"base", "final", "start", "end"})  # val_start is a value, not a validation
_TEACHER = re.compile(r"teachers?(_|$)", re.IGNORECASE)
POPULAR = "popular"
_DEVICES = frozenset({"gpu", "gpus", "device", "devices", "cuda"})
_NODE_COUNTS = (frozenset({"num", "nodes"}), frozenset({"n", "nodes"}), frozenset({"nnodes"}))
_PATHS = frozenset({"dir", "path", "file", "folder", "checkpoint", "url", "root", "uri"})
_JUDGING = frozenset({"val", "valid", "validation", "test", "eval", "infer", "inference"})


def why_irrelevant(
    leaf: Leaf, action: str = "train", foreign: Collection[str] | None = None
) -> str | None:
    """Why the leaf cannot change the metric of ``action``; None when it can.

    ``foreign``: names of sections of other actions; None for all that are named after one.
    """
    sections = leaf.name.split(".")[:-1]
    words = words_of(leaf.name)
    elsewhere = _why_elsewhere(leaf, action, foreign)
    if elsewhere is not None:
        return elsewhere
    if {"worker", "workers"} & words or words >= {"pin", "memory"} or "prefetch" in words:
        return "a loading setting changes the speed, not the metric"
    if words & _DEVICES or words in _NODE_COUNTS:
        return "a device setting changes where it runs, not the metric"
    if leaf.kind is LeafKind.STRING and words & _PATHS:
        return "a path is a place, not a setting"
    if {"batch", "size"} <= words and (words | set(map(str.lower, sections))) & _JUDGING:
        return "the batch size of validation or test does not change the metric"
    if "interval" in words and words & {"checkpoint", "validation", "val", "log", "logging"}:
        return "how often something is written or checked does not change the metric"
    return None


def _why_elsewhere(leaf: Leaf, action: str, foreign: Collection[str] | None) -> str | None:
    """Why the leaf is no part of what is being optimised, by its section or by its own prefix."""
    *sections, last = leaf.name.split(".")
    names = foreign_sections(sections, action) if foreign is None else foreign
    other = next((section for section in sections if section.lower() in names), None)
    if other is not None:
        return f"belongs to {other!r}, not to what is being optimised"
    if any(_TEACHER.match(section) for section in sections):
        return "a teacher is given, not trained"
    if is_training(action) and _OTHER_LEAF.match(last) and not words_of(last) & _STAGES:
        return "a setting of validation or test does not change what is trained"
    return None


@dataclass(frozen=True, slots=True)
class Selection:
    """``names``: leaves to search, in document order. ``named``: those the user asked for.

    ``fixed``: would be searched, but the user set them. ``left_out``: name -> reason.
    """

    names: tuple[str, ...]
    named: frozenset[str]
    fixed: tuple[str, ...]
    left_out: Mapping[str, str]


def default_names(schema: Schema) -> tuple[str, ...]:
    """The schema's enabled leaves and default lists, less disabled leaves, in document order.

    An entry of a disabled list that names a collection does not disable the leaves below it.
    """
    return tuple(
        name
        for name, leaf in schema.leaves.items()
        if (leaf.automl_enabled or name in schema.default_parameters)
        and not is_disabled(schema, name)
    )


def is_disabled(schema: Schema, name: str) -> bool:
    """Whether the leaf is disabled by its own name or its own ``automl_enabled: false``."""
    return name in schema.disabled_parameters or schema.leaves[name].automl_enabled is False


def select(
    schema: Schema,
    *,
    search: Sequence[str] | None = None,
    also: Iterable[str] = (),
    user_keys: Collection[str] = (),
    allow_disabled: bool = False,
    shorthand: Mapping[str, str] | None = None,
    action: str = "train",
) -> Selection:
    """Return the leaves to search.

    Args:
        search: names that replace the default set; None keeps it. ``popular`` stands for the
            parameters that the skill calls so.
        also: leaves that the user gave a range or choices for, searched as well.
        user_keys: leaves whose value the user set.
        allow_disabled: disabled leaves may be named.
        shorthand: short names for leaves.
        action: the action to optimise; a section of its name is searched.

    Raises:
        SpaceError: a name is unknown, ambiguous, a collection, disabled, or set by the user too.
    """
    asked = _split(search or ())
    popular = POPULAR in asked and POPULAR not in schema.leaves
    names = [name for name in asked if not (popular and name == POPULAR)]
    named = [*(resolve_leaf(schema, name, shorthand or {}) for name in names), *also]
    _check_named(schema, named, user_keys, allow_disabled)
    default = default_names(schema) if search is None else schema.popular if popular else ()
    foreign = foreign_sections(schema.collections, action)
    why = _why_not_popular if popular else _why_left_out
    irrelevant = {name: why(schema, name, action, foreign) for name in default}
    left_out = {
        name: why for name, why in irrelevant.items() if why is not None and name not in named
    }
    wanted = {*named, *default} - left_out.keys()
    left_out.update(_contradictory(schema) if search is None else {})
    return Selection(
        names=tuple(name for name in schema.leaves if name in wanted and name not in user_keys),
        named=frozenset(named),
        fixed=tuple(name for name in schema.leaves if name in wanted and name in user_keys),
        left_out=left_out,
    )


def _why_left_out(schema: Schema, name: str, action: str, foreign: Collection[str]) -> str | None:
    """Why a default parameter is not searched: as an overlay says, else since it cannot matter."""
    entry = schema.overlay.get(name)
    if entry is not None and (entry.leave_out or entry.include):
        return f"overlay: {entry.why}" if entry.leave_out else None
    return why_irrelevant(schema.leaves[name], action, foreign)


def _why_not_popular(
    schema: Schema, name: str, action: str, foreign: Collection[str]
) -> str | None:
    """Why ``--search popular`` leaves a popular leaf out; None where it is searched."""
    if is_disabled(schema, name):
        return "disabled for AutoML by its skill"
    if EPOCHS.search(name):
        return "the length of a training is its budget"
    return _why_left_out(schema, name, action, foreign)


def _split(names: Sequence[str]) -> list[str]:
    """The names; an entry may hold several with commas between."""
    single = [part.strip() for name in names for part in name.split(",")]
    if "" in single:
        raise SpaceError(f"--search {', '.join(names)!r} holds an empty name; leave it out")
    return single


def resolve_leaf(schema: Schema, name: str, shorthand: Mapping[str, str]) -> str:
    """The leaf that the user means by ``name``; SpaceError when there is none."""
    if name in schema.collections and name not in shorthand:
        inside = [leaf for leaf in schema.leaves if leaf.startswith(f"{name}.")][:5]
        raise SpaceError(f"{name!r} is a collection; name a parameter in it: {', '.join(inside)}")
    try:
        found = resolve_key(name, schema.leaves, shorthand)
    except SpecError as exc:
        raise SpaceError(str(exc)) from exc
    if found not in schema.leaves:
        raise SpaceError(f"{name!r} means {found}, which is no parameter of this schema")
    return found


def _check_named(
    schema: Schema, named: Sequence[str], user_keys: Collection[str], allow_disabled: bool
) -> None:
    faults = []
    for name in dict.fromkeys(named):
        if name in user_keys:
            faults.append(f"{name} is both set and asked to be searched; drop one of the two")
        if not allow_disabled and is_disabled(schema, name):
            faults.append(f"{name} is disabled for AutoML by its skill; use --allow-disabled")
    if faults:
        raise SpaceError(faults[0]) if len(faults) == 1 else SpaceError("search", faults)


def _contradictory(schema: Schema) -> dict[str, str]:
    """Leaves that the skill both enables and disables: disabled wins."""
    return {
        name: "both a default parameter and disabled by its own name: disabled wins"
        for name, leaf in schema.leaves.items()
        if (leaf.automl_enabled or name in schema.default_parameters) and is_disabled(schema, name)
    }
