"""Every way in which a run ends is told in the status file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reid_model.actions.status import Report, StatusFile


class RunStatus(StatusFile):
    """A status file that comes into being only when the run begins."""

    def begin(self, message: str) -> None:
        """Create the folder and start the file; called once the input has been found usable."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.started(message)


@contextmanager
def recorded(spec: Mapping[str, Any], report: Report | None) -> Iterator[RunStatus]:
    """A run's status; an exception becomes a FAILURE record and goes on.

    Where the results folder does not exist yet, the input was refused before anything was written,
    and nothing is. A stop that ``report`` asks for (SystemExit) is no failure.
    """
    status = RunStatus(Path(str(spec.get("results_dir") or "")), report)
    try:
        yield status
    except Exception as exc:
        if spec.get("results_dir") and status.path.parent.is_dir():
            status.failed(f"{type(exc).__name__}: {exc}")
        raise
