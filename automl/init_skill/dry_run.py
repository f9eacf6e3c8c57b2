"""Runs a trainer once with its defaults, for a short while, to see what it reports."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import yaml

from automl.errors import InputError
from automl.init_skill.ask import CHILDREN
from automl.init_skill.documents import LAUNCHER, MANDATORY, SETTINGS
from automl.init_skill.request import InitRequest
from automl.space.budget import EPOCHS
from automl.spec.nested import flatten, set_path
from automl.trial.child.log_metrics import line_values
from automl.trial.child.metrics_file import MetricsFiles
from automl.trial.child.program import job_environment
from automl.trial.child.reports import METRICS_FILE, earlier_records

_SHOWN: Final = 3  # last lines of the log


def dry_run(
    request: InitRequest, launch: Mapping[str, Any], spec: Mapping[str, Any], outputs: list[str]
) -> list[str]:
    """Run the trainer for one epoch in a folder that is removed; the names that it reports.

    Raises:
        InputError: it needs a value that has no default, fails, or is too slow to report anything.
    """
    needed = [key for key, value in flatten(spec).items() if value == MANDATORY]
    if needed:
        raise InputError(
            f"a dry run is not possible, since {', '.join(needed)} has no default: give --metric"
            " NAME:max or NAME:min, or --log FILE of an earlier training"
        )
    with tempfile.TemporaryDirectory(prefix="automl-dry-run-") as name:
        return _reported(Path(name), request, launch, spec, outputs)


def _reported(
    folder: Path,
    request: InitRequest,
    launch: Mapping[str, Any],
    spec: Mapping[str, Any],
    outputs: list[str],
) -> list[str]:
    results, config, log = folder / "results", folder / "spec.yaml", folder / "log.txt"
    results.mkdir()
    shutil.copy(CHILDREN / LAUNCHER, folder / LAUNCHER)
    (folder / SETTINGS).write_text(json.dumps(launch), encoding="utf-8")
    values = _short(spec, outputs, str(results))
    text = yaml.safe_dump(values) if launch.get("format") == "yaml" else json.dumps(values)
    config.write_text(text, encoding="utf-8")
    argv = [request.python, str(folder / LAUNCHER), str(config), str(results)]
    with log.open("wb") as out:
        code = _run(argv, out, results, request.dry_run_limit_s)
    said = log.read_text(encoding="utf-8", errors="replace")
    records = earlier_records(results, log, "")
    records += MetricsFiles(results, METRICS_FILE, from_start=True).new_records(ended=True)
    names = [key for record in records for key in record.kpi] + names_in(said)
    if code != 0 and not (code is None and names):
        limit = f"did not report anything within {request.dry_run_limit_s:g} s"
        tail = " | ".join(said.strip().splitlines()[-_SHOWN:]) or "it printed nothing"
        how = limit if code is None else f"failed (exit code {code})"
        raise InputError(f"the dry run {how}: {tail}; give --metric NAME:max or NAME:min")
    return names


def names_in(text: str) -> list[str]:
    """The names of all ``name: value`` in a log, in its order."""
    return [name for line in text.splitlines() for name in line_values(line)]


def _short(spec: Mapping[str, Any], outputs: list[str], results: str) -> dict[str, Any]:
    """The spec for one epoch, with its results in a folder."""
    made: dict[str, Any] = {}
    for key, value in flatten(spec).items():
        set_path(made, key, 1 if EPOCHS.search(key) and isinstance(value, int) else value)
    for key in outputs:
        set_path(made, key, results)
    return made


def _run(argv: list[str], out: Any, results: Path, limit_s: float) -> int | None:
    """Run a command in the current folder for a limited time; its exit code, None at the limit."""
    child = subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.STDOUT,
        env={**os.environ, **job_environment("dry-run", results)},
        start_new_session=True,
    )
    try:
        return child.wait(limit_s)
    except subprocess.TimeoutExpired:
        return None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
