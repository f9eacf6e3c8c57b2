"""Lists that are cut so that a page fits on the screen, each with how much more there is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from automl.cli.views.terminal import LABEL, folded

WHOLE: Final = "--plan --verbose shows all"
LEAST: Final = 2  # lines of a list that is cut: its first item, and how many more there are
ITEM: Final = 2  # lines of an item in a list that is cut
_CUT: Final = "…"

Block = Sequence[str]  # the items of one list, a line each before they are folded


def fitted(blocks: Sequence[Block], room: int, width: int) -> list[list[str]]:
    """Return the lines of each block, folded to ``width``; all together at most ``room`` of them.

    Where they are more, the longest blocks are cut first, all to the same length, though none below
    :data:`LEAST` lines.
    """
    items = [[folded([item], LABEL, width) for item in block] for block in blocks]
    if sum(map(_height, items)) > room:
        items = [[clipped(lines, ITEM, width) for lines in block] for block in items]
    most = _most_lines([_height(block) for block in items], room)
    return [_cut(block, most, width) for block in items]


def clipped(lines: Sequence[str], most: int, width: int) -> list[str]:
    """Return the first lines of a folded text; an ellipsis says that it goes on."""
    kept = list(lines[:most])
    if len(lines) > most:
        kept[-1] = f"{kept[-1][: width - 2].rstrip()} {_CUT}"
    return kept


def shortened(text: str, most: int) -> str:
    """Return a name or a path in ``most`` columns: its end, which tells it from others."""
    return text if len(text) <= most else f"{_CUT}{text[len(text) - most + 1 :]}"


def with_short_words(item: str, width: int) -> str:
    """Return an item whose words fit on a line behind its label; of longer ones the end is left."""
    label, text = item[:LABEL], item[LABEL:]
    return label + " ".join(shortened(word, width - LABEL) for word in text.split(" "))


def more(count: int, indent: int = LABEL) -> str:
    """Return the line that ends a list of which ``count`` items are not shown."""
    return f"{' ' * indent}... and {count} more ({WHOLE})"


def _height(items: Iterable[Sequence[str]]) -> int:
    return sum(map(len, items))


def _most_lines(heights: Sequence[int], room: int) -> int:
    """Return how many lines each block may have, so that all fit."""
    most = max(heights, default=0)
    while most > LEAST and sum(min(height, most) for height in heights) > room:
        most -= 1
    return most


def _cut(items: Sequence[Sequence[str]], most: int, width: int) -> list[str]:
    """Return the lines of the first items, and how many more there are, in ``most`` lines."""
    if _height(items) <= most:
        return [line for item in items for line in item]
    kept: list[str] = []
    for index, lines in enumerate(items):
        item = clipped(lines, most - 1, width)
        if len(kept) + len(item) > most - 1:
            return [*kept, more(len(items) - index)]
        kept += item
    return kept
