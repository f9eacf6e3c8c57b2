"""How many devices a trial takes, and how its spec names them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from project_paths import SKILLS

from automl.errors import InputError, SpecError
from automl.launch.plan import Plan, make_plan
from automl.launch.planning.resources import devices_of, name_gpus
from automl.launch.request import RunRequest
from automl.launch.running.capacity import trial_resources
from automl.skill import load_skill
from automl.sweep.cluster.resources import Capacity, Node


@pytest.fixture
def plan(tmp_path: Path) -> Any:
    def make(*overrides: str, **options: Any) -> Plan:
        skill = SKILLS / "allreduce"
        return make_plan(
            RunRequest(skill_dir=skill, output=tmp_path / "run", overrides=overrides, **options)
        )

    return make


def test_the_spec_says_how_many(plan: Any) -> None:
    assert plan().devices == 2
    assert plan().mode.mode == "ranks"
    one = plan("num_gpus=1")
    assert (one.devices, one.mode.mode) == (1, "in_process")
    with pytest.raises(SpecError, match="gpu_spec_key.*must be a whole number"):
        devices_of({"train": {"num_gpus": 1.5}}, "train.num_gpus")


def test_gpus_per_trial_and_the_spec_agree(plan: Any) -> None:
    four = plan(gpus_per_trial=4)
    assert (four.devices, four.spec["train"]["num_gpus"]) == (4, 4)
    assert "train.num_gpus = 4 (--gpus-per-trial)" in four.notes
    assert plan(gpus_per_trial=1).mode.mode == "in_process"
    assert plan("num_gpus=3", gpus_per_trial=0).devices == 3
    assert plan("num_gpus=1", gpus_per_trial=0.5).devices == 1
    with pytest.raises(InputError, match=r"num_gpus is 2, but --gpus-per-trial 4"):
        plan("num_gpus=2", gpus_per_trial=4)
    with pytest.raises(InputError, match=r"--gpus-per-trial 0.5"):
        plan(gpus_per_trial=0.5)


def test_trials_name_the_gpus_that_they_see(plan: Any) -> None:
    assert plan().spec["train"]["gpu_ids"] == [0]
    assert plan("gpu_ids=[0,1]").spec["train"]["gpu_ids"] == [0]
    assert plan(isolate=True).spec["train"]["gpu_ids"] == [0, 1]
    with pytest.raises(InputError, match=r"train.gpu_ids \[2, 3\]: a sweep hands GPUs out"):
        plan("gpu_ids=[2,3]")


def test_a_child_on_several_gpus_needs_them(plan: Any) -> None:
    cpus, gpus = (Capacity((Node("n", {"CPU": 8.0, "GPU": each}),)) for each in (0.0, 2.0))
    words = r"num_gpus is 2, but a trial gets no GPU here \(a child process: --isolate\): set .*=1"
    for options in ({}, {"gpus_per_trial": 0}):
        with pytest.raises(InputError, match=f"{words}, or leave out --isolate"):
            trial_resources(plan("num_gpus=2", isolate=True, **options), cpus)
    assert trial_resources(plan("num_gpus=2", isolate=True), gpus).gpus == 2
    assert trial_resources(plan(isolate=True), cpus).gpus == 0  # as packaged: its trainer knows
    assert trial_resources(plan("num_gpus=2"), cpus).ranks == 2


def test_skills_without_the_key_are_left_alone(plan: Any) -> None:
    info = replace(load_skill(SKILLS / "allreduce").info, gpu_ids_spec_key=None)
    spec = {"train": {"gpu_ids": [5]}}
    name_gpus(spec, info, {"train.gpu_ids"}, 2, "child")
    assert spec == {"train": {"gpu_ids": [5]}}
