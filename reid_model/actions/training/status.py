"""``status.json``: one JSON record a line on a run's progress (format: docs/architecture.md)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from reid_model.actions.training.stopping import Stopped

STATUS_FILE = "status.json"

Report = Callable[[dict[str, Any]], None]


class StatusFile:
    """Appends whole lines and hands each record on to ``report``.

    An exception of ``report`` is raised after the line has been written. Of several processes of a
    run only rank 0 is ``active`` and writes.
    """

    def __init__(self, folder: Path, report: Report | None = None, *, active: bool = True) -> None:
        self.path = folder / STATUS_FILE
        self._report = report
        self.active = active

    def started(self, message: str) -> None:
        """The run begins."""
        self._write("STARTED", message)

    def running(self, message: str, epoch: int, kpi: Mapping[str, float]) -> None:
        """An epoch is finished; epochs count from 1."""
        self._write("RUNNING", message, epoch=epoch, kpi=dict(kpi))

    def succeeded(self, message: str, **facts: Any) -> None:
        """The run is finished."""
        self._write("SUCCESS", message, **facts)

    def failed(self, message: str) -> None:
        """The run ended by an error."""
        self._write("FAILURE", message)

    def _write(self, status: str, message: str, **facts: Any) -> None:
        if not self.active:
            return
        now = datetime.now()
        record = {
            "date": now.date().isoformat(),
            "time": now.time().isoformat(timespec="seconds"),
            "status": status,
            "message": message,
            **facts,
        }
        with self.path.open("a", encoding="utf-8") as out:
            out.write(json.dumps(record) + "\n")
        if self._report is None:
            return
        try:
            self._report(record)
        except KeyboardInterrupt as exc:
            raise Stopped(exc, "stopped by whoever watches") from exc
