"""A rank as a Ray actor: it imports a skill's trainer once and runs trial after trial."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from queue import SimpleQueue

import ray

from automl.home import mend_environment
from automl.trial.faults import Cause, failure_cause
from automl.trial.status_record import StatusRecord
from automl.trial.worker.entrypoint import load_entrypoint
from automl.trial.worker.rank import RankCall, RankEnd, free_port, run_rank


class Mailbox:
    """Passes a trainer's records from its thread to another, and each answer back to it."""

    def __init__(self) -> None:
        self._records: SimpleQueue[StatusRecord | None] = SimpleQueue()
        self._answers: SimpleQueue[bool] = SimpleQueue()

    def tell(self, record: StatusRecord) -> bool:
        """Hand ``record`` over; return whether the trainer may go on."""
        self._records.put(record)
        return self._answers.get()

    def close(self) -> None:
        """Say that the training is over."""
        self._records.put(None)

    def next(self) -> StatusRecord | None:
        """Wait for the next record and return it; None from the end of the training on."""
        record = self._records.get()
        if record is None:
            self._records.put(None)
        return record

    def answer(self, go_on: bool) -> None:
        """Let the trainer go on, or stop it."""
        self._answers.put(go_on)


VISIBLE = "CUDA_VISIBLE_DEVICES"
THREADS = 4  # a trainer, an exchange, the next trial's beginning, one to spare


class Rank:
    """One process of a pool; its methods run side by side, each in a thread."""

    def __init__(self, rank: int) -> None:
        self._rank = rank
        self._mailbox = Mailbox()
        self._visible = ""

    def gpus(self) -> list[str]:
        """Return the ids of the GPUs that Ray gave this process."""
        return [str(gpu) for gpu in ray.get_gpu_ids()]

    def prepare(self, reference: str, skill_dir: Path, gpus: Sequence[str]) -> Cause | None:
        """Import the trainer, which sees the trial's ``gpus`` alone; return why it cannot be.

        As with torchrun every rank sees the GPUs of all, and owns the one with its own number.
        """
        self._visible = ",".join(gpus)
        os.environ[VISIBLE] = self._visible
        mend_environment()
        try:
            load_entrypoint(reference, skill_dir)
        except Exception as error:  # whatever importing foreign code raises
            return failure_cause(error)
        return None

    def begin(self) -> int:
        """Get ready for a trial; return a free port of this machine."""
        self._mailbox = Mailbox()
        return free_port()

    def run(self, call: RankCall) -> RankEnd:
        """Train one trial as this rank."""
        mailbox = self._mailbox
        os.environ[VISIBLE] = self._visible  # Ray may have named this process's own alone again
        try:
            return run_rank(self._rank, call, lambda record: self._report(mailbox, record))
        finally:
            mailbox.close()

    def exchange(self, answer: bool | None) -> StatusRecord | None:
        """Answer the last record, None where there was none; wait for the next.

        None is returned once the trial is over.
        """
        mailbox = self._mailbox
        if answer is not None:
            mailbox.answer(answer)
        return mailbox.next()

    def _report(self, mailbox: Mailbox, record: StatusRecord) -> None:
        """Pass on the records of rank 0; the trainer itself passes a stop on to the other ranks."""
        if self._rank == 0 and not mailbox.tell(record):
            raise SystemExit(0)
