"""A rank as a Ray actor: it imports a skill's trainer once and runs trial after trial."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import ray

from automl.trial.entrypoint import load_entrypoint
from automl.trial.fault import Cause
from automl.trial.mailbox import Mailbox
from automl.trial.rank import RankCall, RankEnd, free_port, run_rank
from automl.trial.record import Record
from automl.trial.run import failure_cause

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

    def exchange(self, answer: bool | None) -> Record | None:
        """Answer the last record, None where there was none; wait for the next.

        None is returned once the trial is over.
        """
        mailbox = self._mailbox
        if answer is not None:
            mailbox.answer(answer)
        return mailbox.next()

    def _report(self, mailbox: Mailbox, record: Record) -> None:
        """Rank 0 speaks for all; a stop reaches the others through the trainer."""
        if self._rank == 0 and not mailbox.tell(record):
            raise SystemExit(0)
