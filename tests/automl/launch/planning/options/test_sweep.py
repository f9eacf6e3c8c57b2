"""First points, earlier runs, goal and patience: read, refused, kept in the plan, and acted on."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

import automl
from automl.constants import LEDGER_FILE, PLAN_FILE, STUDY_FILE
from automl.errors import InputError
from automl.launch.plan import Plan, make_plan
from automl.launch.plan_codec import plan_to_dict
from automl.launch.planning.options.sweep import SweepOptions
from automl.launch.request import RunRequest
from automl.launch.running.study import seed_study
from automl.search.study import Study
from automl.trial.ledger.writer import Ledger


@pytest.fixture
def plan(bowl: Path, data: Path, tmp_path: Path) -> Any:
    def make(**options: Any) -> Plan:
        output = tmp_path / "run"
        return make_plan(RunRequest(skill_dir=bowl, data=str(data), output=output, **options))

    return make


@pytest.fixture
def earlier(plan: Any, tmp_path: Path) -> Path:
    """A run of four trials: two of use, one out of range here, one that failed."""
    folder = tmp_path / "earlier"
    folder.mkdir()
    content = plan_to_dict(plan(ranges={"lr": "0.0001:1.0:log"}))
    (folder / PLAN_FILE).write_text(yaml.safe_dump(content))
    ledger = Ledger(folder / LEDGER_FILE)
    for number, (lr, score) in enumerate([(0.02, 0.8), (0.01, 0.9), (0.9, 0.1), (0.03, None)]):
        params = {"train.lr": lr, "train.momentum": 0.5, "train.kind": "flat"}
        ledger.start(number, "search", params)
        if score is not None:
            ledger.epoch(number, 1, {"score": score, "train_loss": 1 - score})
        ledger.end(number, "failed" if score is None else "finished")
    return folder


def test_points_come_from_a_file_a_mapping_or_a_runs_best(
    plan: Any, tmp_path: Path, earlier: Path
) -> None:
    file = tmp_path / "points.yaml"
    file.write_text("- {lr: 0.5, kind: flat}\n- train.momentum: 0.25\n")
    found = plan(enqueue=[str(file), {"momentum": 0.8}, earlier])
    assert [tuple(point.values()) for point in found.sweep_options.enqueue] == [
        (0.5, 0.5, "flat"),
        (0.1, 0.25, "round"),
        (0.1, 0.8, "round"),
        (0.01, 0.5, "flat"),
    ]
    note = next(note for note in found.notes if "enqueued" in note)
    assert note == f"enqueued trial 0001 of {earlier}: 3 of 3 parameters"


def test_points_are_read_like_specs(plan: Any, tmp_path: Path) -> None:
    file = tmp_path / "points.yaml"
    file.write_text("- {lr: 5e-1}\n- train: {lr: 2e-1, kind: flat}\n")
    found = plan(enqueue=[file])
    assert [point["train.lr"] for point in found.sweep_options.enqueue] == [0.5, 0.2]
    assert found.sweep_options.enqueue[1]["train.kind"] == "flat"


def test_a_point_that_was_there_before_is_named_and_left_out(plan: Any, tmp_path: Path) -> None:
    file = tmp_path / "points.yaml"
    file.write_text("- {lr: 0.5}\n- {lr: 0.1}\n- {train.lr: 5e-1}\n")
    found = plan(enqueue=[file, {"momentum": 0.25}, {"momentum": 0.25}])
    assert len(found.sweep_options.enqueue) == 2
    assert [note for note in found.notes if "not tried again" in note] == [
        f"--enqueue {file}, point 2 is not tried again: it equals the defaults, which trial 0000"
        " tries",
        f"--enqueue {file}, point 3 is not tried again: it equals --enqueue {file}, point 1",
        "point 3 of --enqueue is not tried again: it equals point 2 of --enqueue",
    ]


def test_a_runs_best_is_moved_into_the_range_and_said(plan: Any, earlier: Path) -> None:
    found = plan(enqueue=earlier, ranges={"lr": "0.05:0.5:log"})
    assert found.sweep_options.enqueue[0]["train.lr"] == 0.05
    assert "2 of 3 parameters; not as there: train.lr" in "".join(found.notes)


def test_a_runs_best_brings_what_was_fixed_there(plan: Any, tmp_path: Path) -> None:
    folder = tmp_path / "fixed"
    folder.mkdir()
    content = plan_to_dict(plan(overrides=["lr=0.033", "num_epochs=2"]))
    (folder / PLAN_FILE).write_text(yaml.safe_dump(content))
    ledger = Ledger(folder / LEDGER_FILE)
    ledger.start(0, "search", {"train.momentum": 0.25, "train.kind": "flat"})
    ledger.epoch(0, 1, {"score": 0.8})
    ledger.end(0, "finished")
    found = plan(enqueue=folder, overrides=["kind=round"])
    assert found.sweep_options.enqueue == ({"train.lr": 0.033, "train.momentum": 0.25},)
    assert "2 of 3 parameters; not as there: train.kind" in "".join(found.notes)


def test_the_course_is_kept_in_the_plan(plan: Any, earlier: Path) -> None:
    options = {"enqueue": [{"lr": 0.5}], "prior": [earlier]}
    found = plan(**options, stop="score>=0.9", patience=5)
    content = yaml.safe_load(yaml.safe_dump(plan_to_dict(found)))["course"]
    assert SweepOptions.from_dict(content) == found.sweep_options
    assert (content["stop"], content["patience"]) == ("score>=0.9", 5)


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ("- {lr: 50}", "point 1 cannot be run\n.*train.lr = 50 is not searched; the nearest"),
        ("- {lr: fast}", "train.lr = 'fast' is not searched"),
        ("- {kind: oval}", "train.kind = 'oval' is not searched"),
        ("- {depth: 3}", "unknown key 'depth'.*only what is searched can be set"),
        ("- {num_epochs: 3}", "train.num_epochs is not searched"),
        ("- {lr: 1e2}", "train.lr = 100.0 is not searched"),
        ("- {lr: 1e-2, train.lr: 0.01}", "point 1: 'lr' and 'train.lr' both say train.lr"),
        ("- {train: {lr: 0.5}, lr: 0.5}", "'train' and 'lr' both say train.lr"),
        ("- {lr: 0.5, lr: 0.1}", "line 1 column 13: the key lr stands there twice"),
        ("- {train: {depth: 3}}", "unknown key 'train.depth'"),
        ("3", "must hold a list of mappings"),
        ("[", "no run's folder and no file to read"),
    ],
)
def test_bad_points_are_refused(plan: Any, tmp_path: Path, points: str, words: str) -> None:
    (tmp_path / "points.yaml").write_text(points)
    with pytest.raises(InputError, match=words):
        plan(enqueue=[tmp_path / "points.yaml"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"enqueue": ["/nowhere"]}, "--enqueue /nowhere: no run's folder and no file"),
        ({"prior": ["/nowhere"]}, "/nowhere is no run's folder"),
        ({"stop": "score"}, "must read METRIC>=NUMBER"),
        ({"patience": 0}, "--patience must be positive"),
        ({"policy": "off", "patience": 3}, "--patience acts in sweeps alone"),
    ],
)
def test_what_cannot_act_is_refused(plan: Any, options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        plan(**options)


def test_a_prior_of_no_use_is_refused(plan: Any, earlier: Path) -> None:
    with pytest.raises(InputError, match="none of its 3 finished trials reports mAP"):
        plan(prior=[earlier], metric="mAP")


def test_prior_and_points_reach_the_sampler_once(plan: Any, tmp_path: Path, earlier: Path) -> None:
    found = plan(prior=[earlier], enqueue=[{"lr": 0.5}], ranges={"lr": "0.001:0.5:log"})
    assert f"2 of 3 finished trials of {earlier} feed the sampler" in found.notes
    for _ in range(2):
        study = Study(
            tmp_path / STUDY_FILE, space=found.space, base=found.spec, algorithm="tpe",
            direction="maximize", seed=1,
        )  # fmt: skip
        seed_study(study, found.sweep_options, found.space, found.spec, found.objectives)
    asked = [study.ask() for _ in range(3)]
    assert [s.source for s in asked if s] == ["default", "enqueued", "search"]
    lines = (tmp_path / STUDY_FILE).read_text().splitlines()
    told = [json.loads(line) for line in lines if '"state": 1' in line or '"state":1' in line]
    assert sorted(entry["value"] for entry in told) == [0.8, 0.9]


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
def test_a_sweep_starts_with_its_points_and_ends_at_its_goal(
    bowl: Path, data: Path, tmp_path: Path
) -> None:
    output = tmp_path / "run"
    result = automl.run(
        skill_dir=bowl, data=str(data), output=output, trials=30, max_concurrent=1,
        enqueue=[{"lr": 0.011, "momentum": 0.88}], stop="score>=0.95",
    )  # fmt: skip
    assert list(result.trials["source"]) == ["default", "enqueued"]
    assert result.early.startswith("trial 0001 reached score>=0.95")
    assert result.status == "done"
    assert len(automl.resume(output).trials) == 2
