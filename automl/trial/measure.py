"""Measures a trained trial: by the skill's own action, or by a command of the user's.

Both work in ``evaluation/`` of the trial's folder. A hidden file there tells a trial that starts
again that its training is over.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from automl.constants import LOG_FILE, MEASURED_PREFIX, SPEC_FILE, STATUS_FILE, Fault
from automl.errors import TrialError
from automl.trial.child.command import run_command
from automl.trial.child.files import files_named
from automl.trial.child.program import fill_placeholders, find_program, job_environment
from automl.trial.child.reports import BEST_FILE, METRICS_FILE
from automl.trial.child_start import child_start
from automl.trial.evaluation import TrialEvaluation
from automl.trial.files.checkpoints import resumable_checkpoint
from automl.trial.job import TrialJob, make_outputs_in, trial_id, write_config
from automl.trial.number_text import read_number
from automl.trial.status_record import Report, StatusRecord
from automl.trial.worker.torch_state import free_gpu_memory

FOLDER: Final = "evaluation"
_TRAINED: Final = ".trained"
_LINE: Final = re.compile(r"\s*([A-Za-z_][\w./@-]*)\s*:\s*(\S+)\s*")


Call = Callable[[str, Path, Mapping[str, Any], Report, Path], None]


def measure(job: TrialJob, number: int, spec: Mapping[str, Any], call: Call) -> dict[str, float]:
    """Measure trial ``number``, which is trained; return what was measured by name.

    Each name gets ``evaluate.`` in front, so that it is none of the trainer's metrics.

    Args:
        job: whose action or command measures.
        number: the trial's.
        spec: what it was trained with.
        call: how a Python entrypoint is called.

    Raises:
        TrialError: the measurement fails, or gives no value; the reason begins with ``evaluation``.
    """
    place = job.folder(number) / FOLDER
    place.mkdir(exist_ok=True)
    (place / _TRAINED).touch()
    forget_reports(job.folder(number))
    log = place / LOG_FILE
    log.unlink(missing_ok=True)
    with _named():
        if job.evaluation is None:
            found = _by_command(job, number, place)
        else:
            found = _by_action(job, job.evaluation, number, place, spec, call)
    return {f"{MEASURED_PREFIX}{name}": value for name, value in found.items()}


def is_trained(folder: Path) -> bool:
    """Return whether the training of the trial in ``folder`` is over and its measurement began."""
    return (folder / FOLDER / _TRAINED).is_file()


def forget_reports(folder: Path) -> None:
    """Delete what an earlier measurement of the trial in ``folder`` reported.

    Files of that kind are where its trainer's reports are looked for, too.
    """
    for name in (STATUS_FILE, METRICS_FILE, BEST_FILE):
        for path in files_named(folder / FOLDER, name):
            path.unlink(missing_ok=True)


@contextmanager
def _named() -> Iterator[None]:
    """Put ``evaluation`` in front of the reason of a failure."""
    try:
        yield
    except TrialError as error:
        raise TrialError(f"evaluation: {error}", fault=error.fault) from error


def _by_action(
    job: TrialJob,
    evaluation: TrialEvaluation,
    number: int,
    place: Path,
    trained: Mapping[str, Any],
    call: Call,
) -> dict[str, float]:
    """Run the skill's action on the checkpoint with which the trial's training ended."""
    checkpoint, _ = resumable_checkpoint(job.folder(number))
    action = evaluation.action
    if checkpoint is None:
        said = f"the trial left no checkpoint that {action.name} could measure"
        raise TrialError(said, fault=Fault.DATA)
    spec = evaluation.spec_for(checkpoint, trained, place)
    config = write_config(place, spec, action.config_format)
    make_outputs_in(place, action, evaluation.placed)
    found: dict[str, float] = {}

    def take(record: StatusRecord) -> None:
        found.update(record.kpi)

    execution, log = action.execution, place / LOG_FILE
    if execution is not None and execution.entrypoint and not _is_child(job, evaluation):
        call(execution.entrypoint, job.skill_dir, spec, take, log)
    else:
        free_gpu_memory()
        own = replace(
            job, action=action, container=evaluation.container, sources=evaluation.sources
        )
        start = child_start(own, spec, config, place, f"{trial_id(number)}-{action.name}")
        run_command(
            start.argv, place, log, take, start.cwd, metric=evaluation.metric, limits=job.limits,
            environment=start.environment, container=start.container, program=start.program,
        )  # fmt: skip
        found = {**_further(job, log), **found}
    if evaluation.metric not in found:
        names = ", ".join(sorted(found)) or "nothing"
        said = f"{action.name} never reported {evaluation.metric}; it reports: {names}"
        raise TrialError(said, fault=Fault.BUG)
    return found


def _further(job: TrialJob, log: Path) -> dict[str, float]:
    """Return the further metrics that an action prints, each on a line as ``name: value``."""
    printed = _values(log.read_text(errors="replace"))
    names = (name.removeprefix(MEASURED_PREFIX) for name in job.further)
    return {name: printed[name] for name in names if name in printed}


def _is_child(job: TrialJob, evaluation: TrialEvaluation) -> bool:
    """Whether an action that has an entrypoint, too, runs its command all the same."""
    can = bool(evaluation.action.command)
    return evaluation.container is not None or (can and job.mode.is_child)


def _by_command(job: TrialJob, number: int, place: Path) -> dict[str, float]:
    """Run the user's command.

    It gets the trial's folder as ``{results_dir}``, else as its last argument; what it prints is in
    the log.
    """
    folder, log = job.folder(number), place / LOG_FILE
    program, *words = evaluation_argv(job.eval_command or "", folder)
    environment = job_environment(trial_id(number), folder, job.venv)
    run_command(
        [find_program(program, job.venv) or program, *words], place, log, lambda record: None,
        Path.cwd(), limits=job.limits, environment=environment,
    )  # fmt: skip
    found = _values(log.read_text(errors="replace"))
    if not found:
        said = f"{program} printed no line such as `accuracy: 0.9`"
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
            found[match[1]] = value
    return found


def _number(text: str) -> float | None:
    try:
        return read_number(text)
    except ValueError:
        return None
