"""Tables of odd runs: mixed choices, huge integers, champions whose best epoch was not saved."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

import automl
from automl.launch.result import RunResult
from automl.results.champion.best_folder import write_best
from automl.results.run import Run
from automl.results.tables import write_tables
from automl.trial.ledger.writer import Ledger


def _run(folder: Path, values: list[Any]) -> None:
    plan = {"metric": "score", "direction": "maximize", "trials": 3, "skill": {}, "seed": 1}
    (folder / "plan.yaml").write_text(yaml.safe_dump({**plan, "versions": {}}))
    ledger = Ledger(folder / "ledger.jsonl")
    for number, value in enumerate(values):
        ledger.start(number, "search", {"kind": value}, number)
        ledger.epoch(number, 1, {"score": 0.5 + number / 10})
        ledger.epoch(number, 2, {"score": 0.1})
        ledger.end(number, "finished")
        trial = folder / "trials" / f"{number:04d}"
        trial.mkdir(parents=True)
        (trial / "spec.yaml").write_text("{}")
        (trial / "model_epoch_002.pth").write_bytes(b"weights")


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (["round", 1, True], ['"round"', "1", "true"]),
        ([0.5, "auto", None], ["0.5", '"auto"', None]),
        ([2**70, 1, 2], [str(2**70), "1", "2"]),
        ([[1, 2], [3], []], [[1, 2], [3], []]),
        ([1, 2.5, 3], [1.0, 2.5, 3.0]),
    ],
)
def test_any_choice_survives_parquet(tmp_path: Path, values: list[Any], told: list[Any]) -> None:
    _run(tmp_path, values)
    write_tables(Run(tmp_path))
    column = automl.load_trials(tmp_path)["param.kind"]
    assert [
        value if isinstance(value, list) or pd.notna(value) else None for value in column
    ] == told


def test_a_result_has_the_tables_that_are_loaded_later(tmp_path: Path) -> None:
    _run(tmp_path, [[1, 2], [3], []])
    result = RunResult(Run(tmp_path), "done")
    pd.testing.assert_frame_equal(result.trials, automl.load_trials(tmp_path))
    pd.testing.assert_frame_equal(result.epochs, automl.load_epochs(tmp_path))
    assert list(result.trials["param.kind"]) == [[1, 2], [3], []]


def test_best_tells_what_its_checkpoint_reached(tmp_path: Path) -> None:
    _run(tmp_path, ["a", "b", "c"])
    run = Run(tmp_path)
    write_best(run)
    row = run.champion
    assert row is not None
    assert (row["number"], row["score"], row["best_epoch"]) == (2, 0.7, 1)
    facts = yaml.safe_load((tmp_path / "best" / "provenance.yaml").read_text())
    assert (facts["checkpoint"], facts["checkpoint_value"]) == ("model_epoch_002.pth", 0.1)
    write_best(Run(tmp_path))
    assert (tmp_path / "best" / "model_epoch_002.pth").read_bytes() == b"weights"
