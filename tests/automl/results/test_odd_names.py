"""Metrics that are called like columns, huge numbers and odd texts: all tables and views hold."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

import automl
from automl.cli.main import run_command_line
from automl.results.run import Run
from automl.results.tables import trial_table, write_tables
from automl.trial.ledger.writer import Ledger
from automl.trial.objective import metric_column

NAMES = [
    "run", "state", "number", "time_s", "best_epoch", "param.x", "param.lr", "kpi.state",
    "kpi.kpi.run", "kpi.param.x", "epoch", "trial_id", "kpi.", "param.", "kpi.loss", "a b", "é",
]  # fmt: skip


def test_no_two_metrics_share_a_column() -> None:
    names = [f"{prefix}{name}" for name in NAMES for prefix in ("", "kpi.", "kpi.kpi.", "param.")]
    assert len({metric_column(name) for name in names}) == len(set(names))
    assert [metric_column(name) for name in ("score", "kpi.loss")] == ["score", "kpi.loss"]
    assert [metric_column(name) for name in ("run", "param.x")] == ["kpi.run", "kpi.param.x"]


def _run(folder: Path, metric: str, kpi: dict[str, float], params: list[Any]) -> Path:
    folder.mkdir()
    plan = {"metric": metric, "direction": "maximize", "trials": 3, "skill": {}, "seed": 1}
    further = [{"metric": "loss", "direction": "minimize"}]
    plan |= {"further": further, "spec": {}, "versions": {}}
    (folder / "plan.yaml").write_text(yaml.safe_dump(plan))
    ledger = Ledger(folder / "ledger.jsonl")
    for number, value in enumerate(params):
        ledger.start(number, "search", {"lr": value, "x": number}, number)
        ledger.epoch(number, 1, {metric: 0.5 + number / 10, "loss": 1.0, **kpi})
        ledger.end(number, "finished")
    ledger.closed("done")
    return folder


@pytest.mark.parametrize("metric", NAMES)
def test_a_metric_of_any_name_is_the_objective(
    tmp_path: Path, metric: str, capsys: pytest.CaptureFixture[str]
) -> None:
    others = {name: 0.25 for name in NAMES if name != metric}
    run = _run(tmp_path / "one", metric, others, [0.1, 0.2])
    other = _run(tmp_path / "two", metric, others, [0.1, 0.2])
    write_tables(Run(run))
    column = metric_column(metric)
    for trials in (automl.load_trials(run), automl.load_trials([run, other])):
        assert list(trials[column])[:2] == [0.5, 0.6]
        assert list(trials["state"])[:2] == ["finished"] * 2
        assert list(trials["param.x"])[:2] == [0, 1]
        assert set(map(metric_column, others)) <= set(trials.columns)
    assert list(automl.load_epochs([run, other])[column]) == [0.5, 0.6] * 2
    assert (Run(run).champion or {})["number"] == 1
    commands = [["trials"], ["trials", "--pareto"], ["trials", "--columns", column], ["report"],
                ["status"], ["trials", "--epochs", "--format", "json"]]  # fmt: skip
    for name, *more in commands:
        assert run_command_line([name, str(run), *more]) == 0
    for name, *more in (["compare"], ["trials", "--columns", "all"]):
        assert run_command_line([name, str(run), str(other), *more]) == 0
    capsys.readouterr()
    assert run_command_line(["status", str(run), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["best"][column] == 0.6


@pytest.mark.parametrize(
    "params",
    [
        [10**309, 1], [10**309, 0.5], [-(10**400), "a"], [2**63, 2**62], [True, 1], [True, "a"],
        [None, [1]], [{"a": 1}, 3], [[], {}], [float("nan"), 1], [float("inf"), "x"], [1, 1.5],
        ["\ud800", "b"], ["", None], [[["\udcff"]], 2],
    ],
    ids=repr,
)  # fmt: skip
def test_parameters_of_any_mixture_are_written(
    tmp_path: Path, params: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    run = _run(tmp_path / "run", "score", {"far": float("inf"), "odd": float("nan")}, params)
    write_tables(Run(run))
    read = automl.load_trials(run)
    assert len(read) == len(params)
    table = pd.read_parquet(run / "trials.parquet")
    pd.testing.assert_frame_equal(trial_table([Run(run)]), table)
    for form in ("csv", "json", "jsonl", "parquet", "xlsx", "markdown", "tsv"):
        words = ["trials", str(run), "--format", form, "--output", str(tmp_path / "file")]
        assert run_command_line(words) == 0
    for command in ("trials", "report", "status", "compare"):
        assert run_command_line([command, str(run)]) == 0


def test_failures_with_bytes_that_are_no_text_are_written(tmp_path: Path) -> None:
    run = _run(tmp_path / "run", "score", {}, [0.1])
    ledger = Ledger(run / "ledger.jsonl")
    ledger.start(1, "search", {"lr": 0.1, "x": 1}, 1)
    ledger.end(1, "failed", "no such file: '/data/\udcff.jpg'", host="h\udc80st")
    write_tables(Run(run))
    assert "/data/" in automl.load_trials(run)["failure"][1]
