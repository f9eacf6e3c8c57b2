"""An independent, slow check of drawn values against the raw schema document.

Written from docs/architecture.md, "Schema dialect", alone: it shares no code with automl.skill or
automl.space. Rule numbers are those of "Which parameters are searched" there.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

BOUNDS = {
    "minimum": ">=",
    "maximum": "<=",
    "exclusiveMinimum": ">",
    "exclusiveMaximum": "<",
    "multipleOf": "/",
}
Node = Mapping[str, Any]
Spec = dict[str, Any]


def nodes_of(document: Node) -> dict[str, Node]:
    """Dotted name -> raw node of every leaf."""
    found: dict[str, Node] = {}

    def walk(properties: Node, prefix: str) -> None:
        for key, node in properties.items():
            if not isinstance(node, dict):
                continue
            name = f"{prefix}{key}"
            if isinstance(node.get("properties"), dict) and node["properties"]:
                walk(node["properties"], f"{name}.")
            else:
                found[name] = node

    walk(document["properties"], "")
    return found


def default_set(document: Node) -> set[str]:
    """Rule 1, from the raw document."""
    nodes = nodes_of(document)
    listed: dict[str, set[str]] = {
        "automl_default_parameters": set(),
        "automl_disabled_parameters": set(),
    }

    def collect(node: Any) -> None:
        if isinstance(node, dict):
            for key, value in node.items():
                if key in listed and isinstance(value, list):
                    listed[key].update(value)
                elif key != "default":
                    collect(value)

    collect(document)
    wanted, disabled = listed.values()
    return {
        name
        for name, node in nodes.items()
        if (node.get("automl_enabled") is True or name in wanted)
        and name not in disabled
        and node.get("automl_enabled") is not False
    }


def searched_set(document: Node) -> set[str]:
    """Rules 1 and 4 from the raw document: the default set, less the evaluation's
    section, device counts, and what has no range or no second legal value."""
    nodes = nodes_of(document)
    wanted = {
        name
        for name in default_set(document)
        if not name.startswith("evaluate.") and not name.endswith("num_gpus")
    }
    spec = json.loads(json.dumps(document["default"]))
    return {name for name in wanted if can_vary(name, nodes, wanted, spec)}


def can_vary(name: str, nodes: Mapping[str, Node], wanted: set[str], spec: Spec) -> bool:
    node = merged(nodes[name])
    if "const" in node:
        return False
    if "enum" in node:
        return sum(map(bool, node.get("option_weights", [1, 1]))) > 1
    word = node.get("type")
    if word == "list":
        return name.endswith("lr_steps")
    if word in ("int", "integer"):
        return len(list(itertools.islice(legal_numbers(name, nodes, wanted, spec), 2))) == 2
    return word not in ("string", "collection")


def legal_numbers(
    name: str, nodes: Mapping[str, Node], wanted: set[str], spec: Spec
) -> Iterator[int]:
    """Whole numbers near the default that are legal beside all that is not searched."""
    node = merged(nodes[name])
    if set(parents_of(node)) & wanted:
        node = {key: v for key, v in node.items() if key not in ("depends_on", "math_cond")}
    children = [n for n, other in nodes.items() if name in parents_of(other) and n not in wanted]
    default = get(spec, name)
    middle = default or 0
    try:
        for value in (middle, *(middle + sign * far for far in range(1, 4000) for sign in (1, -1))):
            put(spec, name, value)
            if faults(name, node, value, spec) == [] and not any(
                condition_faults(child, nodes[child], get(spec, child), spec) for child in children
            ):
                yield value
    finally:
        put(spec, name, default)


def parents_of(node: Node) -> list[str]:
    raw = node.get("depends_on") or []
    names = raw.split(",") if isinstance(raw, str) else raw
    return [name.strip(" <>=!/") for name in names]


def put(spec: Spec, name: str, value: Any) -> None:
    *sections, last = name.split(".")
    for key in sections:
        spec = spec[key]
    spec[last] = value


def get(spec: Any, name: str) -> Any:
    place = spec
    for key in name.split("."):
        place = place.get(key) if isinstance(place, dict) else None
    return place


def faults(name: str, node: Node, value: Any, spec: Node) -> list[str]:
    """What is wrong with one value of a complete spec; an empty list if nothing is."""
    node = merged(node)
    kinds = node.get("type", "")
    if isinstance(value, list):
        return list_faults(name, node, value, spec)
    found = []
    if "enum" in node and not is_in(value, node["enum"]):
        found.append(f"{value!r} not in {node['enum']}")
    if kinds in ("int", "integer") and type(value) is not int:
        found.append(f"{value!r} is no int")
    if kinds in ("float", "number") and type(value) not in (int, float):
        found.append(f"{value!r} is no float")
    if kinds in ("bool", "boolean") and type(value) is not bool:
        found.append(f"{value!r} is no bool")
    if isinstance(value, int | float) and not isinstance(value, bool):
        found += number_faults(name, node, value, spec)
    return found


def merged(node: Node) -> Node:
    for branch in node.get("anyOf", []):
        if branch.get("type") != "null":
            return {**branch, **node}
    if isinstance(node.get("type"), list):
        return {**node, "type": next(t for t in node["type"] if t != "null")}
    return node


def is_in(value: Any, options: Iterable[Any]) -> bool:
    return any(value == o and isinstance(value, bool) == isinstance(o, bool) for o in options)


def number_faults(name: str, node: Node, value: float, spec: Node) -> list[str]:
    found = []
    if not math.isfinite(value):
        found.append("not finite")
    for key, op in BOUNDS.items():
        bound = node.get(key)
        if isinstance(bound, int | float) and not isinstance(bound, bool):
            found += [] if compare(op, value, bound) else [f"{value} breaks {key} {bound}"]
    return found + condition_faults(name, node, value, spec)


def has_condition(node: Node) -> bool:
    """Whether the node says more of its parents than that they are drawn first."""
    raw = node.get("depends_on") or []
    names = raw.split(",") if isinstance(raw, str) else raw
    return bool(node.get("math_cond")) or any(name.strip()[:1] in "<>=!/" for name in names)


def condition_faults(name: str, node: Node, value: Any, spec: Node) -> list[str]:
    raw = node.get("depends_on") or []
    parents = [p.strip() for p in (raw.split(",") if isinstance(raw, str) else raw)]
    found = []
    bare = []
    for parent in parents:
        match = re.match(r"([<>=!/]+)\s*(.+)", parent)
        if match is None:
            bare.append(get(spec, parent))
        elif not compare(match[1], value, get(spec, match[2])):
            found.append(f"{value} not {parent} ({get(spec, match[2])})")
    for op, operand in re.findall(r"([<>=!/^]+)\s*([\w.+-]+)", node.get("math_cond") or ""):
        if operand == "depends_on":
            pairs = [(op, parent) for parent in bare]
        elif op == "/" and bare:
            pairs = [("<=", parent / float(operand)) for parent in bare]
        else:
            pairs = [(op, float(operand))]
        found += [f"{name}: {value} {o} {x}" for o, x in pairs if not compare(o, value, x)]
    return found


def compare(op: str, value: float, other: float) -> bool:
    if op == "/":
        return other == value == 0 or (
            other != 0 and abs(value / other - round(value / other)) < 1e-9
        )
    if op == "^":
        return value > 0 and abs(math.log(value, other) - round(math.log(value, other))) < 1e-9
    return {
        ">": value > other,
        ">=": value >= other,
        "<": value < other,
        "<=": value <= other,
        "!=": value != other,
        "==": value == other,
    }[op]


def list_faults(name: str, node: Node, value: list[Any], spec: Node) -> list[str]:
    word = node.get("type", "")
    enum: Any = node.get("enum")
    found = []
    if word == "subset_list":
        if not all(is_in(item, enum) for item in value) or len(set(value)) < len(value):
            found.append(f"{value} is no subset of {enum}")
    elif enum is not None and value not in enum:
        found.append(f"{value} not in {enum}")
    elif name.endswith("lr_steps") or word.startswith("list_1_"):
        epochs = get(spec, "train.num_epochs")
        if value != sorted(set(value)) or not all(1 <= v <= epochs - 1 for v in value):
            found.append(f"{value} are no milestones in {epochs}")
    if word in ("list_2", "list_3") and len(value) != int(word[-1]):
        found.append(f"{value} has the wrong length")
    return found + [
        f"{item} breaks {keyword} {bound}"
        for keyword, sign in (("minimum", 1), ("maximum", -1))
        for item, bound in paired(value, node.get(keyword))
        if sign * item < sign * bound
    ]


def paired(items: list[Any], bound: Any) -> list[tuple[Any, float]]:
    """Each item with its bound, where there is a number for it."""
    bounds = bound if isinstance(bound, list) else [bound] * len(items)
    return [(i, b) for i, b in zip(items, bounds, strict=False) if isinstance(b, int | float)]


def is_active(node: Node, spec: Node) -> bool:
    """Whether the leaf exists: the conditions hold, or those of any alternative."""
    given = node.get("x_automl", {}).get("active_when", {})
    alternatives = given if isinstance(given, list) else [given]
    return any(
        all(is_in(get(spec, key), allowed) for key, allowed in one.items()) for one in alternatives
    )
