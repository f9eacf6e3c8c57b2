"""The plain lines of a run: what happens to the whole of it."""

import io
import logging

import pytest

from automl.cli.views.progress_lines import ProgressLines
from automl.search.samplers.failures import SamplerFailed
from automl.sweep.notices import (
    ConfirmBegun,
    EpochDone,
    LedgerMended,
    MetricAmbiguous,
    Notice,
    TrialEnded,
    TrialStarted,
)
from automl.trial.objective import Objective


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (ConfirmBegun(6), "confirming: 6 trainings with fresh seeds"),
        (LedgerMended(), "note: the last line of ledger.jsonl was torn, and is cut off"),
        (MetricAmbiguous(3, "score cannot be read"), "note: trial 0003: score cannot be read"),
        (
            SamplerFailed("gp", "ValueError: xa=0", "tpe"),
            "note: sampler gp failed (ValueError: xa=0): tpe proposes instead",
        ),
    ],
)
def test_a_line_for_what_concerns_the_run(event: Notice, line: str) -> None:
    stream = io.StringIO()
    ProgressLines(Objective("score", "maximize"), 10, stream)(event)
    assert stream.getvalue() == line + "\n"


def test_a_quiet_view_shows_what_went_wrong_alone() -> None:
    stream = io.StringIO()
    show = ProgressLines(Objective("score", "maximize"), 3, stream, quiet=True)
    show(TrialStarted(0, "default", {"lr": 0.1}))
    show(TrialEnded(0, "finished", 0.5, "", 1.0))
    show(TrialEnded(1, "failed", None, "OSError: no room", 1.0, "storage"))
    show(ConfirmBegun(6))
    assert stream.getvalue() == "[2/3] trial 0001 failed      OSError: no room\n"


def test_what_has_no_line_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "automl")
    stream = io.StringIO()
    lines = ProgressLines(Objective("score", "maximize"), 10, stream, labels={"train.lr": "lr"})
    lines(TrialStarted(3, "search", {"train.lr": 0.1}))
    lines(EpochDone(3, 1, {"score": 0.5}))
    assert stream.getvalue() == ""
    assert [record.levelname for record in caplog.records] == ["INFO", "DEBUG"]
    lines(TrialEnded(3, "failed", None, "\x1b[31mit broke\x1b[0m\nbadly", 2.0, "bug"))
    lines(TrialStarted(4, "search", {"train.lr": 0.1}))
    lines(TrialEnded(4, "finished", 0.5, "", 2.0))
    failed, finished = stream.getvalue().splitlines()
    assert failed == "[1/10] trial 0003 failed      it broke badly"
    assert finished.endswith("lr=0.1")
    assert len(caplog.records) == 3
