"""Finds the column that a user means: the whole name, a parameter's name, or a unique end of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from difflib import get_close_matches
from typing import Final

from automl.constants import PARAM_PREFIX
from automl.errors import InputError
from automl.spec.keys import nearest

_FAR: Final = 0.4  # difflib's cutoff for the second, looser search of names to suggest
_ALL_NAMES: Final = "automl trials RUN --format csv | head -1"


def find_column(name: str, columns: Collection[str]) -> str:
    """Return the column that ``name`` stands for: ``train.optim.base_lr``, ``base_lr``, ``state``.

    Raises:
        InputError: no column, or several, are called so; the nearest are offered.
    """
    for exact in (name, PARAM_PREFIX + name):
        if exact in columns:
            return exact
    matches = [column for column in columns if column.endswith(f".{name}")]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise InputError(f"column {name!r} is ambiguous; write one of: {', '.join(matches)}")
    near = nearest(name, columns) or get_close_matches(name, columns, cutoff=_FAR)
    offer = f"did you mean {', '.join(near)}? " if near else ""
    raise InputError(f"no column {name!r}; {offer}all names: {_ALL_NAMES}")


def find_columns(text: str, columns: Collection[str]) -> list[str]:
    """Return the columns of a comma-separated list, each once.

    Raises:
        InputError: one is unknown or ambiguous, or the list is empty.
    """
    names = [part.strip() for part in text.split(",") if part.strip()]
    if not names:
        raise InputError("no column is named; give names separated by commas")
    return list(dict.fromkeys(find_column(name, columns) for name in names))


def find_order(text: str, columns: Collection[str]) -> tuple[Sequence[str], Sequence[bool]]:
    """Return the columns of ``COL,-COL`` and whether each rises; a minus in front means falling.

    Raises:
        InputError: one is unknown or ambiguous, or the list is empty.
    """
    order: dict[str, bool] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        rising = not part.startswith("-")
        order.setdefault(find_column(part.lstrip("-").strip(), columns), rising)
    if not order:
        raise InputError("--sort names no column; write for example  --sort state,-epochs")
    return list(order), list(order.values())
