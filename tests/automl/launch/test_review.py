"""The launch review: what differs from the package, what trials get, which come first."""

from pathlib import Path
from typing import Any

import pytest

import automl
from automl.cli.views.plan_review import render_plan
from automl.errors import InputError
from automl.launch.plan import Plan, make_plan
from automl.launch.request import RunRequest
from automl.launch.review import make_review
from automl.sweep.cluster.resources import this_machine


@pytest.fixture
def plan(bowl: Path, data: Path, tmp_path: Path) -> Any:
    def make(**options: Any) -> Plan:
        given = {"skill_dir": bowl, "data": str(data), "output": tmp_path / "run", **options}
        return make_plan(RunRequest(**given))

    return make


def test_changes_name_who_made_them(plan: Any) -> None:
    changes = make_review(plan(overrides=["momentum=0.7", "num_epochs=3"])).changes
    told = [(change.key, change.packaged, change.value, change.by) for change in changes]
    assert told[0] == ("train.momentum", 0.5, 0.7, "you")
    assert [(key, by) for key, _, _, by in told[1:]] == [("dataset.folder", "the run")]


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
def test_the_first_trials_are_those_that_run(plan: Any, bowl: Path, data: Path) -> None:
    found = plan(trials=4, seed=5, enqueue=[{"lr": 0.02}])
    first = make_review(found).first
    assert [trial.source for trial in first] == ["default", "enqueued", "search"]
    assert not found.output.exists()
    ran = automl.run(
        skill_dir=bowl, data=str(data), output=found.output, trials=4, seed=5, max_concurrent=1,
        enqueue=[{"lr": 0.02}],
    ).trials  # fmt: skip
    for number, trial in enumerate(first):
        for name, value in trial.params.items():
            assert ran.loc[number, f"param.{name}"] == value


def test_direct_runs_and_clusters_have_less_to_show(plan: Any) -> None:
    direct = make_review(plan(policy="off"))
    assert (direct.first, direct.resources) == ((), None)
    assert make_review(plan(address="ray://head:10001")).resources is None


def test_a_demand_that_this_machine_cannot_meet_is_told_in_the_review(plan: Any) -> None:
    with pytest.raises(InputError, match="one trial needs 4096 CPUs"):
        make_review(plan(cpus_per_trial=4096.0))


def test_the_review_as_text(plan: Any) -> None:
    found = plan(trials=2, max_concurrent=1, overrides=["kind=flat"])
    text = render_plan(found, make_review(found))
    assert "skill      test-bowl, action train" in text
    assert "you set    train.kind round -> flat" in text
    assert "a trial leave room for" in text
    assert "one device a trial, one trial at a time" in text
    assert "the first 2 trials" in text
    assert not any(line.endswith(" ") for line in text.splitlines())


def test_gpus_are_those_of_the_driver_that_are_visible(tmp_path: Path) -> None:
    for name in ("0000:01:00.0", "0000:02:00.0"):
        (tmp_path / name).mkdir()
    assert this_machine({}, tmp_path).total("GPU") == 2
    assert this_machine({"CUDA_VISIBLE_DEVICES": "1"}, tmp_path).total("GPU") == 1
    assert this_machine({"CUDA_VISIBLE_DEVICES": ""}, tmp_path).total("GPU") == 0
    assert this_machine({"CUDA_VISIBLE_DEVICES": "-1"}, tmp_path).total("GPU") == 0
    assert this_machine({}, tmp_path / "none").total("GPU") == 0
    assert this_machine({}, tmp_path).total("CPU") >= 1
