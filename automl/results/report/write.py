"""Writes the report: on request, and at the end of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from automl.constants import REPORT_FILE
from automl.errors import InputError
from automl.results.run import Run


def write_report(runs: Sequence[Run], output: Path | None = None) -> Path:
    """Write the report of ``runs`` and return its file.

    Args:
        runs: one or several.
        output: the file; None for ``report.html`` in the folder of the one run.

    Raises:
        InputError: several runs without ``output``, or the file cannot be written.
    """
    if output is None and len(runs) > 1:
        raise InputError("a report of several runs belongs to none of them: add  --output FILE")
    target = output or runs[0].folder / REPORT_FILE
    if target.is_dir():
        raise InputError(f"{target} is a folder; --output takes a file")
    from automl.results.report.page import render

    text = render(runs)
    unfinished = target.with_name(f".{target.name}.tmp")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(target)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise InputError(f"cannot write {target}: {error.strerror}") from error
    return target


def report_at_end(run: Run) -> str:
    """Write a run's report; return its path, or in words why there is none.

    An error of the report must not fail a finished run, so it is returned as text.
    """
    try:
        return str(write_report([run]))
    except Exception as error:
        return f"none: {type(error).__name__}: {error}; try  automl report {run.folder}"
