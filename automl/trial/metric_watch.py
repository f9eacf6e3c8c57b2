"""Numbers a trial's epochs, passes their metrics on, and says whether all needed ones came."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from automl.constants import Fault
from automl.errors import TrialError
from automl.skill.metric_names import meant_metric
from automl.trial.faults import UNREPORTED
from automl.trial.status_record import StatusRecord, TrainerStatus, check_metric

OnEpoch = Callable[[int, dict[str, float]], None]
IsLost = Callable[[int], bool]


@dataclass(frozen=True)
class RecordedTrial:
    """What the run's ledger holds of a trial that starts again.

    Attributes:
        last_epoch: the last epoch that it reported, 0 for none.
        metric_names: the metrics that it reported.
        starts: how often it started before.
        epoch_numbers: all epochs that it reported.
    """

    last_epoch: int = 0
    metric_names: frozenset[str] = frozenset()
    starts: int = 0
    epoch_numbers: tuple[int, ...] = ()


class ReportLost(SystemExit):
    """Stops a trial that resumed past an epoch whose report was lost.

    The trainer sees an ordinary stop.
    """


class MetricWatch:
    """Passes epochs on, and notes whether the metrics that the run needs were reported.

    Attributes:
        last_epoch: the last epoch reported, earlier runs of the trial included; 0 for none.
    """

    def __init__(
        self,
        metrics: Sequence[str],
        on_epoch: OnEpoch,
        *,
        due: int | None,
        split: bool,
        recorded: RecordedTrial = RecordedTrial(),  # noqa: B008  (frozen)
        on_unread: Callable[[str], None] = lambda words: None,
    ) -> None:
        """Begin where the ledger ends.

        Args:
            metrics: those that the run needs, its objective first.
            on_epoch: called with (epochs finished, metrics).
            due: epochs after which the first metric must have come; None for the trial's end.
            split: whether an epoch's metrics may come in several records or files, one perhaps
                only at the trial's end. Until then only a reported name that looks like a
                misspelling of the metric fails the trial.
            recorded: what the ledger holds of the trial.
            on_unread: called once, with what is said of the first value that cannot be read.
        """
        self.last_epoch = recorded.last_epoch
        self._due = due
        self._split = split
        self._numbered = False
        self._reported: set[int] = set()
        self._metrics = metrics
        self._on_epoch = on_epoch
        self._metric_names = set(recorded.metric_names)
        self._recorded = recorded
        self._latest: Mapping[str, float] = {}
        self._is_lost: IsLost | None = None
        self._on_unread = on_unread
        self._unread_told = False

    @property
    def is_complete(self) -> bool:
        """Whether every metric that the run needs was reported."""
        return self._metric_names.issuperset(self._metrics)

    @property
    def step(self) -> int | None:
        """How many epochs lie between two reports at least; None before the second report."""
        numbers = sorted({*self._recorded.epoch_numbers, *self._reported})
        return min((later - earlier for earlier, later in pairwise(numbers)), default=None)

    def begin(self, *, resumes: bool, is_lost: IsLost = lambda first: False) -> None:
        """Number the records that name no epoch: on from the last one where the trial ``resumes``.

        Else the trial starts over, and its first record is of epoch 1. ``is_lost`` says of the
        first epoch that it reports whether one before it is lost: then :class:`ReportLost` is
        raised in its place.
        """
        self._is_lost = is_lost
        if not resumes:
            self.last_epoch = 0
        self._latest, self._numbered = {}, False

    def catch_up(self, records: Sequence[StatusRecord], *, all_of_them: bool = False) -> None:
        """Pass on what an earlier run of the trial wrote and nobody recorded.

        Args:
            records: what its files hold, oldest first.
            all_of_them: also what was recorded, since the trial has nothing left to report.
        """
        if all_of_them:
            self.begin(resumes=False)
        for record in records if all_of_them else _unrecorded(records, self._recorded):
            self.take(record)

    def take(self, record: StatusRecord) -> None:
        """Pass on the record's metrics, if it has any that are new.

        A last record, of status SUCCESS, repeats metrics of the last epoch and may add some.
        """
        if record.unread and not self._unread_told:
            self._unread_told = True
            self._on_unread(record.unread)
        kpi = record.kpi
        if record.status == TrainerStatus.SUCCESS and record.epoch in (None, self.last_epoch):
            kpi = {name: value for name, value in kpi.items() if name not in self._latest}
            record = replace(record, epoch=max(1, self.last_epoch), kpi=kpi)
        if not kpi or record.status == TrainerStatus.FAILURE:
            return
        for metric in self._metrics:
            check_metric(record, metric)
        self._metric_names.update(kpi)
        epoch = self._epoch_of(record)
        self._check_order(epoch)
        self._count(epoch, kpi)
        whole = len(self._reported) - (1 if self._split else 0)
        if self._due is not None and whole >= self._due and (not self._split or self._is_slip()):
            self._check_first()
        self._on_epoch(epoch, dict(kpi))

    def _epoch_of(self, record: StatusRecord) -> int:
        """The record's epoch; one without belongs to the last that was named, if one ever was."""
        if record.epoch is not None:
            self._numbered = True
            return record.epoch
        return self.last_epoch if self._numbered else self.last_epoch + 1

    def _check_order(self, epoch: int) -> None:
        is_lost, self._is_lost = self._is_lost, None
        if is_lost is not None and is_lost(epoch):
            raise ReportLost(0)

    def _count(self, epoch: int, kpi: Mapping[str, float]) -> None:
        """Count an epoch, which may be an earlier one that is reported late."""
        self._reported.add(epoch)
        if epoch > self.last_epoch:
            self.last_epoch, self._latest = epoch, {}
        if epoch == self.last_epoch:
            self._latest = {**self._latest, **kpi}

    def _is_slip(self) -> bool:
        """Whether the metric looks like a reported one misspelt; ``val_loss`` is not ``loss``."""
        metric = self._metrics[0]
        meant = meant_metric(metric, self._metric_names, sure=False)
        return meant is not None and meant not in metric and metric not in meant

    def _check_first(self) -> None:
        """Raise TrialError if the first metric, which the skill does not know, has not come."""
        if self._metrics[0] not in self._metric_names:
            names = ", ".join(sorted(self._metric_names)) or "nothing"
            meant = meant_metric(self._metrics[0], self._metric_names, sure=False)
            hint = f"; did you mean {meant}?" if meant else ""
            words = f"{UNREPORTED} {self._metrics[0]}; it reports: {names}{hint}"
            raise TrialError(words, fault=Fault.BUG)

    def check_complete(self) -> None:
        """Raise TrialError if a metric was never reported."""
        if self._due is not None:
            self._check_first()
        for metric in self._metrics:
            if metric not in self._metric_names:
                names = ", ".join(sorted(self._metric_names)) or "nothing"
                words = f"metric {metric} was never reported; reported: {names}"
                raise TrialError(words, fault=Fault.BUG)


def _unrecorded(records: Sequence[StatusRecord], recorded: RecordedTrial) -> list[StatusRecord]:
    """Return the records of the latest earlier run that the ledger does not hold.

    Records without an epoch are counted, which only tells where a trial ran once before.
    """
    latest: list[StatusRecord] = []
    epoch, numbered = 0, False
    for record in records:
        if not record.kpi or record.status == TrainerStatus.FAILURE:
            continue
        numbered = numbered or record.epoch is not None
        if not numbered and recorded.starts > 1:
            return []
        last = numbered or record.status == TrainerStatus.SUCCESS
        number = record.epoch if record.epoch is not None else max(1, epoch) if last else epoch + 1
        latest = [] if number < epoch else latest
        epoch = number
        if number > recorded.last_epoch:
            latest.append(replace(record, epoch=number))
    return latest
