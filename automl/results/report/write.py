"""Writing the report: when it is asked for, and at the end of a run."""

from __future__ import annotations

from pathlib import Path

from automl.constants import REPORT_FILE
from automl.errors import InputError
from automl.results.run_facts import read_facts
from automl.results.run_folders import Runs


def write_report(runs: Runs, output: Path | None = None) -> Path:
    """Write the report of ``runs`` and return its file.

    Args:
        runs: a run's folder, a glob, or several of either.
        output: the file; None for ``report.html`` in the folder of the one run.

    Raises:
        InputError: no run's folder is there, several runs without ``output``, or the file cannot
            be written.
    """
    facts = read_facts(runs)
    if output is None and len(facts) > 1:
        raise InputError("a report of several runs belongs to none of them: add  --output FILE")
    target = output or facts[0].folder / REPORT_FILE
    if target.is_dir():
        raise InputError(f"{target} is a folder; --output takes a file")
    from automl.results.report.page import render

    text = render(facts)
    unfinished = target.with_name(f".{target.name}.tmp")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(target)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise InputError(f"cannot write {target}: {error.strerror}") from error
    return target


def report_at_end(folder: Path) -> str:
    """Write a run's report; return its path, or in words why there is none.

    A report must never fail a run that is done: whatever goes wrong is told.
    """
    try:
        return str(write_report(folder))
    except Exception as error:
        return f"none: {type(error).__name__}: {error}; try  automl report {folder}"
