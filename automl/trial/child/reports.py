"""What a child process reports, from the most reliable source that has the metric.

The order is ``status.json``, ``metrics.json``, the log, ``best_score.json``. A trainer often writes
the same number in several places, so only the first source in this order that has the metric
counts. Records of the other sources are held back for one look, since a log line may come before
the file that repeats it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol

from automl.constants import STATUS_FILE
from automl.trial.child.files import Lines, files_named
from automl.trial.child.log_metrics import LogMetrics, canonical_name, read_pairs, read_pattern
from automl.trial.child.metrics_file import MetricsFiles
from automl.trial.status_record import StatusRecord, TrainerStatus, parse_line

METRICS_FILE: Final = "metrics.json"
BEST_FILE: Final = "best_score.json"


class _RecordSource(Protocol):
    def new_records(self, *, ended: bool = False) -> list[StatusRecord]: ...


class Reports:
    """The records of one child process.

    What its files hold before it starts is left out, unless they are read ``from_start``.
    """

    def __init__(
        self,
        folder: Path,
        log: Path,
        metric: str,
        pattern: re.Pattern[str] | None = None,
        *,
        from_start: bool = False,
    ) -> None:
        """With a ``pattern``, metrics are read from the log alone."""
        self._metric = metric
        self._status = StatusFiles(folder, from_start=from_start)
        self._only_log = pattern is not None
        self._others: list[_RecordSource] = []
        if pattern is not None:
            found = LogMetrics(
                log, lambda line: read_pattern(line, metric, pattern), from_start=from_start
            )
            self._others = [found]
        elif metric:
            pairs = LogMetrics(log, lambda line: read_pairs(line, metric), from_start=from_start)
            files = MetricsFiles(folder, METRICS_FILE, from_start=from_start)
            best = MetricsFiles(folder, BEST_FILE, metric, from_start=from_start)
            self._others = [files, pairs, best]
        self._held: list[list[StatusRecord]] = [[] for _ in self._others]
        self._settled = len(self._others)

    @property
    def failure(self) -> str:
        """The status file's reason of a failure, empty without one."""
        return self._status.failure

    def new_records(self, *, ended: bool = False) -> list[StatusRecord]:
        """Return the records since the last call, those of other sources one call later.

        ``ended``: the child has ended well, so a last line without a newline is whole.
        """
        records = self._named(self._status.new_records(ended=ended))
        if self._only_log:
            records = [replace(record, kpi={}) for record in records]
        elif any(self._metric in record.kpi for record in records):
            self._settled = -1
        due, self._held = (
            self._held,
            [self._named(source.new_records(ended=ended)) for source in self._others],
        )
        for rank, late in enumerate(due):
            if rank > self._settled:
                continue
            if any(self._metric in record.kpi for record in late):
                self._settled = rank
                records += late
            else:
                records += [record for record in late if record.unread]
        return records

    def _named(self, records: list[StatusRecord]) -> list[StatusRecord]:
        return [replace(record, kpi=canonical_name(record.kpi, self._metric)) for record in records]


def earlier_records(
    folder: Path, log: Path, metric: str, pattern: re.Pattern[str] | None = None
) -> list[StatusRecord]:
    """Return what a trial's files hold of its earlier runs, oldest first.

    With an empty ``metric`` the status files alone are read.
    """
    reports = Reports(folder, log, metric, pattern, from_start=True)
    return reports.new_records() + reports.new_records()


class StatusFiles:
    """The records added to the status files of a folder.

    Attributes:
        failure: the message of the last FAILURE record, empty without one.
    """

    def __init__(self, folder: Path, *, from_start: bool = False) -> None:
        """Skip what the files hold now, unless ``from_start``: it is of an earlier run."""
        self._folder = folder
        known = [] if from_start else self._paths()
        self._files = {path: Lines(path, from_end=True) for path in known}
        self.failure = ""

    def new_records(self, *, ended: bool = False) -> list[StatusRecord]:
        """Return the records of the lines completed since the last call."""
        lines: list[str] = []
        for path in self._paths():
            lines += self._files.setdefault(path, Lines(path)).new_lines(ended=ended)
        records = [record for record in map(parse_line, lines) if record is not None]
        for record in records:
            if record.status == TrainerStatus.FAILURE:
                self.failure = record.message
        return records

    def _paths(self) -> list[Path]:
        return files_named(self._folder, STATUS_FILE)
