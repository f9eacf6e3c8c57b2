"""Runs one trial: writes its spec, calls the trainer, and hands each epoch's metrics on."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automl.constants import LOG_FILE, SPEC_FILE, STATUS_FILE
from automl.set_aside import set_aside
from automl.spec.checkpoints import checkpoint_files, epoch_of, newest_checkpoint
from automl.spec.nested import get_path
from automl.trial.child.command import run_command
from automl.trial.child.log_metrics import OURS, metric_pattern
from automl.trial.child.reports import earlier_records
from automl.trial.child_start import child_start
from automl.trial.files.checkpoints import drop_checkpoints_from, resumable_checkpoint
from automl.trial.job import TrialJob, make_outputs, trial_id, write_config, write_spec
from automl.trial.measure import Call, forget_reports, is_trained, measure
from automl.trial.metric_watch import MetricWatch, OnEpoch, RecordedTrial, ReportLost
from automl.trial.mode import TrialMode
from automl.trial.resumption import resumption
from automl.trial.status_record import StatusRecord, TrainerStatus
from automl.trial.worker.entrypoint import call_entrypoint, load_entrypoint
from automl.trial.worker.gpu_share import limit_gpu_share, tell_gpu_share


@dataclass(frozen=True)
class Lineage:
    """From which trial a trial goes on, and at which epoch it ends (population based training).

    Attributes:
        parent: the trial from whose checkpoint it goes on; None to begin from nothing.
        until: the epoch, counted from 1, at which it ends with a checkpoint for others to go on
            from; None for a trial that trains all its epochs.
        reached: the last epoch that was recorded with the metric before it was cut short.
        recorded: what the run recorded of it before it was cut short.
    """

    parent: int | None = None
    until: int | None = None
    reached: int = 0
    recorded: RecordedTrial = RecordedTrial()  # noqa: RUF009  (frozen)


class EpochLimitReached(SystemExit):
    """Ends a trial at its last epoch; to the trainer it looks like a scheduler's stop."""


class EpochLimit:
    """Ends a member of a population at the first epoch from ``until`` on that has a checkpoint.

    It does nothing without ``until``.
    """

    def __init__(self, folder: Path, lineage: Lineage) -> None:
        """``folder``: the trial's."""
        self._folder = folder
        self._lineage = lineage
        self._noted = False
        self._last = 0

    @property
    def is_over(self) -> bool:
        """Whether the trial was cut short after its last epoch, with nothing left to do."""
        until = self._lineage.until
        return until is not None and self._lineage.reached >= until and self._has_checkpoint(until)

    def watch(
        self, on_epoch: Callable[[int, dict[str, float]], None], metric: str
    ) -> Callable[[int, dict[str, float]], None]:
        """Return ``on_epoch``, which then raises :class:`EpochLimitReached` at the last epoch.

        Only an epoch that reports ``metric`` can be the last.
        """

        def both(epoch: int, kpi: dict[str, float]) -> None:
            on_epoch(epoch, kpi)
            until = self._lineage.until
            if until is not None and epoch >= until and metric in kpi:
                self._last = epoch
                self._end(until)

        return both

    def trim(self) -> None:
        """Delete checkpoints newer than the last epoch, which a child process may save as it stops.

        Trials that go on from this one start after that epoch. Nothing is deleted unless a
        checkpoint of an epoch from ``until`` to that one stays.
        """
        last, until = self._last or self._lineage.reached, self._lineage.until
        files = checkpoint_files(self._folder) if until is not None else ()
        if any((until or 0) <= epoch_of(path) <= last for path in files):
            drop_checkpoints_from(self._folder, last + 1)

    def _has_checkpoint(self, until: int) -> bool:
        """Whether an undamaged checkpoint of that epoch or a later one is there."""
        checkpoint, _ = resumable_checkpoint(self._folder)
        if checkpoint is None:
            return False
        epoch = epoch_of(checkpoint)
        return epoch >= until or epoch == -1  # a name without an epoch: the trainer knows it

    def _end(self, until: int) -> None:
        if self._has_checkpoint(until):
            raise EpochLimitReached(0)
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
    on_unread: Callable[[str], None] = lambda words: None,
) -> None:
    """Run trial ``number`` of ``job`` and hand each finished epoch's metrics to ``on_epoch``.

    Args:
        job: what all trials of the run share.
        number: the trial's number, which names its folder.
        values: its parameters, dotted name -> value.
        on_epoch: called with (epochs finished, metrics); what it raises stops the trial.
        lineage: from which trial it goes on, and at which epoch it ends.
        call: how a Python entrypoint is called, unless the job runs a child process.
        on_unread: called, once at most, with what is said of a metric in the log that cannot be
            read for certain; the trial's log says it too.

    Raises:
        TrialError: the trainer failed, reported a metric that is not finite, or never the metric.
    """
    folder = job.folder(number)
    limit = EpochLimit(folder, lineage)
    if limit.is_over:
        limit.trim()
        return
    _clear_places(folder)
    spec = job.trial_spec(number, values, lineage.parent)
    if not lineage.recorded.starts and job.clear_other_trial(number, spec):
        spec = job.trial_spec(number, values, lineage.parent)
    write_spec(folder, spec)
    forget_reports(folder)
    seen = MetricWatch(
        (job.metric, *job.further),
        limit.watch(on_epoch, job.metric),
        due=job.metric_due if job.reports_metric else None,
        split=job.mode.is_child,
        recorded=lineage.recorded,
        on_unread=_noted(folder / LOG_FILE, on_unread),
    )
    with suppress(EpochLimitReached):
        if not _train(job, number, values, lineage, spec, seen, call) and seen.is_complete:
            return
    limit.trim()
    if job.is_measured:
        kpi = measure(job, number, spec, call)
        seen.take(StatusRecord(TrainerStatus.RUNNING, epoch=max(1, seen.last_epoch), kpi=kpi))
    if job.needs_metric:
        seen.check_complete()


