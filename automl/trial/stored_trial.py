"""Runs a trial on a machine that does not see the run's folder: its files are stored at a URL."""

from __future__ import annotations

import hashlib
import logging
import shutil
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from automl.constants import TRIALS_FOLDER, Fault
from automl.errors import TrialError
from automl.trial.data.cache import cache_dir
from automl.trial.files.url_storage import Storage, describe
from automl.trial.job import TrialJob, trial_id

LOG = logging.getLogger(__name__)


class StoredTrial:
    """Fetches a trial's files before it runs here and stores them while it runs and after it.

    Without a storage it does nothing.

    Attributes:
        job: the job to run the trial with.
    """

    def __init__(self, job: TrialJob, number: int) -> None:
        self._number = number
        self._place = f"{TRIALS_FOLDER}/{trial_id(number)}"
        self._storage = Storage(job.storage) if job.storage else None
        self.job = replace(job, run_dir=scratch(job.storage)) if job.storage else job

    def epoch(self) -> None:
        """Store the files of an epoch; what fails now is tried again after the next epoch."""
        if self._storage is None:
            return
        try:
            self._storage.push(self._folder, self._place, patience_s=0.0)
        except Exception as error:  # each filesystem has errors of its own
            LOG.warning("%s: the trial's files go later", describe(error))

    def __enter__(self) -> Self:
        if self._storage is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir(parents=True)
            self._storage.pull(self._place, self._folder, checkpoints=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._storage is None:
            return
        if error is None:
            self._store_rest()
        else:
            self.epoch()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _folder(self) -> Path:
        return self.job.folder(self._number)

    def _store_rest(self) -> None:
        assert self._storage is not None
        try:
            self._storage.push(self._folder, self._place)
        except Exception as error:
            words = f"the storage failed: {describe(error)}"
            raise TrialError(words, fault=Fault.INFRASTRUCTURE) from error


def scratch(url: str) -> Path:
    """Return the folder of this machine in which trials of the run at ``url`` work."""
    return cache_dir() / "runs" / hashlib.sha256(url.encode()).hexdigest()[:16]
