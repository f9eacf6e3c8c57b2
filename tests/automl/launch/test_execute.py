"""Whole runs of the bowl skill: direct ones in this process, sweeps on a real local Ray."""

import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import ray
import yaml

import automl
from automl import errors as automl_errors
from automl.launch import execute
from automl.launch.plan import Plan, make_plan
from automl.launch.plan_codec import save_plan
from automl.launch.request import RunRequest
from automl.launch.result import RunResult
from automl.launch.running import finish
from automl.launch.running.driver_lock import only_driver
from automl.sweep.cluster.background import BackgroundRay
from automl.trial.ledger.writer import Ledger, read_ledger


@pytest.fixture
def run(bowl: Path, data: Path, tmp_path: Path) -> Any:
    def start(name: str = "run", **options: Any) -> RunResult:
        return automl.run(skill_dir=bowl, data=str(data), output=tmp_path / name, **options)

    return start


def test_a_direct_run_has_a_runs_layout(run: Any, tmp_path: Path) -> None:
    result = run(policy="off")
    assert result.status == "done"
    assert sorted(path.name for path in (tmp_path / "run").glob("[!.]*")) == [
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


def test_a_run_is_done_once_all_of_it_is_written(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(folder: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(finish, "write_tables", killed)
    with pytest.raises(KeyboardInterrupt):
        run(policy="off")
    assert (tmp_path / "run" / "best").exists()
    assert read_ledger(tmp_path / "run" / "ledger.jsonl")[-1].kind == "end"


def test_a_sweep_stores_why_it_failed(
    bowl: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(plan: Plan, *_: Any) -> RunResult:
        (plan.output / "plan.yaml").touch()
        Ledger(plan.output / "ledger.jsonl").session()
        raise automl_errors.RunError("it broke")

    monkeypatch.setattr(execute, "_sweep", broken)
    monkeypatch.setattr(BackgroundRay, "begin", lambda self: None)
    there = tmp_path / "there"
    with pytest.raises(automl_errors.RunError, match="it broke"):
        automl.run(
            skill_dir=bowl, data=str(data), output=tmp_path / "run", storage=f"file://{there}"
        )
    found = read_ledger(there / "run" / "ledger.jsonl")
    assert [event.kind for event in found] == ["session", "closed"]
    assert found == read_ledger(tmp_path / "run" / "ledger.jsonl")


@pytest.mark.usefixtures("shared_ray")
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
    assert result.report == str(tmp_path / "run" / "report.html")
    assert "trial 0000" in (tmp_path / "run" / "report.html").read_text()


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
def test_the_same_seed_suggests_the_same(run: Any) -> None:
    columns = ["param.train.lr", "param.train.momentum", "param.train.kind"]
    first, again, other = (
        run(name, trials=6, seed=seed, max_concurrent=1).trials[columns]
        for name, seed in (("a", 5), ("b", 5), ("c", 6))
    )
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
def test_a_minimised_metric_goes_down(run: Any) -> None:
    result = run(trials=10, metric="train_loss", max_concurrent=1)
    table = result.trials
    assert result.best["train_loss"] == table["train_loss"].min() < table.loc[0, "train_loss"]


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
def test_failed_trials_are_recorded_and_end_nothing(run: Any) -> None:
    result = run(trials=8, seed=2, max_concurrent=1, overrides=["fault=crash-low"])
    table = result.trials
    low = table["param.train.momentum"] < 0.5
    assert low.any()
    assert (table.loc[low, "state"] == "failed").all()
    assert (table.loc[low, "failure"] == "RuntimeError: the bowl broke").all()
    assert (table.loc[~low, "state"] == "finished").all()
    assert result.status == "done"


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
def test_a_hopeless_sweep_ends_early(run: Any) -> None:
    result = run(trials=30, max_concurrent=1, algorithm="random", overrides=["fault=nan"])
    assert result.status == "failed"
    cause, tail = result.message.split("\n", 1)
    assert cause == "the first 3 trials all failed: metric score is nan at epoch 1"
    assert tail == "last lines of trials/0002/log.txt:\n  training of 0002"
    assert set(result.trials["fault"]) == {"nan"}
    assert len(result.trials) == 3


@pytest.mark.usefixtures("shared_ray")
@pytest.mark.slow
def test_the_driver_keeps_nothing_in_rays_store(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where that store dies, Ray ends the process that looks for its objects, without a word."""
    stored: list[Any] = []
    monkeypatch.setattr(ray, "put", stored.append)
    assert len(run(trials=1).trials) == 1
    assert not stored


@pytest.mark.usefixtures("shared_ray")
@pytest.mark.slow
def test_more_trials_for_a_finished_sweep(run: Any, tmp_path: Path, bowl: Path) -> None:
    run(trials=3, max_concurrent=1)
    result = automl.resume(tmp_path / "run", add_trials=2)
    assert list(result.trials["number"]) == list(range(5))
    with (bowl / "references" / "spec_template_train.yaml").open("a") as stream:
        stream.write("# changed\n")
    with pytest.raises(automl_errors.InputError, match="changed since the run"):
        automl.resume(tmp_path / "run", add_trials=1)
    assert automl.resume(tmp_path / "run").status == "done"  # it has nothing to do with the skill


def test_a_second_driver_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    words = rf"in use by process {os.getpid()} on .* since"
    with (
        only_driver(tmp_path / "run"),
        pytest.raises(automl_errors.InputError, match=words),
        only_driver(tmp_path / "run"),
    ):
        pass
    assert not (tmp_path / "run").exists()


def test_a_folder_that_cannot_be_made() -> None:
    folder = Path("/dev/null/x")
    with pytest.raises(automl_errors.InputError, match="cannot be made"), only_driver(folder):
        pass


def test_a_direct_run_that_is_done_is_returned_as_it_is(run: Any, tmp_path: Path) -> None:
    first = run(policy="off")
    again = automl.resume(tmp_path / "run")
    assert (again.status, again.best) == (first.status, first.best)
    assert len(again.run.events) == len(first.run.events)


def test_a_sweep_that_is_stuck_at_a_dead_ray_tells_its_result(
    bowl: Path, data: Path, tmp_path: Path
) -> None:
    plan = make_plan(RunRequest(skill_dir=bowl, data=str(data), trials=1, output=tmp_path / "run"))
    trial = plan.output / "trials" / "0000"
    trial.mkdir(parents=True)
    (trial / "spec.yaml").write_text("{}")
    save_plan(plan, {})
    ledger = Ledger(plan.output / "ledger.jsonl")
    ledger.session(host="here", pid=1)
    assert plan.space is not None
    ledger.start(0, "default", plan.space.defaults(plan.spec))
    ledger.epoch(0, 1, {"score": 0.5})
    ledger.end(0, "finished")
    told: list[RunResult] = []
    execute._finish_stuck(plan, told.append, ledger, "Ray died")
    (result,) = told
    assert (result.status, result.message) == ("failed", "Ray died")
    assert (plan.output / "best").is_dir()
