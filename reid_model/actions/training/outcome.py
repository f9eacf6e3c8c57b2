"""Records every way in which a run can end in its status file."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reid_model import CACHE_WARNING
from reid_model.actions.training.devices import is_first_process
from reid_model.actions.training.status import Report, StatusFile
from reid_model.actions.training.stopping import Stopped, signals_as_stops
from reid_model.errors import ConfigError

LOG = logging.getLogger(__name__)


class RunStatus(StatusFile):
    """A status file that is created when the run begins, not before."""

    def begin(self, message: str, *, fresh: bool) -> None:
        """Create the folder and start the file, once the input has been found usable.

        ``fresh`` drops the records of an earlier run in the same folder. Raises ConfigError for a
        folder that cannot be written.
        """
        if not self.active:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if fresh:
                self.path.unlink(missing_ok=True)
            self.path.touch()
        except OSError as exc:
            raise ConfigError(f"results_dir {self.path.parent} cannot be written: {exc}") from exc
        self.started(message)


@contextmanager
def recorded(spec: Mapping[str, Any], report: Report | None) -> Iterator[RunStatus]:
    """Yield a run's status; record an exception, Ctrl-C or SIGTERM as FAILURE and raise it again.

    Nothing is written while the results folder does not exist: the input was refused. A stop that
    ``report`` asks for (SystemExit) is not a failure.
    """
    if CACHE_WARNING:
        LOG.warning(CACHE_WARNING)
    folder = Path(str(spec.get("results_dir") or ""))
    status = RunStatus(folder, report, active=is_first_process())
    try:
        with signals_as_stops():
            yield status
    except Stopped as stop:
        _record(status, spec, str(stop))
        raise stop.reason from None
    except Exception as exc:
        _record(status, spec, f"{type(exc).__name__}: {exc}")
        raise


def _record(status: RunStatus, spec: Mapping[str, Any], message: str) -> None:
    if spec.get("results_dir") and status.path.parent.is_dir():
        status.failed(message)
