"""Names of columns: the one that a user means, and the short one that tables show.

A user writes a whole name, a parameter's name, or an end of it that only one column has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from automl.constants import COLUMNS, PARAM_PREFIX
from automl.errors import InputError
from automl.spec.keys import nearest

_FAR: Final = 0.4  # difflib's cutoff for the second, looser search of names to suggest
_ALL_NAMES: Final = "automl trials RUN --format csv | head -1"
ALL: Final = "all"  # in place of a list of columns


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
        short = short_names(columns)
        listed = ", ".join(short[match] for match in matches)
        raise InputError(f"column {name!r} is ambiguous; write one of: {listed}")
    near = nearest(name, columns) or get_close_matches(name, columns, cutoff=_FAR)
    offer = f"did you mean {', '.join(near)}? " if near else ""
    raise InputError(f"no column {name!r}; {offer}all names: {_ALL_NAMES}")


def find_columns(text: str, columns: Collection[str]) -> list[str]:
    """Return the columns of a comma-separated list, each once; of ``all`` every one.

    Raises:
        InputError: one is unknown or ambiguous, or the list is empty.
    """
    names = [part.strip() for part in text.split(",") if part.strip()]
    if ALL in names and ALL not in columns:
        return list(columns)
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


def short_names(columns: Collection[str]) -> dict[str, str]:
    """Return column -> the name that tables show, by which :func:`find_column` finds it again.

    A parameter is called by its shortest end that no other column has: ``lr``, or ``optim.lr``
    where there is a ``head.lr`` as well. Other columns keep their names.
    """
    known = set(columns)
    shared = Counter(end for column in known for end in _ends(column))
    return {column: _short_name(column, known, shared) for column in columns}


def parameter_names(names: Iterable[str], metric: str = "") -> dict[str, str]:
    """Return dotted name -> short name of parameters, as a table of their trials has it."""
    params = [PARAM_PREFIX + name for name in names]
    found = short_names([*COLUMNS, metric, *params])
    return {column.removeprefix(PARAM_PREFIX): found[column] for column in params}


def _short_name(column: str, known: Collection[str], shared: Mapping[str, int]) -> str:
    for end in _ends(column) if column.startswith(PARAM_PREFIX) else ():
        whole = PARAM_PREFIX + end
        if end not in known and (whole == column or (whole not in known and shared[end] == 1)):
            return end
    return column


def _ends(column: str) -> list[str]:
    """The ends of a dotted name, the shortest first, without the whole name."""
    parts = column.split(".")
    return [".".join(parts[place:]) for place in range(len(parts) - 1, 0, -1)]
