"""A run that is read again and again while it goes on: each time only what is new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from automl.constants import LEDGER_FILE
from automl.results.ledger_file import ledger_content
from automl.results.plan_file import parse_plan, plan_text
from automl.results.run import Run
from automl.trial.history import TrialHistory, add_events
from automl.trial.ledger.events import EndEvent, EpochEvent, LedgerEvent, StartEvent
from automl.trial.ledger.follow import LedgerFollower


class FollowedRun:
    """Reads a run for a view that is redrawn, such as ``automl status --watch``.

    Lines of the ledger that were read before, and rows of trials that no new line names, are kept.
    """

    def __init__(self, folder: Path) -> None:
        """Nothing is read yet."""
        self._folder = folder
        self._forget()
        self._plan_text: str | None = None
        self._plan: Mapping[str, Any] = {}

    def read(self) -> Run:
        """Return the run as it is on disk now.

        Raises:
            InputError: the folder is no run's, or a file of it is damaged.
        """
        if self._has_new_plan():
            self._rows.clear()
        try:
            self._add(self._new_events())
        except Exception:
            self._forget()
            raise
        run = Run(self._folder, plan=self._plan, events=self._events)
        run.histories = [self._histories[number] for number in sorted(self._histories)]
        stale = [each for each in run.histories if each.number not in self._rows]
        self._rows.update(zip((h.number for h in stale), run.rows_of(stale), strict=True))
        run.rows = [self._rows[each.number] for each in run.histories]
        return run

    def _forget(self) -> None:
        self._ledger: LedgerFollower | None = None
        self._histories: dict[int, TrialHistory] = {}
        self._rows: dict[int, dict[str, Any]] = {}

    @property
    def _events(self) -> Sequence[LedgerEvent]:
        return self._ledger.events if self._ledger else ()

    def _has_new_plan(self) -> bool:
        text = plan_text(self._folder)
        if text is not None and text == self._plan_text:
            return False
        self._plan, self._plan_text = parse_plan(text, self._folder), text
        return True

    def _new_events(self) -> Sequence[LedgerEvent]:
        """The events since the last call; all of them at the first one, or in another ledger."""
        found = self._ledger.read_on() if self._ledger else None
        if found is not None:
            return found
        self._forget()
        content = ledger_content(self._folder)
        self._ledger = LedgerFollower(self._folder / LEDGER_FILE, content)
        return self._ledger.events

    def _add(self, events: Sequence[LedgerEvent]) -> None:
        add_events(self._histories, events)
        for event in events:
            if isinstance(event, StartEvent | EpochEvent | EndEvent):
                self._rows.pop(event.number, None)
