"""``automl status`` on runs that go on, died, or are done."""

import json
import os
from pathlib import Path

import pytest
import yaml

from automl.cli.main import run_command_line
from automl.launch.lock import only_driver
from automl.trial.ledger import Ledger


@pytest.fixture
def run(tmp_path: Path) -> Path:
    plan = {"metric": "score", "direction": "maximize", "trials": 5}
    (tmp_path / "plan.yaml").write_text(yaml.safe_dump(plan))
    ledger = Ledger(tmp_path / "ledger.jsonl")
    for number, score in enumerate((0.25, 0.75, 0.5)):
        ledger.start(number, "default" if number == 0 else "search", {"train.lr": 0.1 * number})
        ledger.epoch(number, 1, {"score": score})
    ledger.end(0, "finished")
    ledger.end(1, "finished")
    return tmp_path


def test_a_dead_run_says_how_to_go_on(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["status", str(run)]) == 0
    printed = capsys.readouterr().out
    assert "2 of 5 ended (2 finished, 1 running)" in printed
    assert "under way  trial 0002, 1 epochs" in printed
    assert "best       trial 0001  score 0.7500  (defaults: 0.2500)" in printed
    assert f"automl run --resume {run}" in printed


def test_a_running_run_names_its_driver(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with only_driver(run):
        run_command_line(["status", str(run), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert told["driver"].startswith(f"process {os.getpid()} on ")
    assert told["best"]["trial_id"] == "0001"
    assert told["under_way"] == {"0002": 1}


def test_no_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["status", str(tmp_path)]) == 2
    assert "is no run's folder" in capsys.readouterr().err
