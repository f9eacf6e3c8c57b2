"""Runs one trial: writes its spec, calls the trainer, and hands each epoch's metrics on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automl.constants import LOG_FILE, Fault
from automl.errors import TrialError
from automl.skill.metric_names import meant_metric
from automl.spec.checkpoints import epoch_of
from automl.trial.child.command import run_command
from automl.trial.child.log_metrics import metric_pattern
from automl.trial.child.program import (
    BIN,
    fill_placeholders,
    find_program,
    job_environment,
    script_paths,
)
from automl.trial.faults import UNREPORTED
from automl.trial.files.checkpoints import resumable_checkpoint
from automl.trial.job import TrialJob, make_outputs, trial_id, write_config, write_spec
from automl.trial.mode import TrialMode
from automl.trial.status_record import Report, StatusRecord, check_metric
from automl.trial.worker.entrypoint import call_entrypoint, load_entrypoint
from automl.trial.worker.gpu_share import limit_gpu_share, tell_gpu_share

OnEpoch = Callable[[int, dict[str, float]], None]
Call = Callable[[str, Path, Mapping[str, Any], Report, Path], None]


@dataclass(frozen=True)
class Lineage:
    """From which trial a trial goes on, and at which epoch it ends (population based training).

    Attributes:
        parent: the trial from whose checkpoint it goes on; None to begin from nothing.
        until: the epoch, counted from 1, at which it ends with a checkpoint for others to go on
            from; None for a trial that trains all its epochs.
        reached: the last epoch that was recorded before it was cut short.
    """

    parent: int | None = None
    until: int | None = None
    reached: int = 0


class IntervalOver(SystemExit):
    """Ends a trial at its last epoch; to the trainer it looks like a scheduler's stop."""


class Interval:
    """Ends a trial at its last epoch, or at the first one after it that has a checkpoint."""

    def __init__(self, folder: Path, lineage: Lineage) -> None:
        """``folder``: the trial's."""
        self._folder = folder
        self._lineage = lineage
        self._noted = False

    @property
    def is_over(self) -> bool:
        """Whether the trial was cut short after its last epoch, with nothing left to do."""
        until = self._lineage.until
        return until is not None and self._lineage.reached >= until and self._has_checkpoint(until)

    def watch(
        self, on_epoch: Callable[[int, dict[str, float]], None], metric: str
    ) -> Callable[[int, dict[str, float]], None]:
        """Return ``on_epoch``, which then raises :class:`IntervalOver` at the last epoch.

        Only an epoch that reports ``metric`` can be the last.
        """

        def both(epoch: int, kpi: dict[str, float]) -> None:
            on_epoch(epoch, kpi)
            until = self._lineage.until
            if until is not None and epoch >= until and metric in kpi:
                self._end(until)

        return both

    def _has_checkpoint(self, until: int) -> bool:
        """Whether an undamaged checkpoint of that epoch or a later one is there."""
        checkpoint, _ = resumable_checkpoint(self._folder)
        if checkpoint is None:
            return False
        epoch = epoch_of(checkpoint)
        return epoch >= until or epoch == -1  # a name without an epoch: the trainer knows it

    def _end(self, until: int) -> None:
        if self._has_checkpoint(until):
            raise IntervalOver(0)
        if not self._noted:
            self._noted = True
            with (self._folder / LOG_FILE).open("a") as log:
                log.write(f"automl: no checkpoint of epoch {until} yet: the trial runs on\n")


def run_trial(
    job: TrialJob,
    number: int,
    values: Mapping[str, Any],
    on_epoch: OnEpoch,
    lineage: Lineage = Lineage(),  # noqa: B008  (frozen)
    call: Call = call_entrypoint,
) -> None:
    """Run trial ``number`` of ``job`` and hand each finished epoch's metrics to ``on_epoch``.

    Args:
        job: what all trials of the run share.
        number: the trial's number, which names its folder.
        values: its parameters, dotted name -> value.
        on_epoch: called with (epochs finished, metrics); what it raises stops the trial.
        lineage: from which trial it goes on, and at which epoch it ends.
        call: how a Python entrypoint is called, unless the job runs a child process.

    Raises:
        TrialError: the trainer failed, reported a metric that is not finite, or never the metric.
    """
    folder = job.folder(number)
    interval = Interval(folder, lineage)
    if interval.is_over:
        return
    spec = job.trial_spec(number, values, lineage.parent)
    write_spec(folder, spec)
    seen = _MetricWatch(
        (job.metric, *job.further),
        interval.watch(on_epoch, job.metric),
        due=job.doubtful if job.needs_metric else None,
        split=job.mode == TrialMode.CHILD,
    )
    with suppress(IntervalOver):
        _run(job, number, spec, seen, call)
    if job.needs_metric:
        seen.check_complete()


