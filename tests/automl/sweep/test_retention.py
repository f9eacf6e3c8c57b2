"""Whose checkpoints stay, and that nothing else is ever deleted."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.results.pareto import not_dominated
from automl.sweep.retention import Retention
from automl.trial.objective import Objective


def _trial(run: Path, number: int) -> Path:
    path = run / "trials" / f"{number:04d}" / "train" / "model_epoch_001.pth"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"w")
    return path


def _kept(run: Path) -> list[int]:
    return sorted(int(path.parents[1].name) for path in run.rglob("*.pth"))


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({}, [1]),
        ({"best": 2}, [1, 3]),
        ({"always": frozenset({0, 2})}, [0, 1]),  # a trial without a value has nothing to keep
        ({"best": 9}, [0, 1, 3]),
        ({"keep": "all"}, [0, 1, 2, 3]),
        ({"keep": "none"}, []),
    ],
)
def test_whose_stay(tmp_path: Path, options: dict[str, Any], kept: list[int]) -> None:
    retention = Retention(tmp_path, Objective("score", "maximize"), **options)
    for number, value in enumerate([0.1, 0.9, None, 0.5]):
        _trial(tmp_path, number)
        retention.ended(number, value)
    assert _kept(tmp_path) == kept


@settings(max_examples=30)
@given(
    values=st.lists(st.sampled_from([0.1, 0.2, 0.3, None]), min_size=1, max_size=7),
    best=st.integers(1, 3),
    direction=st.sampled_from(["maximize", "minimize"]),
)
def test_the_best_stay_whatever_the_order(
    tmp_path_factory: pytest.TempPathFactory,
    values: list[float | None],
    best: int,
    direction: str,
) -> None:
    run = tmp_path_factory.mktemp("run")
    retention = Retention(run, Objective("score", direction), best=best)
    for number, value in enumerate(values):
        _trial(run, number)
        retention.ended(number, value)
    sign = -1 if direction == "maximize" else 1
    ranked = sorted((sign * v, n) for n, v in enumerate(values) if v is not None)
    assert _kept(run) == sorted(number for _, number in ranked[:best])


def test_nothing_outside_the_run_or_behind_a_link(tmp_path: Path) -> None:
    run, outside = tmp_path / "run", tmp_path / "outside"
    precious = _trial(outside, 7)
    inner = _trial(run, 1)
    (inner.parent / "more").symlink_to(outside, target_is_directory=True)
    (run / "trials" / "0000").symlink_to(outside / "trials" / "0007", target_is_directory=True)
    retention = Retention(run, Objective("score", "maximize"), keep="none")
    retention.ended(0, 0.5)
    retention.ended(1, 0.5)
    assert precious.exists()
    assert not inner.exists()


def test_a_run_that_lies_behind_a_link_itself(tmp_path: Path) -> None:
    real = tmp_path / "real"
    path = _trial(real, 0)
    (tmp_path / "run").symlink_to(real, target_is_directory=True)
    Retention(tmp_path / "run", Objective("score", "maximize"), keep="none").ended(0, 1.0)
    assert not path.exists()


UP = Objective("score", "maximize")
TIME = Objective("train_time_s", "minimize")


def test_those_that_no_other_trial_beats_in_every_objective_stay(tmp_path: Path) -> None:
    retention = Retention(tmp_path, UP, further=(TIME,))
    for number, (value, seconds) in enumerate([(0.9, 9.0), (0.5, 5.0), (0.4, 6.0), (0.5, 4.0)]):
        _trial(tmp_path, number)
        retention.ended(number, value, [seconds])
    assert _kept(tmp_path) == [0, 3]
    _trial(tmp_path, 4)
    retention.ended(4, 0.95, [None])
    assert _kept(tmp_path) == [0, 3, 4], "the best of the first stays, whatever else it lacks"


@settings(max_examples=30)
@given(
    reached=st.lists(
        st.tuples(*[st.sampled_from([0.1, 0.2, 0.3, None])] * 2), min_size=1, max_size=8
    ),
    best=st.integers(1, 2),
)
def test_the_pareto_table_and_the_best_keep_theirs(
    tmp_path_factory: pytest.TempPathFactory,
    reached: list[tuple[float | None, float | None]],
    best: int,
) -> None:
    run = tmp_path_factory.mktemp("run")
    retention = Retention(run, UP, best=best, further=(TIME,))
    for number, (value, seconds) in enumerate(reached):
        _trial(run, number)
        retention.ended(number, value, [seconds])
    rows = [{"score": v, "train_time_s": s, "state": "finished"} for v, s in reached]
    ranked = sorted((-v, n) for n, (v, _) in enumerate(reached) if v is not None)
    expected = {number for _, number in ranked[:best]} | set(not_dominated(rows, (UP, TIME)))
    assert _kept(run) == sorted(expected)
