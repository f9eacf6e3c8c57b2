"""A sweep that was probed never launches what cannot fit, and says how long it takes."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from project_paths import SKILLS

import automl
from automl.cli.views.plan_review import render_plan
from automl.errors import InputError
from automl.launch.plan import make_plan
from automl.launch.request import RunRequest
from automl.launch.resume import resume_plan
from automl.launch.review import make_review
from automl.results.run import read_run

PEER = SKILLS / "peer_script"


def _request(bowl: Path, data: Path, tmp_path: Path, **options: Any) -> RunRequest:
    return RunRequest(
        skill_dir=bowl, data=str(data), output=tmp_path / "run", trials=6, probe=True,
        algorithm="random", **options,
    )  # fmt: skip


def test_the_plan_says_what_was_measured(bowl: Path, data: Path, tmp_path: Path) -> None:
    plan = make_plan(_request(bowl, data, tmp_path))
    said = [note for note in plan.notes if note.startswith("probe:")]
    assert said[0].startswith("probe: an epoch takes 3.0 s (default) to 3.0 s (7 probes in")
    assert said[1].startswith("probe: 6 trials of 3 epochs take 0.01 to 0.01 hours")
    assert "probe: train.kind round, train.momentum 0.95 does not fit" in said
    assert sum("train.kind flat" in line for line in said) == 3
    assert len(said) == 6
    unfit = plan.costs.unfit
    assert unfit({"train.kind": "round", "train.momentum": 0.59}) == ""
    assert "GiB of memory" in unfit({"train.kind": "round", "train.momentum": 0.61})
    assert "ran out of memory" in unfit({"train.kind": "flat", "train.momentum": 0.9})


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
def test_what_does_not_fit_is_replaced_and_costs_no_budget(
    bowl: Path, data: Path, tmp_path: Path
) -> None:
    request = _request(bowl, data, tmp_path)
    result = automl.run(
        **{
            name: getattr(request, name)
            for name in ("skill_dir", "data", "output", "trials", "probe", "algorithm")
        }
    )
    table = result.trials
    assert list(table["state"]) == ["finished"] * 6
    assert set(table["param.train.kind"]) == {"round"}
    assert table["param.train.momentum"].max() <= 0.6
    lines = (result.folder / "ledger.jsonl").read_text().splitlines()
    unfit = [event for event in map(json.loads, lines) if event["event"] == "unfit"]
    assert len(unfit) > 2
    assert all(event["reason"] for event in unfit)
    probes = yaml.safe_load((result.folder / "plan.yaml").read_text())["probes"]
    assert len(probes) == 6
    again = resume_plan(read_run(result.folder), add_trials=1)
    assert (again.costs.to_list(), again.costs.trial_s) == (probes, (9.0, 9.0))
    elsewhere = resume_plan(read_run(result.folder), address="127.0.0.1:1")
    assert elsewhere.costs.unfit({"train.kind": "flat", "train.momentum": 0.9}) == ""
    told = "probe: none on the cluster at 127.0.0.1:1"
    assert any(note.startswith(told) for note in elsewhere.notes)


def test_the_review_quotes_trials_side_by_side(bowl: Path, data: Path, tmp_path: Path) -> None:
    plan = make_plan(_request(bowl, data, tmp_path, max_concurrent=1))
    review = make_review(plan)
    assert review.probed_s == (54.0, 54.0)  # 6 trials of 3 epochs of 3 s
    assert "time       about 54 s, by the probe" in render_plan(plan, review)


@pytest.mark.parametrize(("probe", "told"), [(None, True), (False, False)])
def test_on_a_cluster_the_plan_says_that_nothing_was_probed(
    bowl: Path, data: Path, tmp_path: Path, probe: bool | None, told: bool
) -> None:
    request = replace(_request(bowl, data, tmp_path, address="127.0.0.1:1"), probe=probe)
    plan = make_plan(request)
    assert plan.costs.probes == ()
    said = "probe: none on the cluster at 127.0.0.1:1, whose memory this machine cannot measure"
    assert any(note.startswith(said) for note in plan.notes) == told


def test_a_probe_that_cannot_be_is_refused(bowl: Path, data: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--probe: action train declares no probe"):
        make_plan(RunRequest(skill_dir=PEER, output=tmp_path / "run", probe=True))
    with pytest.raises(InputError, match="--address names another"):
        make_plan(_request(bowl, data, tmp_path, address="127.0.0.1:1"))
