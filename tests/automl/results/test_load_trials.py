"""What pandas users get: the run's name, lists as lists, short names, intervals."""

from pathlib import Path

import pytest
from odd_runs import write_run

import automl
from automl.trial.ledger.writer import Ledger


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = write_run(tmp_path / "first", 1)
    ledger = Ledger(folder / "ledger.jsonl")
    for number, steps in ((1, [2, 5]), (2, [3])):
        ledger.start(number, "search", {"optim.steps": steps, "optim.note": "[half"}, number)
        ledger.epoch(number, 1, {"score": 0.5})
        ledger.end(number, "finished")
    return folder


def test_a_run_alone_has_its_name_too(run: Path) -> None:
    trials, epochs = automl.load_trials(run), automl.load_epochs(run)
    assert set(trials["run"]) == set(epochs["run"]) == {"first"}
    assert trials.columns[0] == epochs.columns[0] == "run"


def test_lists_are_lists_and_text_is_text(run: Path) -> None:
    trials = automl.load_trials(run)
    assert list(trials["param.optim.steps"][1:]) == [[2, 5], [3]]
    assert trials["param.optim.steps"][0] is None
    assert list(trials["param.optim.note"][1:]) == ["[half", "[half"]


def test_short_names_on_request(run: Path) -> None:
    short = automl.load_trials(run, short_names=True)
    assert {"steps", "note", "score", "trial_id"} <= set(short.columns)
    assert not any(name.startswith("param.") for name in short.columns)
