"""``automl trials`` on runs without trials, several runs, and runs that cannot be compared."""

import json
from pathlib import Path

import pytest
import yaml

from automl.cli.main import run_command_line
from automl.trial.ledger import Ledger


def _run(folder: Path, scores: tuple[float, ...], metric: str = "score") -> str:
    folder.mkdir()
    plan = {"metric": metric, "direction": "maximize", "trials": 5}
    (folder / "plan.yaml").write_text(yaml.safe_dump(plan))
    ledger = Ledger(folder / "ledger.jsonl")
    for number, score in enumerate(scores):
        ledger.start(number, "default", {"train.lr": 0.1})
        ledger.epoch(number, 1, {metric: score})
        ledger.end(number, "finished")
    return str(folder)


def test_runs_without_trials(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = _run(tmp_path / "one", ()), _run(tmp_path / "two", ())
    for runs in ([one], [one, two]):
        assert run_command_line(["trials", *runs]) == 0
        assert capsys.readouterr().out == "no trial has started\n"
        assert run_command_line(["trials", *runs, "--format", "json"]) == 0
        assert json.loads(capsys.readouterr().out) == []
        assert run_command_line(["trials", *runs, "--format", "csv"]) == 0
        capsys.readouterr()


def test_several_runs_are_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = [_run(tmp_path / "one", (0.5,)), _run(tmp_path / "two", (0.75,))]
    assert run_command_line(["trials", *runs, _run(tmp_path / "none", ())]) == 0
    header, _, first, second = capsys.readouterr().out.splitlines()[-4:]
    assert header.split()[0] == "run"
    assert first.split()[:2] == ["two", "0000"]
    assert second.split()[:2] == ["one", "0000"]


def test_runs_that_optimise_different_things(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [_run(tmp_path / "one", (0.5,)), _run(tmp_path / "two", (0.75,), metric="mAP")]
    assert run_command_line(["trials", *runs]) == 2
    complaint = capsys.readouterr().err
    assert "optimise different things" in complaint
    assert f"{runs[1]}: maximize mAP" in complaint
    assert run_command_line(["trials", *runs, "--format", "csv"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
