"""Sorts parameters so that each is drawn after those that it needs, and finds cycles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Final

_MOST_SHOWN: Final = 12  # names of a cycle


def draw_order(
    names: Sequence[str], needs: Mapping[str, Sequence[str]]
) -> tuple[list[str], dict[str, str]]:
    """Sort names so that each comes after its needs, otherwise in the given order.

    Returns the order of the names that are on no cycle, and name -> its cycle in words for others.
    """
    cyclic: dict[str, str] = {}
    left = list(names)
    while True:
        cycle = _cycle(left, needs)
        if cycle is None:
            return _sort(left, needs), cyclic
        words = _in_words(cycle)
        cyclic.update(dict.fromkeys(cycle, words))
        left = [name for name in left if name not in cyclic]


def _in_words(cycle: list[str]) -> str:
    shown = cycle if len(cycle) <= _MOST_SHOWN else [*cycle[: _MOST_SHOWN - 2], "...", cycle[-1]]
    return " -> ".join(shown)


def _graph(names: Sequence[str], needs: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    known = set(names)
    return {name: [n for n in needs.get(name, ()) if n in known] for name in names}


def _cycle(names: Sequence[str], needs: Mapping[str, Sequence[str]]) -> list[str] | None:
    try:
        TopologicalSorter(_graph(names, needs)).prepare()
    except CycleError as exc:
        cycle: list[str] = exc.args[1]
        return cycle
    return None


def _sort(names: Sequence[str], needs: Mapping[str, Sequence[str]]) -> list[str]:
    """The given order, with the needs of each name moved in front of it."""
    graph = _graph(names, needs)
    placed: dict[str, None] = {}
    for name in names:
        waiting = [name]
        while waiting:
            missing = [need for need in graph[waiting[-1]] if need not in placed]
            if missing:
                waiting += reversed(missing)
            else:
                placed[waiting.pop()] = None
    return list(placed)
