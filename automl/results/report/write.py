"""Writes the report: on request, and at the end of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from automl.constants import REPORT_FILE
from automl.errors import InputError
from automl.results.output_file import check_output, write_output
from automl.results.run import Run

ENDINGS: Final = (".html", ".htm")


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
    check_output(target, ENDINGS)
    from automl.results.report.page import render

    write_output(target, render(runs).encode("utf-8", "backslashreplace"))
    return target


def report_at_end(run: Run) -> str:
    """Write a run's report; return its path, or in words why there is none.

    An error of the report must not fail a finished run, so it is returned as text.
    """
    try:
        return str(write_report([run]))
    except Exception as error:
        return f"none: {type(error).__name__}: {error}; try  automl report {run.folder}"
