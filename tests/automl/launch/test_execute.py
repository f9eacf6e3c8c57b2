"""Whole runs of the bowl skill: direct ones in this process, sweeps on a real local Ray."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

import automl
from automl.launch.result import RunResult


@pytest.fixture
def run(bowl: Path, data: Path, tmp_path: Path) -> Any:
    def start(name: str = "run", **options: Any) -> RunResult:
        return automl.run(skill_dir=bowl, data=str(data), output=tmp_path / name, **options)

    return start


def test_a_direct_run_has_a_runs_layout(run: Any, tmp_path: Path) -> None:
    result = run(policy="off")
    assert result.status == "done"
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == [
        "best", "epochs.parquet", "ledger.jsonl", "plan.yaml", "trials", "trials.parquet",
    ]  # fmt: skip
    assert (tmp_path / "run" / "best" / "model_epoch_003_step_00001.pth").exists()
    assert list(result.trials["source"]) == ["default"]
    assert list(result.epochs["epoch"]) == [1, 2, 3]


def test_a_failed_direct_run_says_why(run: Any) -> None:
    result = run(policy="off", overrides=["fault=crash"])
    assert (result.status, result.message) == ("failed", "RuntimeError: the bowl broke")
    assert result.trials.loc[0, "failure"] == "RuntimeError: the bowl broke"
    assert result.best is None


@pytest.mark.slow
def test_a_sweep_finds_a_better_champion(run: Any, tmp_path: Path) -> None:
    result = run(trials=12, seed=3, max_concurrent=1)
    table = automl.load_trials(tmp_path / "run")
    pd.testing.assert_frame_equal(table, result.trials)
    assert list(table["number"]) == list(range(12))
    assert list(table["source"]) == ["default"] + ["search"] * 11
    assert set(table["state"]) == {"finished"}
    searched = ["param.train.lr", "param.train.momentum", "param.train.kind"]
    assert table.loc[0, searched].to_list() == [0.1, 0.5, "round"]
    assert result.best["score"] == table["score"].max() > table.loc[0, "score"]
    spec = yaml.safe_load((tmp_path / "run" / "best" / "spec.yaml").read_text())
    assert spec["train"]["lr"] == result.best["param.train.lr"]
    checkpoints = sorted((tmp_path / "run" / "trials").rglob("*.pth"))
    assert {path.parent.name for path in checkpoints} == {result.best["trial_id"]}


@pytest.mark.slow
def test_the_same_seed_suggests_the_same(run: Any) -> None:
    columns = ["param.train.lr", "param.train.momentum", "param.train.kind"]
    first, again, other = (
        run(name, trials=8, seed=seed, max_concurrent=1).trials[columns]
        for name, seed in (("a", 5), ("b", 5), ("c", 6))
    )
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


@pytest.mark.slow
def test_a_minimised_metric_goes_down(run: Any) -> None:
    result = run(trials=10, metric="train_loss", max_concurrent=1)
    table = result.trials
    assert result.best["train_loss"] == table["train_loss"].min() < table.loc[0, "train_loss"]


@pytest.mark.slow
def test_failed_trials_are_recorded_and_end_nothing(run: Any) -> None:
    result = run(trials=8, seed=2, overrides=["fault=crash-low"])
    table = result.trials
    low = table["param.train.momentum"] < 0.5
    assert low.any()
    assert (table.loc[low, "state"] == "failed").all()
    assert (table.loc[low, "failure"] == "RuntimeError: the bowl broke").all()
    assert (table.loc[~low, "state"] == "finished").all()
    assert result.status == "done"


@pytest.mark.slow
def test_a_hopeless_sweep_ends_early(run: Any) -> None:
    result = run(trials=30, max_concurrent=1, overrides=["fault=nan"])
    assert result.status == "failed"
    assert result.message == "the first 3 trials all failed: metric score is nan at epoch 1"
    assert len(result.trials) == 3


@pytest.mark.slow
def test_ctrl_c_keeps_what_finished(bowl: Path, data: Path, tmp_path: Path) -> None:
    output = tmp_path / "run"
    command = [sys.executable, "-m", "automl", "run", "--skill-dir", str(bowl), "--data", str(data)]
    command += ["--output", str(output), "--trials", "50", "--set", "fault=sleep", "--json"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ.copy())
    ledger = output / "ledger.jsonl"
    deadline = time.monotonic() + 120
    while not (ledger.exists() and '"state": "finished"' in ledger.read_text()):
        assert child.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.2)
    child.send_signal(signal.SIGINT)
    printed, _ = child.communicate(timeout=120)
    assert child.returncode == 130
    assert json.loads(printed)["status"] == "interrupted"
    table = automl.load_trials(output)
    assert set(table["state"]) == {"finished", "interrupted"}
    assert (output / "best" / "spec.yaml").exists()
