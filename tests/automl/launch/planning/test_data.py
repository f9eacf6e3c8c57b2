"""Data roots by source through a run: plan, review, trials, resume, parent, status, report."""

import io
import re
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from project_paths import SKILLS

import automl
from automl.cli.main import cli
from automl.cli.views.plan_review import render_plan
from automl.errors import DataSourceError, InputError
from automl.launch.plan import Plan, make_plan
from automl.launch.plan_codec import plan_to_dict
from automl.launch.request import RunRequest
from automl.launch.resume import resume_plan
from automl.launch.review import make_review
from automl.results.run import read_run
from automl.trial.data.cache import CACHE_VARIABLE
from automl.trial.data.roots import DataRoots
from automl.trial.ledger.writer import Ledger

MakePlan = Callable[..., Plan]


@pytest.fixture
def detector(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SKILLS / "detector", tmp_path / "detector"))


@pytest.fixture(autouse=True)
def sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Three data sets of the shape that the detector declares."""
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    found = {name: tmp_path / "sets" / name for name in ("one", "two", "val")}
    for number, (name, root) in enumerate(found.items()):
        (root / "meta").mkdir(parents=True)
        with tarfile.open(root / "images.tar.gz", "w:gz") as tar:
            tar.addfile(tarfile.TarInfo(f"images/{name}.jpg"), io.BytesIO())
        (root / "boxes.json").write_text(str(number))
        (root / "meta" / "coco.txt").write_text(name)
    return found


@pytest.fixture
def plan(detector: Path, tmp_path: Path) -> MakePlan:
    def make(**options: Any) -> Plan:
        given = {"skill_dir": detector, "output": tmp_path / "run", "trials": 2, **options}
        return make_plan(RunRequest(**given))

    return make


def test_each_source_is_served_by_its_own_root(plan: MakePlan, sets: dict[str, Path]) -> None:
    found = plan(data=[str(sets["one"]), f"eval={sets['val']}"])
    dataset = found.spec["dataset"]
    assert dataset["train"][0]["boxes"] == str(sets["one"] / "boxes.json")
    assert [path.name for path in Path(dataset["train"][0]["images"]).iterdir()] == ["one.jpg"]
    assert dataset["extra"] == [str(sets["one"] / "meta" / "coco.txt")]
    assert dataset["val"]["boxes"] == str(sets["val"] / "boxes.json")
    assert dataset["val"]["masks"] == ""  # optional, and not there


def test_the_review_says_which_source_each_key_got(plan: MakePlan, sets: dict[str, Path]) -> None:
    found = plan(data={"train": sets["one"], "eval": sets["val"]})
    lines = render_plan(found, make_review(found)).splitlines()
    boxes = next(line for line in lines if "dataset.train[0].boxes" in line)
    assert boxes.split() == [
        "dataset.train[0].boxes", str(sets["one"] / "boxes.json"), "(train_datasets)"
    ]  # fmt: skip
    assert any("dataset.val.images" in line and str(sets["val"]) in line for line in lines)
    assert not any(line.startswith("spec") for line in lines)  # nothing else was changed


def test_one_root_for_train_and_eval_is_refused(plan: MakePlan, sets: dict[str, Path]) -> None:
    with pytest.raises(DataSourceError, match="give --data eval_dataset=ROOT2 as well") as caught:
        plan(data=str(sets["one"]))
    assert len(caught.value.faults) == 2
    assert not caught.value.faults[0].startswith("dataset.val.masks")


def test_several_roots_of_a_source_give_several_entries(
    plan: MakePlan, sets: dict[str, Path]
) -> None:
    roots = [f"train={sets['one']}", f"train={sets['two']}", f"eval={sets['val']}"]
    dataset = plan(data=roots).spec["dataset"]
    assert [Path(block["boxes"]).parent.name for block in dataset["train"]] == ["one", "two"]
    assert [block["weight"] for block in dataset["train"]] == [1.0, 1.0]
    assert [Path(path).read_text() for path in dataset["extra"]] == ["one", "two"]


def test_a_missing_file_is_named_with_its_key_and_what_is_there(
    plan: MakePlan, sets: dict[str, Path]
) -> None:
    (sets["val"] / "boxes.json").rename(sets["val"] / "labels.json")
    with pytest.raises(DataSourceError) as caught:
        plan(data={"train": sets["one"], "eval": sets["val"]})
    assert caught.value.faults == (
        f"dataset.val.boxes: {sets['val'] / 'boxes.json'} does not exist"
        f" (in {sets['val']}: images.tar.gz, labels.json, meta): rename or link it,"
        " or --set dataset.val.boxes=PATH",
    )


def test_a_file_that_the_spec_makes_needless_is_neither_asked_for_nor_staged(
    plan: MakePlan, detector: Path, sets: dict[str, Path]
) -> None:
    info = detector / "references/skill_info.yaml"
    text = info.read_text()
    for key in ("images", "boxes"):
        text = re.sub(rf"(dataset.val.{key}: .*)}}", r"\1, unless: train.kill_at}", text)
    info.write_text(text)
    alone = plan(data={"train": sets["one"]}, overrides=["train.kill_at=9"])
    both = plan(data={"train": sets["one"], "eval": sets["val"]}, overrides=["train.kill_at=9"])
    for found in (alone, both):
        assert not [key for key in found.sources if key.startswith("dataset.val.")]
        assert found.spec["dataset"]["val"]["boxes"] == ""
    with pytest.raises(DataSourceError, match="data that the action needs are missing"):
        plan(data={"train": sets["one"]})


def test_the_keys_of_a_holdout_are_never_searched(
    plan: MakePlan, detector: Path, sets: dict[str, Path]
) -> None:
    info = detector / "references/skill_info.yaml"
    info.write_text(info.read_text() + "holdout_key: train.kill_at\n")
    roots = {"train": sets["one"], "eval": sets["val"]}
    assert plan(data=roots).skill.info.holdout_key == "train.kill_at"
    with pytest.raises(InputError, match="train.kill_at cannot be searched: it decides which data"):
        plan(data=roots, ranges={"train.kill_at": "0:1"})


def test_a_root_that_the_action_does_not_read_is_said(
    plan: MakePlan, sets: dict[str, Path]
) -> None:
    found = plan(data={"train": sets["one"], "eval": sets["val"], "inference": sets["two"]})
    said = "--data inference_dataset=...: action train reads no such data, so it has no effect"
    assert said in found.notes
    exported = plan(action="export", data=sets["one"])
    assert "--data: action export reads no such data, so it has no effect" in exported.notes


def test_a_key_of_the_spec_file_goes_before_a_root_and_the_plan_says_so(
    plan: MakePlan, sets: dict[str, Path], tmp_path: Path
) -> None:
    roots = {"train": sets["one"], "eval": sets["val"]}
    mine = tmp_path / "mine.yaml"
    boxes = str(sets["two"] / "boxes.json")
    mine.write_text(yaml.safe_dump({"dataset": {"val": {"boxes": boxes}}}))
    found = plan(data=roots, spec_file=mine)
    assert found.spec["dataset"]["val"]["boxes"] == boxes
    said = "--data does not serve dataset.val.boxes: you set where that is read"
    assert said in found.notes
    assert said not in plan(data=roots).notes


def test_data_for_a_skill_that_declares_none_is_refused(
    plan: MakePlan, sets: dict[str, Path], detector: Path
) -> None:
    path = detector / "references" / "skill_info.yaml"
    info = yaml.safe_load(path.read_text())
    info["data_sources"] = {}
    info["actions"]["train"]["inputs"] = {"dataset.folder": {"type": "folder"}}
    path.write_text(yaml.safe_dump(info))
    with pytest.raises(InputError, match="declares no data_sources .* --set dataset.folder=PATH"):
        plan(data=sets["one"])


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
def test_trials_resume_status_and_report_keep_the_roots(
    detector: Path, sets: dict[str, Path], tmp_path: Path
) -> None:
    run = tmp_path / "run"
    data = {"train": [sets["one"], sets["two"]], "eval": sets["val"]}
    result = automl.run(skill_dir=detector, data=data, trials=1, output=run)
    assert result.status == "done"
    log = (run / "trials" / "0000" / "log.txt").read_text()
    assert "seen [0, 1] [['one.jpg'], ['two.jpg']] ['one', 'two']" in log
    train = (str(sets["one"]), str(sets["two"]))
    roots = DataRoots(None, {"train_datasets": train, "eval_dataset": (str(sets["val"]),)})
    assert resume_plan(read_run(run), add_trials=1).roots == roots
    assert automl.resume(run, add_trials=1).status == "done"
    assert "seen [0, 1]" in (run / "trials" / "0001" / "log.txt").read_text()
    status = CliRunner().invoke(cli, ["status", str(run)]).output
    assert f"data       eval_dataset={sets['val']}" in status
    assert f"eval_dataset={sets['val']}" in (run / "report.html").read_text()


def _finished(folder: Path, plan: Plan) -> Path:
    """Make ``folder`` a run that was planned so and left a checkpoint."""
    (folder / "trials" / "0000").mkdir(parents=True)
    (folder / "plan.yaml").write_text(yaml.safe_dump(plan_to_dict(plan), sort_keys=False))
    (folder / "trials" / "0000" / "spec.yaml").write_text(yaml.safe_dump(dict(plan.spec)))
    (folder / "trials" / "0000" / "model_epoch_001.pth").write_bytes(b"weights")
    ledger = Ledger(folder / "ledger.jsonl")
    ledger.start(0, "default", {})
    ledger.end(0, "finished")
    return folder


def test_an_action_takes_its_parents_roots(
    plan: MakePlan, sets: dict[str, Path], tmp_path: Path
) -> None:
    data = {"train": [sets["one"], sets["two"]], "eval": sets["val"]}
    parent = _finished(tmp_path / "parent", plan(data=data))
    (sets["val"] / "test.json").write_text("1")
    found = plan(action="evaluate", parent=parent)  # test.json: the root that held eval_dataset
    assert found.spec["dataset"]["test"]["boxes"] == str(sets["val"] / "test.json")
    assert found.sources["dataset.test.images"].location == str(sets["val"] / "images.tar.gz")
    (sets["two"] / "test.json").write_text("2")
    other = plan(action="evaluate", parent=parent, data={"eval": sets["two"]})
    assert other.spec["dataset"]["test"]["boxes"] == str(sets["two"] / "test.json")
    assert other.roots.of("train_datasets") == (str(sets["one"]), str(sets["two"]))


def test_what_the_parent_never_read_is_asked_for(
    plan: MakePlan, sets: dict[str, Path], tmp_path: Path
) -> None:
    data = {"train": sets["one"], "eval": sets["val"]}
    parent = _finished(tmp_path / "parent", plan(data=data))
    with pytest.raises(DataSourceError, match=r"dataset.test.images: give --data ROOT, or --set"):
        plan(action="inference", parent=parent)
    found = plan(action="inference", parent=parent, data={"inference": sets["two"]})
    assert found.spec["dataset"]["test"]["images"] == str(sets["two"])


def test_signatures_of_urls_are_not_shown() -> None:
    roots = DataRoots("https://host/data?sig=abc&x=1", {"eval_dataset": ("s3://b/k?versionId=2",)})
    assert roots.lines() == ["https://host/data?***", "eval_dataset=s3://b/k?***"]
