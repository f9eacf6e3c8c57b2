"""A run that is stored at a URL: the driver uploads its files and downloads those of trials."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from automl.constants import LEDGER_FILE, PLAN_FILE, TRIALS_FOLDER
from automl.errors import DamagedLedgerError, InputError, RunError
from automl.launch.plan import Plan
from automl.launch.planning.run_folder import RUNS_FOLDER, is_url
from automl.launch.running.storage_claim import DRIVER_FILE, StorageClaim
from automl.trial.files.url_storage import Storage, describe
from automl.trial.job import trial_id
from automl.trial.secrets import mask, refuse_password

if TYPE_CHECKING:
    from automl.sweep.recorder import Recorder


LOG: Final = logging.getLogger(__name__)
PUSH_EVERY_S: Final = 5.0


class StoredRun:
    """A run's copy at a URL, which a thread keeps up to date."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self._folder = folder
        self._storage = Storage(url)
        self._claim = StorageClaim(self._storage)
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep_pushing, daemon=True)

    def begin(self) -> None:
        """Claim the URL for this driver; InputError if it is not writable or already in use."""
        fault = self._storage.probe("driver")
        if fault:
            raise InputError(f"--storage: {fault}")
        self._claim.check_free()
        if self._storage.has_run() and not (self._folder / PLAN_FILE).exists():
            raise InputError(
                f"{mask(self.url)} holds a run already: go on with --resume {mask(self.url)}, or"
                " give another --output"
            )
        self._claim.take()
        self._thread.start()

    def serve(self, recorder: Recorder) -> None:
        """Let the recorder download ended trials' small files and delete checkpoints at the URL."""
        recorder.fetch = self._fetch
        recorder.retention.drop_elsewhere = self._drop

    def fetch_best(self, recorder: Recorder) -> None:
        """Download the champion's checkpoints; RunError if that fails."""
        if recorder.best is not None:
            self.fetch_checkpoints(recorder.best[1])

    def fetch_checkpoints(self, number: int) -> None:
        """Download a trial's checkpoints; RunError if that fails."""
        below = f"{TRIALS_FOLDER}/{trial_id(number)}"
        try:
            self._storage.pull(below, self._folder / below, checkpoints=True)
        except Exception as error:  # each filesystem has errors of its own
            raise self._failed(error) from error

    def end(self) -> None:
        """Upload what is left; RunError if that fails."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
        try:
            self._push(None)
            self._claim.drop()
        except InputError as error:
            raise RunError(f"{error}, which took it over; this run is in {self._folder}") from None
        except Exception as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> RunError:
        return RunError(
            f"the storage {mask(self.url)} failed: {describe(error)}; the run is whole in"
            f" {self._folder}: when the storage works again, go on with"
            f"  automl run --resume {self._folder}"
        )

    def _fetch(self, number: int) -> None:
        below = f"{TRIALS_FOLDER}/{trial_id(number)}"
        try:
            self._storage.pull(below, self._folder / below, checkpoints=False)
        except Exception as error:
            LOG.warning("%s: the files of trial %04d stay there", describe(error), number)

    def _drop(self, number: int) -> None:
        try:
            self._storage.drop_checkpoints(trial_id(number))
        except Exception as error:  # checkpoints that stay only take disk space
            LOG.warning("%s: the checkpoints of trial %04d stay there", describe(error), number)

    def _keep_pushing(self) -> None:
        while not self._over.wait(PUSH_EVERY_S):
            try:
                self._push(0.0)
            except Exception:  # the next push, or the last one, sends it
                continue

    def _push(self, patience_s: float | None) -> None:
        with self._lock:
            self._claim.renew(patience_s)
            if (self._folder / PLAN_FILE).exists():
                self._storage.push_run(self._folder, patience_s=patience_s)


@contextmanager
def stored_run(plan: Plan) -> Iterator[StoredRun | None]:
    """Keep the run's copy at its URL up to date during the block; None for a run without one.

    Raises:
        InputError: it cannot be written, holds another run, or another driver uses it.
        RunError: the upload at the end failed.
    """
    if plan.storage is None:
        yield None
        return
    run = StoredRun(plan.storage, plan.output)
    run.begin()
    try:
        yield run
    finally:
        run.end()


@contextmanager
def fetched_run(place: str, *, keep: bool) -> Iterator[Path]:
    """The folder of a run for the block, as :func:`local_folder` finds it.

    ``keep``: whether what was fetched from a URL stays; after an error it does not, but where the
    ledger is damaged, which ``automl repair`` mends in that folder.
    """
    if not is_url(place):
        yield Path(place)
        return
    fresh, whole = not _folder_for(place).exists(), False
    try:
        yield local_folder(place)
        whole = True
    except DamagedLedgerError:
        whole = keep = True
        raise
    finally:
        if fresh and not (whole and keep):
            shutil.rmtree(_folder_for(place), ignore_errors=True)


def _folder_for(url: str) -> Path:
    return Path(RUNS_FOLDER) / url.rstrip("/").rsplit("/", 1)[-1]


def local_folder(place: str | Path) -> Path:
    """Return the folder of a run: ``place`` itself, or where it was fetched to from a URL.

    Checkpoints stay at the URL.

    Raises:
        InputError: no run lies at the URL, or the folder for it holds one already.
    """
    if not is_url(str(place)):
        return Path(place)
    url = str(place).rstrip("/")
    refuse_password(url, "--resume")
    folder = _folder_for(url)
    if (folder / LEDGER_FILE).exists():
        raise InputError(f"{folder} holds this run already: go on with --resume {folder}")
    storage = Storage(url)
    if not storage.has_run():
        raise InputError(f"no run lies at {mask(url)}: it has no {PLAN_FILE}")
    storage.pull("", folder, checkpoints=False)
    (folder / DRIVER_FILE).unlink(missing_ok=True)
    return folder