def _train(
    job: TrialJob,
    number: int,
    values: Mapping[str, Any],
    lineage: Lineage,
    spec: Mapping[str, Any],
    seen: MetricWatch,
    call: Call,
) -> bool:
    """Train from where the trial was; return False if an earlier run of it trained all epochs."""
    folder = job.folder(number)
    earlier = _earlier_records(job, folder)
    seen.catch_up(earlier)
    if _is_trained(job, folder, spec, seen):
        if not seen.is_complete:  # its measurement is of the last epoch, which keeps what it has
            seen.catch_up(earlier, all_of_them=True)
        return False
    going_on = resumption(job, folder, spec, seen)
    seen.begin(resumes=newest_checkpoint(folder) is not None, is_lost=going_on.is_lost)
    with suppress(ReportLost):
        _run(job, number, spec, seen, call)
        if job.reports_metric and not seen.is_complete:
            seen.catch_up(earlier, all_of_them=True)
        going_on = going_on.ended(seen, needs_metric=job.reports_metric)
    if going_on.has_lost:
        drop_checkpoints_from(folder, going_on.due)
        spec = job.trial_spec(number, values, lineage.parent)
        write_spec(folder, spec)
        seen.begin(resumes=going_on.older)
        _run(job, number, spec, seen, call)
    return True


def _clear_places(folder: Path) -> None:
    """Set aside what is no folder in the place of the trial's, and no file in that of a file."""
    if os.path.lexists(folder) and not folder.is_dir():
        set_aside(folder)
    for path in (folder / name for name in (SPEC_FILE, STATUS_FILE, LOG_FILE)):
        if os.path.lexists(path) and not path.is_file():
            set_aside(path)


def _noted(log: Path, tell: Callable[[str], None]) -> Callable[[str], None]:
    """``tell``, which first adds the words to the log, unless an earlier run of the trial has."""

    def both(words: str) -> None:
        line = f"{OURS}{words}\n"
        with log.open("a+", errors="replace") as stream:
            stream.seek(0)
            if line not in stream:
                stream.write(line)
        tell(words)

    return both


def _earlier_records(job: TrialJob, folder: Path) -> list[StatusRecord]:
    """What the trial's files hold of earlier runs, which a killed driver may not have recorded."""
    log = folder / LOG_FILE
    if not job.mode.is_child:
        return earlier_records(folder, log, metric="")
    pattern = metric_pattern(job.pattern) if job.pattern else None
    return earlier_records(folder, log, job.read_metric, pattern)


def _is_trained(job: TrialJob, folder: Path, spec: Mapping[str, Any], seen: MetricWatch) -> bool:
    """Whether an earlier run of the trial trained all its epochs, so that nothing is left to do.

    Where it keeps checkpoints, one of its last epoch is there. A trial whose measurement began is.
    """
    if job.is_measured and not seen.is_complete:
        return is_trained(folder)
    epochs = get_path(spec, job.epochs_key, None) if job.epochs_key else None
    if type(epochs) is not int or not seen.is_complete or seen.last_epoch < epochs:
        return False
    checkpoint, damaged = resumable_checkpoint(folder)
    if checkpoint is None:
        return not damaged and not job.resume_keys
    return epoch_of(checkpoint) >= epochs or epoch_of(checkpoint) == -1


def _run(
    job: TrialJob, number: int, spec: Mapping[str, Any], seen: MetricWatch, call: Call
) -> None:
    """Run the action on ``spec``, in this process or as a child process."""
    folder = job.folder(number)
    log = folder / LOG_FILE
    execution = job.action.execution
    if not job.mode.is_child and execution is not None and execution.entrypoint:
        call(execution.entrypoint, job.skill_dir, spec, seen.take, log)
    else:
        config = write_config(folder, spec, job.action.config_format)
        make_outputs(job, number)
        pattern = metric_pattern(job.pattern) if job.pattern else None
        start = child_start(job, spec, config, folder, trial_id(number))
        run_command(
            start.argv, folder, log, seen.take, start.cwd,
            metric=job.read_metric, pattern=pattern, limits=job.limits,
            environment=start.environment, container=start.container, program=start.program,
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
    tell_gpu_share(job.gpus)
    if job.mode == TrialMode.IN_PROCESS:
        limit_gpu_share(job.gpus)
