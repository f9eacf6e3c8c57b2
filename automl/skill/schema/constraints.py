"""Reads the constraints of a leaf's numbers: its own bounds and its relations to other leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from automl.skill.schema.bounds import Bounds, Complain, read_bounds
from automl.skill.schema.conditions import absolute, parse_depends_on, parse_math_cond, relations
from automl.skill.schema.dialect import FLAG_WORDS, LIST_BOUNDS
from automl.skill.schema.leaf_kind import items_of
from automl.skill.schema.references import tighter
from automl.skill.schema.relation import Relation

T = TypeVar("T")
_CONDITIONAL = frozenset({"math_cond", "depends_on", "parent_param"})


def read_constraints(
    node: Mapping[str, Any], complain: Complain
) -> tuple[Bounds, tuple[str, ...], tuple[Relation, ...]]:
    """Return the number's own bounds, the leaves to draw before it, and its relations to them."""
    items = items_of(node)
    own = {**node, **items, **tighter(node, items)} if items else node
    bounds = read_bounds(own, complain)
    if not _CONDITIONAL & node.keys():
        return bounds, (), ()
    clauses = _parse_or_complain(parse_math_cond, "math_cond", node, complain)
    parents = _parse_or_complain(parse_depends_on, "depends_on", node, complain)
    if any(clause.operand is None for clause in clauses) and not parents:
        complain("math_cond", "speaks of depends_on, which names no leaf")
    for op, operand in absolute(clauses, parents):
        try:
            bounds = bounds.constrained(op, operand)
        except ValueError as exc:
            complain("math_cond", str(exc))
    names = [parent.name for parent in parents] + _parent_param(node.get("parent_param"))
    return bounds, tuple(dict.fromkeys(names)), relations(clauses, parents)


def _parse_or_complain(
    parse: Callable[[Any], tuple[T, ...]], keyword: str, node: Mapping[str, Any], complain: Complain
) -> tuple[T, ...]:
    try:
        return parse(node.get(keyword))
    except ValueError as exc:
        complain(keyword, str(exc))
        return ()


def _parent_param(given: Any) -> list[str]:
    """``parent_param`` marks a parent ("TRUE": nothing to do) or names one to be drawn first."""
    named = isinstance(given, str) and given.strip().lower() not in ("", *FLAG_WORDS)
    return [given.strip()] if named else []


def read_element_bounds(node: Mapping[str, Any], complain: Complain) -> tuple[Bounds, ...]:
    """Bounds per position, where ``minimum``/``maximum`` ... are lists."""
    lists = {key: node[key] for key in LIST_BOUNDS if isinstance(node.get(key), list)}
    size = max(map(len, lists.values()), default=0)
    return tuple(
        read_bounds({k: v[i] for k, v in lists.items() if i < len(v)}, complain)
        for i in range(size)
    )
