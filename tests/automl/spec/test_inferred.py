"""Keys that follow from where a job runs (spec_params)."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from automl.skill import Skill, load_skill
from automl.skill.files import packaged_skill_dir
from automl.spec.checkpoints import parent_checkpoint
from automl.spec.inferred import infer
from automl.spec.nested import get_path

RULES = {
    "out": "output_dir",
    "key": "key",
    "m.ptm": "ptm_if_no_resume_model",
    "t.resume": "resume_model",
    "e.model": "parent_model",
    "e.folder": "parent_model_folder",
    "e.onnx": "create_onnx_file",
    "e.result": "create_inference_result_file_reid",
    "e.cmc": "create_evaluate_cmc_plot_reid",
    "e.matches": "create_evaluate_matches_plot_reid",
    "e.other": "create_something_unknown",
}


@pytest.fixture
def skill(tmp_path: Path) -> Skill:
    info = {
        "name": "x",
        "metrics": {"monitoring_metric": "acc"},
        "actions": {"go": {"command": "go"}},
        "spec_params": {"go": RULES},
    }
    folder = tmp_path / "skill" / "references"
    folder.mkdir(parents=True)
    (folder / "skill_info.yaml").write_text(yaml.safe_dump(info))
    return load_skill(tmp_path / "skill")


@pytest.fixture
def parent(tmp_path: Path) -> Path:
    """A finished job of three epochs, the second the best by acc, the third by loss."""
    train = tmp_path / "parent" / "train"
    train.mkdir(parents=True)
    for epoch in (1, 2, 3):
        (train / f"model_epoch_{epoch:03d}_step_{epoch * 10:05d}.pth").write_bytes(b"x")
    (train / "latest.pth").symlink_to(train / "model_epoch_003_step_00030.pth")
    lines = [
        {"epoch": epoch, "kpi": {"acc": acc, "train_loss": 1 / epoch}}
        for epoch, acc in ((1, 0.2), (2, 0.9), (3, 0.5), (4, 0.99))
    ]
    text = "\n".join(map(json.dumps, lines)) + '\n{"epoch": 5, "kp'
    (train.parent / "status.json").write_text(text)
    return tmp_path / "parent"


def fill(skill: Skill, tmp_path: Path, values: dict[str, Any] | None = None, **more: Any) -> Any:
    user_keys = more.pop("user_keys", ())
    return infer(skill, "go", values or {}, user_keys, results_dir=tmp_path / "job", **more)


def test_files_of_the_job(skill: Skill, tmp_path: Path) -> None:
    values, notes = fill(skill, tmp_path, keys={"key": "secret"}, ptm="/p.pth")
    job = tmp_path / "job"
    assert values["out"] == str(job)
    assert values["m"]["ptm"] == "/p.pth"
    assert values["key"] == "secret"
    assert values["e"] == {
        "onnx": str(job / "model.onnx"),
        "result": str(job / "inference.json"),
        "cmc": str(job / "cmc_curve.png"),
        "matches": str(job / "sampled_matches.png"),
    }
    assert "secret" not in " ".join(notes)
    assert len(notes) == 7


def test_only_what_is_empty_and_not_the_users_is_filled(skill: Skill, tmp_path: Path) -> None:
    given = {"out": "/mine", "e": {"onnx": "", "cmc": "???", "result": None}}
    values, _ = fill(skill, tmp_path, given, user_keys=("e.onnx",))
    assert values["out"] == "/mine"
    assert values["e"]["onnx"] == ""
    assert values["e"]["cmc"].endswith("cmc_curve.png")
    assert values["e"]["result"].endswith("inference.json")
    assert given["e"]["cmc"] == "???"


@pytest.mark.parametrize(("metric", "epoch"), [("acc", 2), ("train_loss", 3), ("unknown", 3)])
def test_the_parents_best_checkpoint(parent: Path, metric: str, epoch: int) -> None:
    found = parent_checkpoint(parent, metric, None)
    assert found is not None
    assert f"epoch_{epoch:03d}" in found.name


def test_what_the_ledger_knows_chooses_the_parents_checkpoint(parent: Path) -> None:
    reported = {1: {"acc": 0.7}, 3: {"acc": 0.1}}
    found = parent_checkpoint(parent, "acc", "maximize", reported)
    assert found is not None
    assert "epoch_001" in found.name


def test_the_parents_model_and_its_folder(skill: Skill, tmp_path: Path) -> None:
    values, _ = fill(skill, tmp_path, parent_model="/parent/train/model.pth")
    assert values["e"]["model"] == "/parent/train/model.pth"
    assert values["e"]["folder"] == "/parent/train"


def test_a_sweeps_best_folder_is_the_parent(parent: Path) -> None:
    best = parent / "best" / "model_epoch_007_step_1.pth"
    best.parent.mkdir()
    best.write_bytes(b"x")
    assert parent_checkpoint(parent, "acc", None) == best


def test_a_parent_without_checkpoint_gives_none(tmp_path: Path) -> None:
    assert parent_checkpoint(tmp_path, "acc", None) is None


def test_resuming_takes_the_newest_and_leaves_the_pretrained_file_out(
    skill: Skill, tmp_path: Path
) -> None:
    job = tmp_path / "job"
    job.mkdir()
    for epoch in (9, 10):
        (job / f"model_epoch_{epoch:03d}_step_1.pth").write_bytes(b"x")
    values, _ = fill(skill, tmp_path, ptm="/p.pth")
    assert "epoch_010" in get_path(values, "t.resume")
    assert get_path(values, "m.ptm", None) is None
    other, _ = fill(skill, tmp_path, {"t": {"resume": "/else.pth"}}, ptm="/p.pth")
    assert get_path(other, "t.resume") == "/else.pth"
    assert get_path(other, "m.ptm", None) is None


def test_the_reid_trainers_images_are_cached_where_the_user_wants_them(tmp_path: Path) -> None:
    skill = load_skill(packaged_skill_dir())
    given = {"dataset": {"cache_dir": ""}}
    plain, _ = infer(skill, "train", given, (), results_dir=tmp_path)
    found, notes = infer(skill, "train", given, (), results_dir=tmp_path, cache_dir="/fast")
    assert (plain["dataset"]["cache_dir"], found["dataset"]["cache_dir"]) == ("", "/fast")
    assert "dataset.cache_dir = /fast (cache_dir)" in notes
