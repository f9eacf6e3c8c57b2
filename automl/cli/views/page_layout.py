"""Lists that are cut so that a page fits on the screen, each with how much more there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from automl.cli.views.terminal import LABEL, WIDTH, folded, labelled, side_by_side

WHOLE: Final = "--plan --verbose shows all"
LEAST: Final = 2  # lines of a list that is cut: its first item, and how many more there are
ITEM: Final = 2  # lines of an item in a list that is cut
_CUT: Final = "…"


@dataclass(frozen=True)
class Block:
    """A list of one kind of item, on as many lines as it gets.

    Attributes:
        items: with their label, which may be blank; a packed block's have none.
        label: stands before the first item of a packed block.
        packed: whether several short items share a line, in a file one of :data:`WIDTH` columns.
        weight: how many lines it gets for one of other lists, where lists are cut.
        most: how many lines it has at most in any case, None for as many as fit.
    """

    items: Sequence[str]
    label: str = ""
    packed: bool = False
    weight: int = 1
    most: int | None = None

    def lines(self, width: int, most: int | None = None) -> list[str]:
        """Return its lines, at most ``most`` of them and of ``width`` columns."""
        count = len(self.items)
        while True:
            lines = self._first(count, width, most)
            if most is None or len(lines) <= most or count == 0:
                return lines
            count -= 1

    def _first(self, count: int, width: int, most: int | None) -> list[str]:
        """Return the lines of its first ``count`` items, and how many more there are."""
        rest = len(self.items) - count
        if self.packed:
            width = min(width, WIDTH)
            more = [f"... and {rest} more ({WHOLE})"] if rest else []
            lines = labelled(self.label, side_by_side([*self.items[:count], *more], width))
            return folded(lines, LABEL, width)
        more = [f"{' ' * LABEL}... and {rest} more ({WHOLE})"] if rest else []
        room = None if most is None else max(most - len(more), 1)
        return [*_folded(self.items[:count], width, room), *more]


def fitted(blocks: Sequence[Block], room: int, width: int) -> list[str]:
    """Return the lines of all blocks, cut to ``room`` lines.

    If they do not fit, every block keeps up to :data:`LEAST` lines and the rest of the room is
    shared by weight, so that the longest are cut first.
    """
    whole = [block.lines(width) for block in blocks]
    most = [room if block.most is None else block.most for block in blocks]
    heights = [min(len(lines), limit) for lines, limit in zip(whole, most, strict=True)]
    limits = _limits(heights, [block.weight for block in blocks], room)
    return [
        line
        for block, lines, limit in zip(blocks, whole, limits, strict=True)
        for line in (block.lines(width, limit) if len(lines) > limit else lines)
    ]


def _limits(heights: Sequence[int], weights: Sequence[int], room: int) -> list[int]:
    """Return how many lines each block gets: in every round as many more as its weight."""
    limits = [min(height, LEAST) for height in heights]
    spare = room - sum(limits)
    while spare > 0 and limits != list(heights):
        for index, height in enumerate(heights):
            share = max(min(weights[index], height - limits[index], spare), 0)
            limits[index] += share
            spare -= share
    return limits


def _folded(items: Sequence[str], width: int, most: int | None) -> list[str]:
    """Return the lines of items; where ``most`` lines are given, each has a few at most."""
    limit = None if most is None else min(ITEM, most)
    return [line for item in items for line in clipped(folded([item], LABEL, width), limit, width)]


def clipped(lines: Sequence[str], most: int | None, width: int) -> list[str]:
    """Return the first lines of a folded text; an ellipsis says that it goes on."""
    kept = list(lines[:most])
    if len(lines) > len(kept):
        words = kept[-1].rstrip()
        if len(words) > width - len(_CUT) - 1:
            words = words[: width - len(_CUT)].rpartition(" ")[0]
        kept[-1] = f"{words} {_CUT}"
    return kept


def shortened(text: str, most: int) -> str:
    """Return a name or a path in ``most`` columns: its end, which tells it from others."""
    return text if len(text) <= most else f"{_CUT}{text[len(text) - most + 1 :]}"


def with_short_words(item: str, width: int) -> str:
    """Return an item whose words fit on a line behind its label; of longer ones the end is left."""
    label, text = item[:LABEL], item[LABEL:]
    return label + " ".join(shortened(word, width - LABEL) for word in text.split(" "))
