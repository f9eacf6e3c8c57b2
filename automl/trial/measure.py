"""Measures a trained trial by a command of the user's, which prints ``name: value`` lines."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Final

from automl.constants import LOG_FILE, SPEC_FILE, Fault
from automl.errors import TrialError
from automl.trial.child.command import run_command
from automl.trial.child.program import fill_placeholders, find_program, job_environment
from automl.trial.job import TrialJob, trial_id
from automl.trial.number_text import read_number

PREFIX: Final = "evaluate."
FOLDER: Final = "evaluation"
_LINE: Final = re.compile(r"\s*([A-Za-z_][\w./@-]*)\s*:\s*(\S+)\s*")


def measure(job: TrialJob, number: int) -> dict[str, float]:
    """Run the job's evaluation command on trial ``number``; return what it prints by name.

    Each name gets ``evaluate.`` in front, so that it is none of the trainer's metrics. The command
    gets the trial's folder as ``{results_dir}``, else as its last argument; what it prints is in
    ``evaluation/log.txt`` below that.

    Raises:
        TrialError: it fails, or prints no value; the reason begins with ``evaluation``.
    """
    folder = job.folder(number)
    place = folder / FOLDER
    place.mkdir(exist_ok=True)
    log = place / LOG_FILE
    log.unlink(missing_ok=True)
    argv = evaluation_argv(job.eval_command or "", folder)
    program, *words = argv
    environment = job_environment(trial_id(number), folder, job.venv)
    try:
        run_command(
            [find_program(program, job.venv) or program, *words], place, log, lambda record: None,
            Path.cwd(), limits=job.limits, environment=environment,
        )  # fmt: skip
    except TrialError as error:
        raise TrialError(f"evaluation: {error}", fault=error.fault) from error
    found = _values(log.read_text(errors="replace"))
    if not found:
        said = f"evaluation: {program} printed no line such as `accuracy: 0.9`"
        raise TrialError(said, fault=Fault.BUG)
    return found


def evaluation_argv(command: str, folder: Path) -> list[str]:
    """Return the words of an evaluation command for the trial in ``folder``; no shell reads them.

    Raises:
        ValueError: a quote is not closed.
    """
    words = shlex.split(command)
    filled = {"results_dir": str(folder), "config_path": str(folder / SPEC_FILE)}
    named = any("{results_dir}" in word or "{config_path}" in word for word in words)
    return fill_placeholders(words if named else [*words, "{results_dir}"], filled)


def _values(printed: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for line in printed.splitlines():
        match = _LINE.fullmatch(line)
        value = _number(match[2]) if match else None
        if match and value is not None:
            found[f"{PREFIX}{match[1]}"] = value
    return found


def _number(text: str) -> float | None:
    try:
        return read_number(text)
    except ValueError:
        return None
