"""What a run cost: search, confirmation, trainings on all data and evaluations together."""

from pathlib import Path

import pytest
import yaml

import automl
from automl.results.champion.cost import cost_of
from automl.results.run import Run
from automl.trial.ledger.events import (
    EndEvent,
    EpochEvent,
    LedgerEvent,
    SessionEvent,
    StartEvent,
    encode_event,
)


def write(folder: Path, sources: list[str]) -> Path:
    """Write a run whose trials take an hour each, one after the other, on two GPUs."""
    folder.mkdir(parents=True)
    plan = {"metric": "score", "direction": "maximize"}
    (folder / "plan.yaml").write_text(yaml.safe_dump(plan))
    events: list[LedgerEvent] = [SessionEvent(0.0)]
    for number, source in enumerate(sources):
        start = 3600.0 * number
        events += [
            StartEvent(start, number, number, source, {"lr": number}),
            EpochEvent(start, number, 1, {"score": 0.5}),
            EndEvent(start + 3600, number, "finished", gpu_count=2),
        ]
    (folder / "ledger.jsonl").write_text("".join(encode_event(event) + "\n" for event in events))
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write(tmp_path / "run", ["default", "search", "search", "confirm", "confirm"])


def test_a_search_costs_its_trials_and_fresh_trainings(run: Path) -> None:
    found = cost_of(Run(run))
    assert found.words == "3 trials and 2 fresh trainings"
    assert (found.seconds, found.gpu_seconds) == (5 * 3600, 10 * 3600)


def test_what_follows_for_the_champion_is_counted_too(run: Path) -> None:
    write(run / "final", ["search", "default"])
    write(run / "best" / "evaluate", ["default"])
    write(run / "best" / "evaluate-defaults", ["default"])
    found = cost_of(Run(run))
    assert found.words == ("3 trials, 2 fresh trainings, 2 trainings on all data and 2 evaluations")
    assert (found.seconds, found.gpu_seconds) == (9 * 3600, 18 * 3600)
    (row,) = automl.compare(run).to_dict("records")
    assert (row["hours"], row["gpu_hours"]) == (9, 18)


@pytest.mark.parametrize("name", ["plan.yaml", "ledger.jsonl"])
def test_what_cannot_be_read_is_not_counted(run: Path, name: str) -> None:
    evaluation = write(run / "best" / "evaluate", ["default"])
    (evaluation / name).write_text("{")
    assert cost_of(Run(run)).words == "3 trials and 2 fresh trainings"


def test_one_of_each_is_said_as_one(tmp_path: Path) -> None:
    assert cost_of(Run(write(tmp_path / "run", ["default"]))).words == "1 trial"
    assert cost_of(Run(write(tmp_path / "none", []))).words == "no trial"
