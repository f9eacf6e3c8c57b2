"""One whole sweep per algorithm, and what the plan says of each."""

from pathlib import Path
from typing import Any

import pytest

import automl
from automl.errors import InputError
from automl.launch.plan import Plan, make_plan
from automl.launch.request import RunRequest
from automl.search.algorithm import ALGORITHMS

ELSEWHERE = {
    "portfolio": "auto: every sweep of the tests that names no other",
    "gp": "test_objectives.py, test_execute.py",
    "tpe": "test_objectives.py",
    "bohb": "test_schedulers.py",
    "pbt": "test_population.py",
    "random": "faults/test_trial_faults.py",
    "grid": "below, with Ray",
}
"""Where the other algorithms have their sweep."""
FINITE: dict[str, Any] = {"choices": {"lr": [0.001, 0.01, 0.1], "momentum": [0.5, 0.9]}}


@pytest.fixture
def plan(bowl: Path, data: Path, tmp_path: Path) -> Any:
    def make(**options: Any) -> Plan:
        output = tmp_path / "run"
        return make_plan(RunRequest(skill_dir=bowl, data=str(data), output=output, **options))

    return make


def test_a_grid_over_a_continuous_space_is_refused_before_anything_runs(plan: Any) -> None:
    with pytest.raises(InputError, match="train.lr: .* too many values for a grid: give --choices"):
        plan(algorithm="grid")


def test_a_grid_runs_to_its_end_unless_told_otherwise(plan: Any) -> None:
    assert plan(algorithm="grid", **FINITE).trials is None
    assert plan(algorithm="grid", trials=5, **FINITE).trials == 5


def test_auto_tries_a_small_finite_space_whole(plan: Any) -> None:
    found = plan(**FINITE)
    assert found.algorithm == "grid"
    assert found.algorithm_reason == "the space has 12 configurations: each is tried once"
    assert plan(trials=11, **FINITE).algorithm == "portfolio"


def test_repeats_have_no_grid_to_work_off(plan: Any) -> None:
    assert plan(allow_repeats=True, **FINITE).algorithm == "portfolio"
    assert plan(allow_repeats=True, **FINITE).sweep_options.repeats
    with pytest.raises(InputError, match="a grid that may repeat itself has no end"):
        plan(algorithm="grid", allow_repeats=True, **FINITE)
    with pytest.raises(InputError, match="--allow-repeats acts in sweeps alone"):
        plan(policy="off", allow_repeats=True)


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
def test_a_sweep_of_a_grid(bowl: Path, data: Path, tmp_path: Path) -> None:
    _check_sweep(bowl, data, tmp_path / "run", "grid", 12, FINITE)


@pytest.mark.usefixtures("trials_here")
@pytest.mark.parametrize("algorithm", [name for name in ALGORITHMS if name not in ELSEWHERE])
def test_a_sweep_of_each_algorithm(bowl: Path, data: Path, tmp_path: Path, algorithm: str) -> None:
    _check_sweep(bowl, data, tmp_path / "run", algorithm, 8, {"trials": 8})


def _check_sweep(
    bowl: Path, data: Path, run: Path, algorithm: str, trials: int, options: dict[str, Any]
) -> None:
    result = automl.run(
        skill_dir=bowl, data=str(data), output=run, algorithm=algorithm, max_concurrent=1,
        **options,
    )  # fmt: skip
    table = result.trials
    assert len(table) == trials
    assert not table.duplicated(
        ["param.train.lr", "param.train.momentum", "param.train.kind"]
    ).any()
    assert result.best["score"] == table["score"].max()
    assert result.status == "done"
