"""What a finished run hands back to Python and to the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl.trial.objective import Objective

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class RunResult:
    """A run's folder and how it ended.

    Attributes:
        folder: the run's folder (plan, tables, trials, best).
        objective: what was optimised.
        status: ``done``, ``failed`` (no trial reached a metric) or ``interrupted``.
        message: why it failed, empty otherwise.
        best: the champion's row of the trial table, None without one.
        early: why it was enough before the budget was spent, empty otherwise.
    """

    folder: Path
    objective: Objective
    status: str
    message: str
    best: Mapping[str, Any] | None
    early: str = ""

    @property
    def trials(self) -> pd.DataFrame:
        """The trial table, one row per trial."""
        from automl.results.tables import load_trials

        return load_trials(self.folder)

    @property
    def epochs(self) -> pd.DataFrame:
        """The epoch table, one row per reported epoch."""
        from automl.results.tables import load_epochs

        return load_epochs(self.folder)
