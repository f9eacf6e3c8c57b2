"""The dtypes of tables: the same in every run, whatever its trials happened to hold."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

import automl
from automl.results.run import Run
from automl.results.table.columns import column, stack
from automl.results.tables import write_tables
from automl.trial.ledger.writer import Ledger

SPACE = {
    "parameters": [
        {"name": "lr", "kind": "float", "choices": None},
        {"name": "batch", "kind": "int", "choices": None},
        {"name": "steps", "kind": "milestones", "choices": None},
        {"name": "flip", "kind": "choice", "choices": [True, False]},
        {"name": "decay", "kind": "choice", "choices": [0.5, "auto"]},
    ]
}
PARAMS = {"lr": 1, "batch": 8, "steps": [3, 5], "flip": True, "decay": 0.5}
DTYPES = {
    "run": "string",
    "trial_id": "string",
    "number": "Int64",
    "state": "string",
    "source": "string",
    "score": "float64",
    "best_epoch": "Int64",
    "param.lr": "float64",
    "param.batch": "Int64",
    "param.steps": "object",
    "param.flip": "boolean",
    "param.decay": "string",
    "epochs": "Int64",
    "time_s": "float64",
    "start": "datetime64[us, UTC]",
    "end": "datetime64[us, UTC]",
    "host": "string",
    "gpu_count": "float64",
    "failure": "string",
    "fault": "string",
    "changed": "string",
}


def _run(folder: Path, params: list[dict[str, Any]]) -> Path:
    folder.mkdir()
    plan = {"metric": "score", "direction": "maximize", "trials": 3, "space": SPACE}
    (folder / "plan.yaml").write_text(yaml.safe_dump(plan))
    ledger = Ledger(folder / "ledger.jsonl")
    ledger.session()
    for number, values in enumerate(params):
        ledger.start(number, "search", values, number)
        ledger.epoch(number, 1, {"score": 1})
        ledger.end(number, "finished", host="here", gpu_count=1)
    return folder


@pytest.mark.parametrize("params", [[], [PARAMS], [PARAMS, {**PARAMS, "flip": None}]])
def test_dtypes_do_not_depend_on_the_trials(tmp_path: Path, params: list[dict[str, Any]]) -> None:
    folder = _run(tmp_path / "run", params)
    computed = automl.load_trials(folder)
    write_tables(Run(folder))
    for frame in (computed, automl.load_trials(folder)):
        assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == DTYPES
        assert list(frame.columns) == list(DTYPES)
        assert len(frame) == len(params)


def test_epochs_of_a_run_without_trials(tmp_path: Path) -> None:
    epochs = automl.load_epochs(_run(tmp_path / "run", []))
    assert {name: str(dtype) for name, dtype in epochs.dtypes.items()} == {
        "run": "string",
        "trial_id": "string",
        "number": "Int64",
        "epoch": "Int64",
        "time_s": "float64",
        "score": "float64",
    }


def test_runs_of_different_spaces_are_stacked(tmp_path: Path) -> None:
    one = _run(tmp_path / "one", [PARAMS])
    (tmp_path / "deep").mkdir()
    other = _run(tmp_path / "deep" / "one", [{"lr": 0.5, "new": "x"}, {"lr": 0.5}])
    frame = automl.load_trials([one, other, one])
    assert list(frame["run"]) == [f"{tmp_path.name}/one", "deep/one", "deep/one"]
    assert frame["param.batch"].dtype == "Int64"
    assert list(frame["param.batch"].isna()) == [False, True, True]
    assert list(frame["param.new"].fillna("-")) == ["-", "x", "-"]
    assert list(frame.columns).index("param.new") < list(frame.columns).index("epochs")


def test_columns_of_different_types_become_text_or_numbers() -> None:
    whole, part = pd.DataFrame({"a": column("param.a", [1])}), pd.DataFrame({"a": [0.5]})
    text, empty = pd.DataFrame({"a": column("param.a", ["x"])}), pd.DataFrame({"a": [None]})
    assert list(stack([whole, part])["a"]) == [1.0, 0.5]
    assert list(stack([whole, text])["a"]) == ["1", "x"]
    assert stack([empty, whole])["a"].dtype == "Int64"
