"""What a finished run hands back to Python and to the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl.constants import RunStatus
from automl.results.run import Run
from automl.trial.objective import Objective

if TYPE_CHECKING:
    import pandas as pd

    from automl.results.champion.confirmation import Confirmed


@dataclass(frozen=True)
class RunResult:
    """A run and how it ended.

    Attributes:
        run: the run, read back from its folder.
        status: ``done``, ``failed`` (no trial reached a metric) or ``interrupted``.
        message: why it failed, or which step after the last trial was cut short; else empty.
        early: why the run ended before its budget was spent; empty otherwise.
        evaluation: what the skill's evaluate action says of a confirmed champion; None without.
        report: where the report of a sweep lies, or why there is none; empty for a direct run.
        outputs: the files and folders that a direct run wrote; empty for a sweep.
    """

    run: Run
    status: str
    message: str = ""
    early: str = ""
    evaluation: Evaluation | None = None
    report: str = ""
    outputs: tuple[Path, ...] = ()

    @property
    def folder(self) -> Path:
        """The run's folder (plan, tables, trials, best)."""
        return self.run.folder

    @property
    def objective(self) -> Objective:
        """What was optimised."""
        return self.run.objective

    @property
    def further(self) -> tuple[Objective, ...]:
        """The further objectives; :attr:`objective` alone picks the champion."""
        return self.run.objectives[1:]

    @property
    def best(self) -> Mapping[str, Any] | None:
        """The champion's parameters and the metrics of its best epoch; None without one."""
        return self.run.champion_reported

    @property
    def confirmation(self) -> Sequence[Confirmed]:
        """The configurations that were trained again, the best mean first; empty without."""
        return self.run.confirmation

    @property
    def trials(self) -> pd.DataFrame:
        """The trial table, one row per trial, as :func:`automl.load_trials` gives it."""
        from automl.results.tables import trials_of_result

        return trials_of_result(self.run)

    @property
    def pareto(self) -> pd.DataFrame:
        """The trials that no other one beats in every objective, where there are several."""
        from automl.results.pareto import pareto_trials

        return pareto_trials(self.run)

    @property
    def epochs(self) -> pd.DataFrame:
        """The epoch table, one row per reported epoch, as :func:`automl.load_epochs` gives it."""
        from automl.results.tables import epochs_of_result

        return epochs_of_result(self.run)


@dataclass(frozen=True)
class Evaluation:
    """What evaluating the champion gave.

    Attributes:
        folder: the evaluation's own run folder.
        metrics: name -> value; empty where it failed.
        failure: why it failed, or ``interrupted``; empty otherwise.
    """

    folder: Path
    metrics: dict[str, float] = field(default_factory=dict)
    failure: str = ""

    @property
    def interrupted(self) -> bool:
        """Whether it was cut short; ``--resume`` of its run evaluates again."""
        return self.failure == RunStatus.INTERRUPTED
