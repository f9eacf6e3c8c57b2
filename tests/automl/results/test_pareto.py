"""Which trials no other one beats in everything, against the definition spelled out."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from automl.errors import InputError
from automl.results.pareto import not_dominated, pareto_trials
from automl.results.run import Run
from automl.trial.ledger.writer import Ledger
from automl.trial.objective import Objective

OBJECTIVES = (Objective("score", "maximize"), Objective("cost", "minimize"))
_VALUES = st.one_of(st.none(), st.just(float("nan")), st.integers(0, 4).map(float))
_ROWS = st.fixed_dictionaries(
    {"state": st.sampled_from(["finished", "failed"]), "score": _VALUES, "cost": _VALUES}
)


@given(st.lists(_ROWS, max_size=12))
def test_every_trial_left_out_is_beaten_and_no_other(rows: list[dict[str, Any]]) -> None:
    kept = not_dominated(rows, OBJECTIVES)
    for place, row in enumerate(rows):
        counts = row["state"] == "finished" and all(
            row[name] is not None and row[name] == row[name] for name in ("score", "cost")
        )
        beaten = counts and any(
            other["score"] >= row["score"]
            and other["cost"] <= row["cost"]
            and (other["score"], other["cost"]) != (row["score"], row["cost"])
            for other in rows
            if other["state"] == "finished" and None not in (other["score"], other["cost"])
        )
        assert (place in kept) == (counts and not beaten)


def test_the_best_of_the_first_objective_comes_first(tmp_path: Path) -> None:
    plan = {
        "metric": "score", "direction": "maximize", "space": None,
        "further": [{"metric": "cost", "direction": "minimize"}],
    }  # fmt: skip
    (tmp_path / "plan.yaml").write_text(yaml.safe_dump(plan))
    ledger = Ledger(tmp_path / "ledger.jsonl")
    for number, (score, cost) in enumerate([(0.5, 1.0), (0.9, 4.0), (0.8, 5.0)]):
        ledger.start(number, "search", {})
        ledger.epoch(number, 1, {"score": score, "cost": cost})
        ledger.epoch(number, 2, {"score": score - 0.1})
        ledger.end(number, "finished")
    found = pareto_trials(Run(tmp_path))
    assert found[["trial_id", "score", "cost"]].values.tolist() == [
        ["0001", 0.9, 4.0],
        ["0000", 0.5, 1.0],
    ]


def test_one_objective_has_no_pareto_table(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text("{metric: score, direction: maximize, space: null}")
    with pytest.raises(InputError, match="optimises score alone: a Pareto table is for runs with"):
        pareto_trials(Run(tmp_path))


def test_the_champions_row_holds_what_its_best_epoch_reported(tmp_path: Path) -> None:
    plan = {
        "metric": "score", "direction": "maximize", "space": None,
        "further": [{"metric": "train_time_s", "direction": "minimize"}],
    }  # fmt: skip
    (tmp_path / "plan.yaml").write_text(yaml.safe_dump(plan))
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.start(0, "search", {})
    ledger.epoch(0, 1, {"score": 0.5})
    ledger.end(0, "finished")
    run = Run(tmp_path)
    assert "train_time_s" in run.rows[0]
    assert run.champion_reported is not None
    assert list(run.champion_reported) == [name for name in run.rows[0] if name != "train_time_s"]