def _run(
    job: TrialJob, number: int, spec: Mapping[str, Any], seen: _MetricWatch, call: Call
) -> None:
    """Run the action on ``spec``, in this process or as a child process."""
    folder = job.folder(number)
    log = folder / LOG_FILE
    execution = job.action.execution
    if job.mode != TrialMode.CHILD and execution is not None and execution.entrypoint:
        call(execution.entrypoint, job.skill_dir, spec, seen.take, log)
    else:
        config = write_config(folder, spec, job.action.config_format)
        make_outputs(job, number)
        argv, cwd = command_line(job, config, folder, trial_id(number))
        pattern = metric_pattern(job.pattern) if job.pattern else None
        run_command(
            argv, folder, log, seen.take, cwd,
            metric=job.metric, pattern=pattern, limits=job.limits,
            environment=job_environment(trial_id(number), folder, job.venv),
        )  # fmt: skip


def prepare(job: TrialJob) -> None:
    """Import the entrypoint before a trial starts, so that this does not count as its time.

    Raises:
        SkillError: it cannot be imported.
    """
    execution = job.action.execution
    if job.mode == TrialMode.IN_PROCESS and execution is not None and execution.entrypoint:
        load_entrypoint(execution.entrypoint, job.skill_dir)


def share_gpu(job: TrialJob) -> None:
    """Limit a trial to its share of a GPU, in this process or in the child that it starts."""
    tell_gpu_share(job.gpu_share)
    if job.mode == TrialMode.IN_PROCESS:
        limit_gpu_share(job.gpu_share)


def command_line(
    job: TrialJob, config_path: Path, results_dir: Path, job_id: str
) -> tuple[list[str], Path]:
    """Return the argv list and working directory of an action that runs as a child process."""
    filled = {
        "config_path": str(config_path),
        "results_dir": str(results_dir),
        "job_id": job_id,
    }
    execution = job.action.execution
    if execution is not None and execution.script:
        script, cwd = script_paths(execution, job.skill_dir)
        python = str(job.venv / BIN / "python") if job.venv else sys.executable
        argv = [python, str(script), *execution.args]
    else:
        cwd = Path.cwd()
        program, *words = job.action.command
        argv = [find_program(program, job.venv) or program, *words]
    return fill_placeholders(argv, filled), cwd


class _MetricWatch:
    """Passes epochs on, and notes whether the metrics that the run needs were reported.

    ``due``: epochs after which the first metric must have come; None for the trial's end.
    ``split``: an epoch's metrics may come in several records and from several files, one of which
    may be written at the trial's end: only a name that looks like the metric misspelt tells before.
    """

    def __init__(
        self, metrics: Sequence[str], on_epoch: OnEpoch, *, due: int | None, split: bool
    ) -> None:
        self._due = due
        self._split = split
        self._numbered = False
        self._reported: set[int] = set()
        self._metrics = metrics
        self._on_epoch = on_epoch
        self._names: set[str] = set()
        self._epochs = 0

    def take(self, record: StatusRecord) -> None:
        """Pass on the record's metrics, if it has any that are new."""
        repeated = record.status == "SUCCESS" and record.epoch in (None, self._epochs)
        if not record.kpi or record.status == "FAILURE" or (repeated and self._names):
            return
        for metric in self._metrics:
            check_metric(record, metric)
        self._names.update(record.kpi)
        epoch = self._epoch_of(record)
        self._epochs = max(self._epochs, epoch)  # an earlier one is reported late
        self._reported.add(epoch)
        whole = len(self._reported) - (1 if self._split else 0)
        if self._due is not None and whole >= self._due and (not self._split or self._is_slip()):
            self._check_first()
        self._on_epoch(epoch, record.kpi)

    def _epoch_of(self, record: StatusRecord) -> int:
        """The record's epoch; one without belongs to the last that was named, if one ever was."""
        if record.epoch is not None:
            self._numbered = True
            return record.epoch
        return self._epochs if self._numbered else self._epochs + 1

    def _is_slip(self) -> bool:
        """Whether the metric looks like a reported one misspelt; ``val_loss`` is not ``loss``."""
        metric = self._metrics[0]
        meant = meant_metric(metric, self._names, sure=False)
        return meant is not None and meant not in metric and metric not in meant

    def _check_first(self) -> None:
        """Raise TrialError if the first metric, which the skill does not know, has not come."""
        if self._metrics[0] not in self._names:
            names = ", ".join(sorted(self._names)) or "nothing"
            meant = meant_metric(self._metrics[0], self._names, sure=False)
            hint = f"; did you mean {meant}?" if meant else ""
            words = f"{UNREPORTED} {self._metrics[0]}; it reports: {names}{hint}"
            raise TrialError(words, fault=Fault.BUG)

    def check_complete(self) -> None:
        """Raise TrialError if a metric was never reported."""
        if self._due is not None:
            self._check_first()
        for metric in self._metrics:
            if metric not in self._names:
                names = ", ".join(sorted(self._names)) or "nothing"
                words = f"metric {metric} was never reported; reported: {names}"
                raise TrialError(words, fault=Fault.BUG)
