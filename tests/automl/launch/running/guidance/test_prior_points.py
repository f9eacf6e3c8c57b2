"""Sweeps of other data propose points as far as they predict; nothing else changes."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from guided_runs import bowl_plan
from sweep_here import outcome, run_here, without_ray

from automl.constants import LEDGER_FILE, PRIORS_FILE
from automl.launch.plan_codec import plan_from_dict
from automl.launch.planning.priors.read_priors import PriorSweep
from automl.launch.running.guidance import prior_points
from automl.launch.running.guidance.prior_points import MOST_TRIALS, PriorPoints, _thinned
from automl.results.proposals import proposals_of
from automl.results.run import Run
from automl.space import Choice, Float, Space, sample

SPACE = Space(
    parameters=(
        Float(name="lr", low=1e-4, high=1.0, log=True, default=0.1),
        Choice(name="kind", choices=("a", "b", "c"), default="a"),
    )
)
BASE: dict[str, Any] = {"lr": 0.1, "kind": "a"}


def _loss(values: Any) -> float:
    return (math.log10(values["lr"]) + 3) ** 2 + (values["kind"] != "b")


def _sweep(sign: float = 1.0, count: int = 25) -> PriorSweep:
    drawn = [params for params, _ in sample(SPACE, BASE, count, seed=1)]
    return PriorSweep("other", drawn, [sign * 50 * _loss(values) - 7 for values in drawn])


def _told(count: int) -> list[tuple[Any, float]]:
    return [(params, _loss(params)) for params, _ in sample(SPACE, BASE, count, seed=2)]


def _unknown(values: Any) -> bool:
    return False


def test_the_first_points_are_near_the_best_of_the_other_sweep() -> None:
    points = PriorPoints([_sweep()], SPACE, BASE, seed=0)
    assert points.propose([], 0, _unknown) is None  # the defaults come first
    for started in (1, 2):
        found = points.propose(_told(1), started, _unknown)
        assert found is not None
        assert _loss(found) < 0.5


def test_what_predicts_well_proposes_on_and_what_is_reversed_never_again() -> None:
    good, bad = (PriorPoints([_sweep(sign)], SPACE, BASE, seed=0) for sign in (1.0, -1.0))
    told = _told(8)
    assert sum(good.propose(told, n, _unknown) is not None for n in range(8, 28)) > 10
    assert all(bad.propose(told, n, _unknown) is None for n in range(8, 28))


def test_where_training_diverges_the_other_sweep_is_wrong() -> None:
    told = [({"lr": 10**-exponent, "kind": "b"}, math.inf) for exponent in (2.7, 2.8, 3.0, 3.1)]
    told += [({"lr": lr, "kind": "b"}, 1.0 + lr) for lr in (0.05, 0.1, 0.4)]
    points = PriorPoints([_sweep()], SPACE, BASE, seed=0)
    assert all(points.propose(told, n, _unknown) is None for n in range(7, 27))


def test_the_same_seed_and_trials_give_the_same_point_and_none_twice() -> None:
    first, again = (PriorPoints([_sweep()], SPACE, BASE, seed=4) for _ in range(2))
    found = first.propose(_told(1), 2, _unknown)
    assert found is not None
    assert again.propose(_told(1), 2, _unknown) == found
    assert again.propose(_told(1), 2, lambda values: values == found) != found
    assert again.propose(_told(1), 2, lambda values: True) is None


def test_with_many_trials_or_no_sweep_the_sampler_is_alone() -> None:
    assert PriorPoints([_sweep()], SPACE, BASE, 0).propose(
        _told(MOST_TRIALS + 1), MOST_TRIALS + 1, _unknown
    ) is None  # fmt: skip
    assert PriorPoints([], SPACE, BASE, 0).propose(_told(1), 1, _unknown) is None


def test_of_a_long_sweep_its_best_and_others_evenly_by_rank_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(prior_points, "MOST_PRIOR", 5)
    sweep = _sweep(count=25)
    values = sorted(sweep.values)
    assert sorted(_thinned(sweep).values) == [values[i] for i in (0, 6, 12, 18, 24)]


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A sweep of ten trials with other settings of the trainer."""
    without_ray(monkeypatch)
    (tmp_path / "elsewhere").mkdir()
    plan = bowl_plan(tmp_path / "elsewhere", trials=10)
    run_here(plan)
    return plan.output


def test_whatever_prefix_is_left_a_resumed_run_ends_as_the_undisturbed_one(
    tmp_path: Path, other: Path
) -> None:
    plan = bowl_plan(tmp_path, trials=6, prior=[other])
    assert plan.sweep_options.weighed == (str(other),)
    assert plan.sweep_options.prior == ()
    run_here(plan)
    sources = [history.start.source for history in Run(plan.output).histories]
    assert sources[:3] == ["default", "prior", "prior"]
    other.rename(tmp_path / "gone")  # what it knows is in the run's folder
    expected, ledger = outcome(plan.output), (plan.output / LEDGER_FILE).read_bytes()
    lines = ledger.splitlines(keepends=True)
    for count in range(1, len(lines)):
        (plan.output / LEDGER_FILE).write_bytes(b"".join(lines[:count]))
        run = Run(plan.output)
        run_here(plan_from_dict(run.plan, plan.skill, plan.output))
        assert outcome(plan.output) == expected, count


def test_a_copy_that_is_damaged_is_one_error(tmp_path: Path, other: Path) -> None:
    plan = bowl_plan(tmp_path, trials=2, prior=[other])
    run_here(plan)
    (plan.output / PRIORS_FILE).write_text(json.dumps({"format": "x"}))
    with pytest.raises(Exception, match="neither a run's folder nor a file of automl prior export"):
        run_here(replace(plan, trials=3))


def test_the_run_says_how_many_trials_other_sweeps_gave(tmp_path: Path, other: Path) -> None:
    plan = bowl_plan(tmp_path, trials=3, prior=[other])
    run_here(plan)
    assert proposals_of(Run(plan.output))["prior"].words == "2 trials"
