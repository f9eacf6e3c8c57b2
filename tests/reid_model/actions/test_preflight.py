"""What a trial would refuse is refused before anything is launched."""

import copy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from project_paths import ROOT

from reid_model.actions.preflight import check
from reid_model.errors import BadInputError, DataError
from reid_model.models.weights import pretrained
from reid_model.synthetic import make_data

TEMPLATE = ROOT / "references" / "spec_template_train.yaml"


@pytest.fixture(scope="module")
def crops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("crops") / "data"
    make_data(out, ids=12, cameras=2, images_per_camera=2, height=32, width=16, seed=3)
    return out


@pytest.fixture
def spec(crops: Path) -> dict[str, Any]:
    spec: dict[str, Any] = yaml.safe_load(TEMPLATE.read_text())
    for split in ("train", "test", "query"):
        spec["dataset"][f"{split}_dataset_dir"] = str(crops / f"sample_{split}")
    spec["dataset"]["batch_size"] = 8
    spec["model"]["pretrain_choice"] = "none"
    return spec


def test_it_describes_the_data(spec: dict[str, Any]) -> None:
    lines = check(spec)
    assert lines[0] == "train: 24 images of 6 identities, 2 cameras"
    assert [line.split(":")[0] for line in lines[:3]] == ["train", "query", "gallery"]
    assert lines[3] == "training from scratch (model.pretrain_choice none)"


def test_it_tells_what_was_adapted_and_what_looks_wrong(spec: dict[str, Any]) -> None:
    data = spec["dataset"]
    data["batch_size"] = 64
    data["query_dataset_dir"], data["test_dataset_dir"] = (
        data["test_dataset_dir"],
        data["query_dataset_dir"],
    )
    told = "\n".join(str(line) for line in check(spec))
    assert "dataset.batch_size 24 in place of the default" in told
    assert "dataset.num_classes taken from the data: 6" in told
    assert "look swapped" in told


def test_a_default_batch_size_that_somebody_set_is_refused_and_not_lowered(
    spec: dict[str, Any],
) -> None:
    spec["dataset"]["batch_size"] = 64
    with pytest.raises(DataError, match="64 needs .* the 6 of the training set; .* works is 24"):
        check(spec, user_keys={"dataset.batch_size"})
    spec["dataset"]["batch_size"] = 24
    assert check(spec, user_keys={"dataset.batch_size"})


@pytest.mark.parametrize(
    ("section", "key", "content", "words"),
    [
        ("train", "resume_training_checkpoint_path", None, "does not exist"),
        ("train", "resume_training_checkpoint_path", b"no tensors", "cannot be read"),
        ("model", "pretrained_model_path", b"no tensors", "cannot be read"),
    ],
)
def test_files_that_the_spec_names_are_read(
    spec: dict[str, Any], tmp_path: Path, section: str, key: str, content: Any, words: str
) -> None:
    file = tmp_path / "weights.pth"
    if content is not None:
        file.write_bytes(content)
    spec["model"]["pretrain_choice"] = "self" if section == "model" else "none"
    spec[section][key] = str(file)
    with pytest.raises(BadInputError, match=f"{section}.{key}: .*weights.pth {words}"):
        check(spec)


def test_devices_are_those_of_this_machine_for_a_direct_run(spec: dict[str, Any]) -> None:
    spec["train"]["num_gpus"], spec["dataset"]["batch_size"] = 99, 64
    with pytest.raises(BadInputError, match=r"train.num_gpus is 99|train.gpu_ids"):
        check(spec, direct=True)


def test_it_says_how_large_a_checkpoint_is(spec: dict[str, Any]) -> None:
    spec["model"]["backbone"] = "osnet_x0_25"
    small = check(spec)[-1]
    spec["model"]["backbone"], spec["train"]["ema_decay"] = "resnet_18", 0.9
    large = check(spec)[-1]
    assert isinstance(small, dict)
    assert isinstance(large, dict)
    assert small.keys() == {"checkpoint_bytes", "checkpoints_per_trial"}
    assert 11e6 * 4 * 4 < large["checkpoint_bytes"] < 13e6 * 4 * 4
    assert small["checkpoint_bytes"] < large["checkpoint_bytes"] / 10


def test_missing_weights_are_told_before_the_launch(
    spec: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    spec["model"]["pretrain_choice"] = "imagenet"
    monkeypatch.setattr(pretrained, "_imagenet_file", lambda backbone: "no network")
    assert check(spec)[3].startswith("WARNING: no pretrained weights for resnet_50 (no network)")
    spec["model"]["pretrained_model_path"] = "/nowhere/weights.pth"
    with pytest.raises(BadInputError, match=r"model.pretrained_model_path: /nowhere/weights.pth"):
        check(spec)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("num_classes", 7, "num_classes is 7 but the training set has 6"),
        ("batch_size", 30, "30 is not a multiple of dataset.num_instances 4"),
        ("batch_size", 32, "has 6; the nearest batch_size that works is 24"),
        ("query_dataset_dir", "sample_train", "share no identity"),
        ("train_dataset_dir", "nowhere", "nowhere does not exist"),
    ],
)
def test_it_refuses_what_a_trial_would(
    spec: dict[str, Any], crops: Path, key: str, value: Any, words: str
) -> None:
    spec["dataset"][key] = str(crops / value) if isinstance(value, str) else value
    with pytest.raises(BadInputError, match=words):
        check(spec)


def test_a_batch_is_that_of_all_the_devices_asked_for(spec: dict[str, Any]) -> None:
    spec["train"]["num_gpus"] = 4
    with pytest.raises(BadInputError, match="8 on 4 devices .* needs 8 identities in each batch"):
        check(spec)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("0002_c1s1_000001_00.jpg", b"\xff\xd8 cut off", "0002_c1s1_000001_00.jpg"),
        ("portrait.jpg", b"", "portrait.jpg"),
    ],
)
def test_it_names_the_bad_file(
    spec: dict[str, Any], tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    folder = tmp_path / "train"
    folder.mkdir()
    for crop in Path(spec["dataset"]["train_dataset_dir"]).iterdir():
        (folder / crop.name).symlink_to(crop)
    (folder / name).write_bytes(content)
    changed = copy.deepcopy(spec)
    changed["dataset"]["train_dataset_dir"] = str(folder)
    with pytest.raises(BadInputError, match=words):
        check(changed)


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("actions.preflight", "pytorch_lightning"),
        ("actions.holdout_rule", "torch"),
        ("actions.counts", "torch"),
    ],
)
def test_a_plan_imports_nothing_heavy_that_it_does_not_need(module: str, heavy: str) -> None:
    code = f"import sys, reid_model.{module}\nprint({heavy!r} in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
