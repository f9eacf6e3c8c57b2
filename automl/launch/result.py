"""What a finished run hands back to Python and to the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl.constants import RunStatus
from automl.trial.objective import Objective

if TYPE_CHECKING:
    import pandas as pd

    from automl.results.confirmation import Confirmed


@dataclass(frozen=True)
class RunResult:
    """A run's folder and how it ended.

    Attributes:
        folder: the run's folder (plan, tables, trials, best).
        objective: what was optimised.
        status: ``done``, ``failed`` (no trial reached a metric) or ``interrupted``.
        message: why it failed, or what is left where only that was cut short; empty otherwise.
        best: the champion's row of the trial table, None without one.
        early: why it was enough before the budget was spent, empty otherwise.
        evaluation: what the skill's evaluate action says of a confirmed champion; None without.
        report: where the report of a sweep lies, or why there is none; empty for a direct run.
        further: what was optimised beside the objective, by which the champion was picked.
        outputs: the files and folders that a direct run wrote; empty for a sweep.
    """

    folder: Path
    objective: Objective
    status: str
    message: str
    best: Mapping[str, Any] | None
    early: str = ""
    evaluation: Evaluation | None = None
    report: str = ""
    further: tuple[Objective, ...] = ()
    outputs: tuple[Path, ...] = ()

    @property
    def confirmation(self) -> Sequence[Confirmed]:
        """The configurations that were trained again, the best mean first; empty without."""
        from automl.results.best import read_confirmation

        return read_confirmation(self.folder)

    @property
    def trials(self) -> pd.DataFrame:
        """The trial table, one row per trial."""
        from automl.results.tables import load_trials

        return load_trials(self.folder)

    @property
    def pareto(self) -> pd.DataFrame:
        """The trials that no other one beats in every objective, where there are several."""
        from automl.results.pareto import pareto_trials

        return pareto_trials(self.folder)

    @property
    def epochs(self) -> pd.DataFrame:
        """The epoch table, one row per reported epoch."""
        from automl.results.tables import load_epochs

        return load_epochs(self.folder)


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
