"""Cuts a study's journal back to the moment at which the run's ledger ends.

The driver writes the ledger first, so a journal that says more is of a later moment: the disk lost
the ledger's end, or one of the two files was copied or put back alone. The trials that only the
journal knows are run again, under the same numbers with the same parameters.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import optuna
import orjson
from optuna.storages.journal._storage import JournalOperation

from automl.search.keys import VALUES
from automl.space import Space

_FAIL: Final = optuna.trial.TrialState.FAIL


@dataclass(frozen=True)
class RecordedSuggestion:
    """What a run's ledger holds of one suggestion.

    Attributes:
        ticket: the study's number of it.
        epochs: those that it reported.
        over: whether it has ended for good, or never started since it cannot fit into memory.
    """

    ticket: int
    epochs: frozenset[int] = frozenset()
    over: bool = False


def rewind(path: Path, space: Space, known: Iterable[RecordedSuggestion]) -> None:
    """Cut off what the journal at ``path`` says beyond the ledger; damaged entries stay."""
    if not path.is_file():
        return
    reader, whole = _Reader(space, {each.ticket: each for each in known}), 0
    with path.open("rb") as stream:
        for line in stream:
            if not reader.accepts(line):
                os.truncate(path, whole)
                return
            whole += len(line)


class _Reader:
    """Reads a journal's entries, in their order, as far as the ledger knows them."""

    def __init__(self, space: Space, known: Mapping[int, RecordedSuggestion]) -> None:
        self._space = space
        self._known = known
        self._created = 0
        self._first: dict[Any, int] = {}  # configuration -> the first ticket with it
        self._drawn: set[int] = set()
        self._repeated: set[int] = set()

    def accepts(self, line: bytes) -> bool:
        """Whether a line says nothing beyond the ledger; what cannot be read says nothing."""
        try:
            return self._knows(_parsed(line))
        except (ValueError, KeyError, TypeError, AttributeError):
            return True

    def _knows(self, entry: Mapping[str, Any]) -> bool:
        match JournalOperation(entry["op_code"]):
            case JournalOperation.CREATE_TRIAL:
                self._created += 1
                self._note(self._created - 1, entry.get("user_attrs") or {})
            case JournalOperation.SET_TRIAL_USER_ATTR:
                self._note(entry["trial_id"], entry["user_attr"])
            case JournalOperation.SET_TRIAL_INTERMEDIATE_VALUE:
                known = self._known.get(entry["trial_id"])
                return known is not None and entry["step"] in known.epochs
            case JournalOperation.SET_TRIAL_STATE_VALUES:
                state = optuna.trial.TrialState(entry["state"])
                return not state.is_finished() or self._ended(entry["trial_id"], state)
        return True

    def _note(self, ticket: int, attributes: Mapping[str, Any]) -> None:
        """Note a trial's parameters, if they are among the attributes."""
        if VALUES in attributes:
            self._drawn.add(ticket)
            if self._first.setdefault(self._space.canonical(attributes[VALUES]), ticket) != ticket:
                self._repeated.add(ticket)

    def _ended(self, ticket: int, state: optuna.trial.TrialState) -> bool:
        """Whether the ledger has a trial's end; it never hears of an attempt that drew nothing."""
        known = self._known.get(ticket)
        if known is not None:
            return known.over
        return state is _FAIL and (ticket not in self._drawn or ticket in self._repeated)


def _parsed(line: bytes) -> Any:
    """The entry of a line; the fast parser knows neither NaN nor numbers beyond 64 bits."""
    try:
        return orjson.loads(line)
    except ValueError:
        return json.loads(line)
