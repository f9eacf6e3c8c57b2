"""What samplers learn of a trial: how it ended, its values, their error; and it reads back."""

import math
from pathlib import Path
from typing import Any

import optuna
import pytest

from automl.search.journal import SweepJournal, open_study
from automl.search.outcomes import record_end
from automl.search.samplers.diverged import with_diverged, worse_than_worst
from automl.search.trial_feedback import (
    CONSTRAINT,
    FeedbackKind,
    TrialFeedback,
    feedback_at_end,
    read_feedback,
)

FINISHED, DIVERGED, NO_INFORMATION = (
    FeedbackKind.FINISHED,
    FeedbackKind.DIVERGED,
    FeedbackKind.NO_INFORMATION,
)
CASES: dict[str, tuple[tuple[Any, ...], TrialFeedback]] = {
    "a value": (("finished", [0.5]), TrialFeedback(FINISHED, (0.5,))),
    "with its error": (("finished", [0.5], "", 0.1), TrialFeedback(FINISHED, (0.5,), 0.1)),
    "an error of none": (("finished", [0.5], "", 0.0), TrialFeedback(FINISHED, (0.5,), 0.0)),
    "an error that is none": (("finished", [0.5], "", math.nan), TrialFeedback(FINISHED, (0.5,))),
    "a negative error": (("finished", [0.5], "", -1.0), TrialFeedback(FINISHED, (0.5,))),
    "an infinite error": (("finished", [0.5], "", math.inf), TrialFeedback(FINISHED, (0.5,))),
    "no value": (("finished", [None]), TrialFeedback(NO_INFORMATION)),
    "not a number": (("finished", [math.nan]), TrialFeedback(DIVERGED)),
    "one of two": (("finished", [0.5, None]), TrialFeedback(NO_INFORMATION)),
    "two": (("finished", [0.5, 2.0]), TrialFeedback(FINISHED, (0.5, 2.0))),
    "stopped": (("stopped", [0.5]), TrialFeedback(FeedbackKind.STOPPED)),
    "stopped by the time budget": (
        ("stopped", [None], "unknown"),
        TrialFeedback(FeedbackKind.STOPPED),
    ),
    "diverged after a good epoch": (("failed", [0.9], "nan"), TrialFeedback(DIVERGED)),
    "out of memory": (("failed", [None], "out_of_memory"), TrialFeedback(FeedbackKind.INFEASIBLE)),
    "a fault nobody knows": (("failed", [0.9], "gremlins"), TrialFeedback(NO_INFORMATION)),
    "a lost worker": (("failed", [0.9], "infrastructure"), TrialFeedback(NO_INFORMATION)),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_told_reads_back_from_the_journal(tmp_path: Path, case: str) -> None:
    given, expected = CASES[case]
    assert feedback_at_end(*given) == expected
    path, ways = tmp_path / "study.journal", ["maximize", "minimize"][: len(given[1])]
    study = open_study(SweepJournal(path), "x", ways)
    trial = study.ask()
    record_end(study, trial.number, expected)
    record_end(study, trial.number, TrialFeedback(FeedbackKind.INFEASIBLE))  # too late
    (known,) = open_study(SweepJournal(path), "x", ways).trials
    assert read_feedback(known) == expected
    assert bool(known.user_attrs) == (expected.sd is not None or expected.kind is DIVERGED)
    assert (CONSTRAINT in known.constraints) == (expected.kind is FeedbackKind.INFEASIBLE)


def test_what_a_dead_driver_told_first_is_forgotten(tmp_path: Path) -> None:
    """It wrote that the trial diverged, not that it ended; it ran again and finished."""
    study = open_study(SweepJournal(tmp_path / "study.journal"), "x", ["minimize"])
    trial = study.ask()
    trial.set_user_attr("told", {"kind": "diverged", "sd": 3.0})
    record_end(study, trial.number, TrialFeedback(FINISHED, (0.5,)))
    assert read_feedback(study.trials[0]) == TrialFeedback(FINISHED, (0.5,))


@pytest.mark.parametrize(
    "values",
    [(0.0,), (0.5,), (-3.0, 5.0), (5e-324, 0.0), (1e30, -1e30), (2.8e32,), (1.0, 1.0 + 2e-16)],
)
def test_worse_than_the_worst(values: tuple[float, ...]) -> None:
    assert math.inf > worse_than_worst(values, minimize=True) > max(values)
    assert -math.inf < worse_than_worst(values, minimize=False) < min(values)


def test_diverged_trials_are_shown_as_the_worst_of_every_objective() -> None:
    study = optuna.create_study(directions=["minimize", "maximize"])
    assert with_diverged(study) is study
    for feedback in (TrialFeedback(DIVERGED), TrialFeedback(FINISHED, (1.0, 1.0))):
        assert with_diverged(study) is study
        record_end(study, study.ask().number, feedback)
    record_end(study, study.ask().number, TrialFeedback(FINISHED, (2.0, 3.0)))
    shown = [trial.values for trial in with_diverged(study).trials]
    assert shown == [[2.1, 0.8], [1.0, 1.0], [2.0, 3.0]]
    assert study.trials[0].values is None
