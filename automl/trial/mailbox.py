"""Passes a trainer's records from its own thread to whoever asks, and the answer back."""

from __future__ import annotations

from queue import SimpleQueue

from automl.trial.record import Record


class Mailbox:
    """One run's records, one at a time: the trainer waits until each was answered."""

    def __init__(self) -> None:
        self._records: SimpleQueue[Record | None] = SimpleQueue()
        self._answers: SimpleQueue[bool] = SimpleQueue()

    def tell(self, record: Record) -> bool:
        """Hand ``record`` over; return whether the trainer may go on."""
        self._records.put(record)
        return self._answers.get()

    def close(self) -> None:
        """The run is over."""
        self._records.put(None)

    def next(self) -> Record | None:
        """Wait for the next record and return it; None, again and again, once the run is over."""
        record = self._records.get()
        if record is None:
            self._records.put(None)
        return record

    def answer(self, go_on: bool) -> None:
        """Let the trainer go on, or stop it."""
        self._answers.put(go_on)
