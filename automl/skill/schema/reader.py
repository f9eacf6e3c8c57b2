"""Reads a schema document: walks it once and collects leaves, collections, lists and issues."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from automl.errors import SkillError
from automl.skill.schema.bounds import Complain
from automl.skill.schema.dialect import CROSSING_KEYWORDS, LISTED_NAMES, is_known
from automl.skill.schema.elements import element_default, split_element
from automl.skill.schema.leaf import Collection, Issue, Leaf
from automl.skill.schema.leaf_reader import MISSING, read_leaf
from automl.skill.schema.references import flatten
from automl.skill.schema.schema import Schema
from automl.skill.typed_sections import shortened

MAX_NODES: Final = 20_000


def read_schema(document: Any, source: str) -> Schema:
    """The schema in ``document``; ``source`` names it in a SkillError."""
    if not isinstance(document, Mapping):
        raise SkillError(f"{source}: must be an object with `properties`, is {document!r:.60}")
    if not isinstance(document.get("properties"), Mapping):
        raise SkillError(f"{source}: must hold `properties`, an object of parameters")
    try:
        return _SchemaReader(document).read()
    except _TooLarge:
        raise SkillError(
            f"{source}: holds more than {MAX_NODES} parameters once its references are followed;"
            " leave out those that nobody sets"
        ) from None
    except RecursionError:
        raise SkillError(f"{source}: nested too deeply to be read; flatten it") from None


class _TooLarge(Exception):
    """The schema has too many nodes; references to references can multiply them."""


class _SchemaReader:
    """Walks one document and collects what it finds."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.leaves: dict[str, Leaf] = {}
        self.collections: dict[str, Collection] = {}
        self.issues: list[Issue] = []
        self.crossing: list[tuple[str, str]] = []
        self.listed: dict[str, set[str]] = {name: set() for name in LISTED_NAMES}
        self.popular: set[str] = set()
        self.nodes = 0

    def read(self) -> Schema:
        flat = flatten(self.document, self.document, self._complaint(""))
        defaults = self._collection("", flat.node, MISSING)
        default, disabled = (frozenset(self.listed[name]) for name in LISTED_NAMES)
        self._check_default_list(default)
        return Schema(
            leaves=self.leaves,
            collections=self.collections,
            default_parameters=default,
            disabled_parameters=disabled,
            popular={name: self._popular_value(name) for name in self._popular()},
            issues=tuple(self.issues),
            crossing=tuple(self.crossing),
            source=self.document,
            _defaults=defaults,
        )

    def _check_default_list(self, names: frozenset[str]) -> None:
        complain = self._complaint("")
        for name in sorted(names - self.leaves.keys()):
            what = "is a collection" if name in self.collections else "is not in the schema"
            complain(LISTED_NAMES[0], f"{name!r} {what}, so it is no parameter to search")

    def _complaint(self, name: str) -> Complain:
        def complain(keyword: str, message: str) -> None:
            self.issues.append(Issue(name, keyword, shortened(message)))

        return complain

    def _collection(self, name: str, node: Mapping[str, Any], outer: Any) -> dict[str, Any]:
        """Read one collection and return its defaults; ``outer``: the default of an outer node."""
        self._annotations(name, node)
        defaults = {**_mapping(node.get("default")), **_mapping(outer)}
        required = node.get("required")
        needed = required if isinstance(required, list) else ()
        members = [
            key for key, child in node["properties"].items() if self._is_member(name, key, child)
        ]
        for key in sorted(members, key=lambda key: split_element(key) is not None):
            dotted = f"{name}.{key}" if name else key
            self._count()
            self._member(dotted, node["properties"][key], defaults, key in needed)
        closed = node.get("additionalProperties") in (None, False)
        self.collections[name] = Collection(name, tuple(members), closed)
        return defaults

    def _count(self) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise _TooLarge

    def _is_member(self, name: str, key: str, child: Any) -> bool:
        """Whether a property is a node; a list of names is read here, other values are issues."""
        if key in LISTED_NAMES and isinstance(child, list):
            self._list(name, key, child)
            return False
        if re.search(r"[\[\]]", key) and split_element(key) is None:
            said = f"{key!r:.80}: brackets in a name hold the index of a list's element"
            self._complaint(name)("properties", said)
            return False
        if child is False or isinstance(child, Mapping) or child is True:
            return child is not False
        self._complaint(name)("properties", f"{key!r} is no node but {child!r:.60}")
        return False

    def _member(self, name: str, child: Any, defaults: dict[str, Any], required: bool) -> None:
        """Read one property and write its effective default into ``defaults``.

        An element of a list is a leaf of its own, but its value is in the list.
        """
        complain = self._complaint(name)
        if "." in (key := name.rpartition(".")[2]) or not key:
            complain("properties", "an empty key cannot be addressed")
        flat = flatten(child if isinstance(child, Mapping) else {}, self.document, complain)
        outer = defaults.get(key, MISSING)
        if is_element := split_element(key) is not None:
            outer = element_default(key, defaults, defaults.pop(key, MISSING))
        if _mapping(flat.node.get("properties")):
            inner = self._collection(name, flat.node, outer)
            if not is_element and outer is not None and (inner or outer is not MISSING):
                defaults[key] = inner
            return
        self._annotations(name, flat.node)
        leaf = read_leaf(name, flat, outer=outer, required=required, complain=complain)
        self.leaves[name] = leaf
        if is_element:
            return
        if leaf.has_default:
            defaults[key] = leaf.default
        elif "default" in flat.node:
            defaults.setdefault(key, flat.node["default"])

    def _annotations(self, name: str, node: Mapping[str, Any]) -> None:
        """Collect the lists of names at this node and the keywords that a search does not know."""
        for keyword in node:
            if keyword in LISTED_NAMES:
                self._list(name, keyword, node[keyword])
            elif keyword == "popular":
                self._note_popular(name, node[keyword])
            elif keyword in CROSSING_KEYWORDS:
                self.crossing.append((name, keyword))
            elif not is_known(keyword):
                self._complaint(name)(keyword, "is not a keyword of the dialect")

    def _note_popular(self, name: str, given: Any) -> None:
        """Collect what a node marks: itself by ``true``, its properties by their names."""
        if given is True:
            self.popular.add(name)
        elif isinstance(given, list):
            self.popular.update(f"{name}.{key}".lstrip(".") for key in given)

    def _popular(self) -> list[str]:
        """The marked leaves, and those in the root's nested mapping, in document order."""
        root = _mapping(self.document.get("popular"))
        return [n for n in self.leaves if n in self.popular or value_at(root, n) is not MISSING]

    def _popular_value(self, name: str) -> Any:
        """The value that the root's mapping gives, else the default."""
        value = value_at(_mapping(self.document.get("popular")), name)
        return self.leaves[name].default if value is MISSING else value

    def _list(self, name: str, keyword: str, given: Any) -> None:
        if isinstance(given, list) and all(isinstance(entry, str) for entry in given):
            self.listed[keyword].update(given)
        elif given not in (None, ""):
            self._complaint(name)(keyword, f"must be a list of dotted names, is {given!r:.60}")


def value_at(values: Mapping[str, Any], name: str) -> Any:
    """The value at a dotted name in nested mappings; ``MISSING`` where there is none."""
    place: Any = values
    for key in name.split("."):
        place = place[key] if isinstance(place, Mapping) and key in place else MISSING
    return place


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
