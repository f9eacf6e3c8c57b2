"""Sweeps that stop poor trials early: one per scheduler, each on a real local Ray."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from project_paths import SKILLS

import automl
from automl.errors import InputError
from automl.launch.plan import Plan, make_plan
from automl.launch.plan_codec import plan_to_dict
from automl.launch.request import RunRequest
from automl.search.scheduler import Scheduler


@pytest.fixture
def plan(bowl: Path, data: Path, tmp_path: Path) -> Any:
    def make(**options: Any) -> Plan:
        output = tmp_path / "run"
        return make_plan(RunRequest(skill_dir=bowl, data=str(data), output=output, **options))

    return make


def test_a_scheduler_brings_tpe_and_is_in_the_plan(plan: Any) -> None:
    found = plan(scheduler="asha", overrides=["num_epochs=9"])
    assert found.algorithm == "tpe"
    assert "TPE ranks them by epoch and metric" in found.algorithm_reason
    content = plan_to_dict(found)["scheduler"]
    assert (content["name"], content["epochs"], content["grace"]) == ("asha", 9, 1)
    assert yaml.safe_load(yaml.safe_dump(content)) == content


def test_long_trials_are_judged_by_their_curves_by_default(plan: Any) -> None:
    found = plan(overrides=["num_epochs=9"])
    assert (found.scheduler.name, found.scheduler.epochs, found.scheduler.grace) == ("auto", 9, 2)
    assert "less than 5% to become the best is stopped" in found.scheduler.reason
    content = plan_to_dict(found)["scheduler"]
    assert Scheduler(**yaml.safe_load(yaml.safe_dump(content))) == found.scheduler
    assert not plan(overrides=["num_epochs=9"], scheduler="none").scheduler.acts
    assert not plan(overrides=["num_epochs=8"]).scheduler.acts


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"algorithm": "random"}, "random surveys the space with full-length trials"),
        ({"metric": ["score", "train_time_s:min"]}, "2 metrics are optimised, and a curve has one"),
        ({"search": ["lr", "num_epochs"]}, "train.num_epochs is searched: trials have different"),
    ],
)
def test_where_nobody_is_judged_by_a_curve(plan: Any, options: dict[str, Any], reason: str) -> None:
    found = plan(**({"overrides": ["num_epochs=9"]} if "search" not in options else {}), **options)
    assert not found.scheduler.acts
    assert found.scheduler.reason.startswith(reason)


def test_who_names_auto_gets_it_for_random_draws_too(plan: Any) -> None:
    assert plan(algorithm="random", scheduler="auto", overrides=["num_epochs=9"]).scheduler.acts


def test_a_short_budget_says_that_there_is_nothing_to_halve(plan: Any) -> None:
    found = plan(scheduler="asha", overrides=["num_epochs=2"])
    assert found.algorithm == "portfolio"
    assert found.scheduler.reason == "asha has nothing to halve in a budget of 2 epochs"


def test_bohb_is_tpe_with_rungs(plan: Any) -> None:
    found = plan(algorithm="bohb", overrides=["num_epochs=9"])
    assert (found.algorithm, found.scheduler.name) == ("bohb", "hyperband")
    with pytest.raises(InputError, match="bohb is TPE with rungs"):
        plan(algorithm="bohb", scheduler="none")


@pytest.mark.usefixtures("shared_ray")
@pytest.mark.slow
@pytest.mark.parametrize("scheduler", ["asha", "bohb", "median"])
def test_a_sweep_stops_poor_trials(bowl: Path, data: Path, tmp_path: Path, scheduler: str) -> None:
    """BOHB is an algorithm that brings its scheduler, hyperband."""
    output = tmp_path / "run"
    kind = "algorithm" if scheduler == "bohb" else "scheduler"
    options = {"overrides": ["num_epochs=9"], "max_concurrent": 1, kind: scheduler}
    result = automl.run(skill_dir=bowl, data=str(data), output=output, trials=12, **options)
    table = result.trials
    assert result.status == "done"
    assert set(table["state"]) == {"finished", "stopped"}
    searched = ["param.train.lr", "param.train.momentum", "param.train.kind"]
    assert not table.duplicated(searched).any()
    assert (table.loc[table["state"] == "finished", "epochs"] == 9).all()
    assert (table.loc[table["state"] == "stopped", "epochs"] < 9).all()
    assert result.best["state"] == "finished"
    assert result.best["score"] == table["score"].max()
    if scheduler == "asha":  # the others go on in test_every_prefix.py
        more = automl.resume(output, add_trials=4).trials
        assert len(more) == 16
        assert set(more["state"]) == {"finished", "stopped"}


@pytest.mark.usefixtures("shared_ray")
@pytest.mark.slow
def test_a_child_process_is_stopped_at_a_rung(tmp_path: Path) -> None:
    peer = SKILLS / "peer_script"
    result = automl.run(
        skill_dir=peer, output=tmp_path / "run", trials=7, max_concurrent=1, scheduler="asha",
        overrides=["epochs=9", "epoch_s=0.2"],
    )  # fmt: skip
    table = result.trials.set_index("number")
    assert set(table["state"]) == {"finished", "stopped"}
    for number in table.index[table["state"] == "stopped"]:
        log = (tmp_path / "run" / "trials" / f"{number:04d}" / "log.txt").read_text()
        assert "epoch 1/9" in log
        assert "epoch 9/9" not in log
