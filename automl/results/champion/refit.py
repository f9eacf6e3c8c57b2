"""Champion and defaults, trained again on all training data after a search with a holdout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from automl.constants import (
    COL_NUMBER,
    COL_SOURCE,
    FINAL_FOLDER,
    LEDGER_FILE,
    TRIALS_FOLDER,
    TrialSource,
    TrialState,
)
from automl.results.champion.confirmation import baseline_of, configuration
from automl.results.champion.final_test import final_test_of
from automl.results.run import Run
from automl.results.table.rows import best_row, params_of
from automl.spec.checkpoints import epoch_of
from automl.trial.files.checkpoints import resumable_checkpoint
from automl.trial.history import TrialHistory
from automl.trial.job import trial_id


@dataclass(frozen=True)
class Refit:
    """One configuration that is trained again: by which values, and how far it is.

    Attributes:
        source: ``default`` for the defaults.
        params: the values that it was searched with, without a confirmation's seed.
        changed: spec keys that its trial overrode, such as parts of a batch for want of memory.
        history: its training; None while none has begun.
    """

    source: str
    params: Mapping[str, Any]
    changed: Mapping[str, Any] = field(default_factory=dict)
    history: TrialHistory | None = None

    @property
    def is_over(self) -> bool:
        """Whether its training needs nothing more."""
        return self.history is not None and self.history.is_over

    @property
    def failure(self) -> str:
        """Why its training failed; empty where it did not."""
        end = self.history.end if self.history else None
        failed = end is not None and end.state != TrialState.FINISHED and self.is_over
        return (end.failure or str(end.state)) if end is not None and failed else ""

    def folder(self, run: Path) -> Path:
        """Return the folder of its training, which has begun, in the folder of the run."""
        assert self.history is not None
        return run / FINAL_FOLDER / TRIALS_FOLDER / trial_id(self.history.number)

    def checkpoint(self, run: Path) -> Path | None:
        """Return the checkpoint of its last epoch; None unless it was trained to the end."""
        if not self.is_over or self.failure:
            return None
        return resumable_checkpoint(self.folder(run))[0]


def refits_of(run: Run) -> tuple[Refit, ...]:
    """Return what is trained again at the end of a run: the champion, then the defaults.

    They are one where the defaults are kept. Nothing is where the plan says so, or without a
    champion.
    """
    plan, decision = final_test_of(run.plan), run.decision
    if plan is None or not plan.refit or decision is None:
        return ()
    baseline = run.baseline if decision.defaults is not None else None
    rows = [decision.row, *([baseline] if baseline else [])]
    found = {configuration(_params(row, run), ""): row for row in reversed(rows)}
    begun = {configuration(h.start.params, ""): h for h in _histories(run.folder)}
    refits = {key: _refit(row, run, begun.get(key)) for key, row in found.items()}
    return tuple(reversed(refits.values()))


def whole_refits(run: Run) -> tuple[tuple[Refit, Path], ...]:
    """Return the champion and the defaults with their checkpoints; empty unless all have one.

    Only then are they handed over and compared: both were trained on the same data.
    """
    found = [(refit, refit.checkpoint(run.folder)) for refit in refits_of(run)]
    whole = tuple((refit, path) for refit, path in found if path is not None)
    return whole if len(whole) == len(found) else ()


def refit_facts(refit: Refit, checkpoint: Path, run: Run) -> dict[str, Any]:
    """Return what the provenance says of a checkpoint that was trained on all data."""
    assert refit.history is not None
    return {
        "folder": str(refit.folder(run.folder).relative_to(run.folder)),
        "number": refit.history.number,
        "epoch": epoch_of(checkpoint),
        "note": "trained again on all training data; its last epoch, chosen by no metric",
    }


def defaults_folder(run: Run) -> Path | None:
    """Return the folder of a run or trial whose checkpoint stands for the defaults.

    It is the run's own where its champion is the defaults, and None where they have no value.
    """
    decision, baseline = run.decision, run.baseline
    if decision is None or baseline is None or decision.defaults is None:
        return None
    if _params(decision.row, run) == _params(baseline, run):
        return run.folder
    whole = whole_refits(run)
    if whole:
        return whole[-1][0].folder(run.folder)
    line = baseline_of(run.confirmation)
    row = best_row(line.runs, run.objective) if line else baseline
    return run.folder / TRIALS_FOLDER / trial_id((row or baseline)[COL_NUMBER])


def _refit(row: Mapping[str, Any], run: Run, history: TrialHistory | None) -> Refit:
    changed = {each.number: each.changed for each in run.histories}.get(row[COL_NUMBER], {})
    default = run.baseline is not None and _params(row, run) == _params(run.baseline, run)
    source = TrialSource.DEFAULT if default else TrialSource.SEARCH
    return Refit(source, _params(row, run), changed, history)


def _params(row: Mapping[str, Any], run: Run) -> dict[str, Any]:
    """The values of a trial; the seed of a confirming training is not one of them."""
    seed = run.confirm.seed_key if run.confirm and row[COL_SOURCE] == TrialSource.CONFIRM else None
    return {name: value for name, value in params_of(row).items() if name != seed}


def _histories(folder: Path) -> list[TrialHistory]:
    final = folder / FINAL_FOLDER
    return Run(final).histories if (final / LEDGER_FILE).is_file() else []
