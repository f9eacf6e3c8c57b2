"""Prints a line for each trial that ends while a run goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TextIO

from automl.cli.views.terminal import plain_line, screen_width
from automl.constants import RESOLUTION_SUFFIX, SE_SUFFIX, TrialState
from automl.search.samplers.failures import SamplerFailed
from automl.sweep.notice_log import log_notice
from automl.sweep.notices import (
    ConfirmBegun,
    EpochDone,
    LedgerMended,
    MetricAmbiguous,
    Notice,
    ProposalNotice,
    RefitBegun,
    StartMeasured,
    StudyMadeAnew,
    TrialEnded,
    TrialRetried,
    TrialStarted,
)
from automl.trial.faults import without_log
from automl.trial.objective import Objective

MAX_COLUMNS: Final = 120
_TINY: Final = 1e-3
_WHOLE: Final = 1e15


class ProgressLines:
    """Prints how trials end, and marks the best one so far."""

    def __init__(
        self,
        objective: Objective,
        trials: int | None,
        stream: TextIO | None = None,
        *,
        labels: Mapping[str, str] | None = None,
        epochs: bool = False,
        quiet: bool = False,
        ended: int = 0,
        best: float | None = None,
    ) -> None:
        """Make the printer of one run; nothing is printed yet.

        Args:
            objective: what is better.
            trials: the budget, None for none.
            stream: where to print; None for stdout at the time of each line.
            labels: dotted name -> short name of each parameter; None for the whole names.
            epochs: whether each epoch gets a line.
            quiet: whether only what went wrong, or is cut short, gets a line.
            ended, best: how many trials ended in earlier sessions of the run, and their best value.
        """
        self._objective = objective
        self._trials = trials
        self._labels = labels or {}
        self._epochs = epochs
        self._quiet = quiet
        self._stream = stream
        self._best = best
        self._ended = ended
        self._marks = True
        self._params: dict[int, str] = {}

    def __call__(self, event: Notice) -> None:
        """Print the line of a notice; one that has none is logged, for ``--verbose``."""
        line = self._line_of(event)
        if not line:
            log_notice(event)
        elif not self._quiet or _is_warning(event):
            print(line.rstrip(), file=self._stream, flush=True)

    def _line_of(self, event: Notice) -> str:
        """Count what ends, and return the line of a notice; empty where it has none."""
        match event:
            case TrialStarted():
                self._params[event.number] = format_params(event.params, self._labels)
            case ConfirmBegun() | RefitBegun():
                self._trials = self._ended + event.trials
                self._marks = isinstance(event, ConfirmBegun)
                return event.words
            case LedgerMended():
                return "note: the last line of ledger.jsonl was torn, and is cut off"
            case (
                ProposalNotice()
                | MetricAmbiguous()
                | SamplerFailed()
                | StartMeasured()
                | StudyMadeAnew()
            ):
                return f"note: {plain_line(event.words)}"
            case EpochDone() if self._epochs:
                return f"epoch {event.epoch}  {format_kpi(event.kpi)}"
            case TrialRetried():
                why = plain_line(without_log(event.failure))
                return f"trial {event.number:04d} runs again ({event.fault}): {why}"
            case TrialEnded():
                self._ended += 1
                return self._line(event)
        return ""

    def _line(self, event: TrialEnded) -> str:
        params = self._params.pop(event.number, "")  # it never ends twice
        total = f"/{self._trials}" if self._trials else ""
        head = f"[{self._ended}{total}] trial {event.number:04d} {event.state:<11}"
        if event.state == TrialState.FAILED:
            return f"{head} {plain_line(without_log(event.failure))}"
        mark = " "
        better = event.value is not None and self._objective.better(event.value, self._best)
        if self._marks and better:
            self._best, mark = event.value, "*"
        value = "" if event.value is None else f" {self._objective.metric} {event.value:.4f}{mark}"
        line = f"{head}{value} {event.seconds:6.1f} s  {params}"
        room = min(MAX_COLUMNS, screen_width())
        return line if len(line) <= room else line[: room - 1] + "…"


def _is_warning(event: Notice) -> bool:
    """Return whether something went wrong or is cut short, so that a quiet view shows it too."""
    if isinstance(event, TrialEnded):
        return event.state == TrialState.FAILED
    if isinstance(event, ProposalNotice | StartMeasured):
        return event.warns
    warnings = LedgerMended | MetricAmbiguous | SamplerFailed | StudyMadeAnew | TrialRetried
    return isinstance(event, warnings)


def format_value(value: object) -> str:
    """Return a parameter's value, a number with at most four digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def format_params(params: Mapping[str, object], labels: Mapping[str, str]) -> str:
    """Return parameters as ``name=value`` pairs, each by its short name."""
    pairs = (f"{labels.get(name, name)}={format_value(value)}" for name, value in params.items())
    return "  ".join(pairs)


def format_metric(value: float) -> str:
    """Return a metric: a whole number, four decimals, or an exponent for a tiny one."""
    if float(value).is_integer() and abs(value) < _WHOLE:
        return f"{value:.0f}"
    return f"{value:.4f}" if abs(value) >= _TINY else f"{value:.2e}"


def format_kpi(kpi: Mapping[str, float]) -> str:
    """Return metrics as ``name value`` pairs on one line."""
    return "  ".join(metric_pairs(kpi))


def metric_pairs(kpi: Mapping[str, float]) -> list[str]:
    """Return each metric as ``name value``, with its standard error where ``name_se`` is one.

    Standard errors and resolutions of other metrics have no text of their own.
    """
    beside = {f"{name}{suffix}" for name in kpi for suffix in (SE_SUFFIX, RESOLUTION_SUFFIX)}
    return [
        f"{name} {format_metric(value)}{_error(kpi.get(f'{name}{SE_SUFFIX}'))}"
        for name, value in kpi.items()
        if name not in beside
    ]


def _error(value: float | None) -> str:
    """Return a standard error as it stands behind its metric; 0 tells nothing and is left out."""
    return f" ± {format_metric(value)}" if value else ""
