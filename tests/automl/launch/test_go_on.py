"""What goes on from an earlier training: direct runs, fine-tuning, --continue, any parent."""

import io
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from project_paths import SKILLS
from s3 import BUCKET, s3_server

import automl
from automl.cli.main import cli
from automl.errors import InputError
from automl.launch.plan import Plan, make_plan
from automl.launch.planning.start import KEY_VARIABLE
from automl.launch.request import RunRequest
from automl.results.run import read_run
from automl.trial.data.cache import CACHE_VARIABLE

MakePlan = Callable[..., Plan]


@pytest.fixture
def detector(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SKILLS / "detector", tmp_path / "detector"))


@pytest.fixture(autouse=True)
def sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The data sets of the detector, by source."""
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    for root in (tmp_path / "sets" / "train", tmp_path / "sets" / "val"):
        (root / "meta").mkdir(parents=True)
        with tarfile.open(root / "images.tar.gz", "w:gz") as tar:
            tar.addfile(tarfile.TarInfo("images/a.jpg"), io.BytesIO())
        for name in ("boxes.json", "test.json", "meta/coco.txt"):
            (root / name).write_text("1")
    return {name: str(tmp_path / "sets" / name) for name in ("train", "val")}


@pytest.fixture
def data(sets: dict[str, str]) -> dict[str, str]:
    return {"train": sets["train"], "eval": sets["val"]}


@pytest.fixture
def parent(detector: Path, data: dict[str, str]) -> Path:
    """A direct training of four epochs, the best of which is the second."""
    overrides = {"num_epochs": 4, "model.width": 16, "model.pretrain_choice": "none"}
    result = automl.run(
        skill_dir=detector, data=data, policy="off", overrides=overrides, output="runs/net-parent"
    )
    assert result.status == "done", result.message
    return result.folder


@pytest.fixture
def plan(tmp_path: Path) -> MakePlan:
    return lambda **options: make_plan(RunRequest(output=tmp_path / "runs" / "next", **options))


def _epochs(folder: Path) -> list[int]:
    return [each.epoch for history in read_run(folder).histories for each in history.epochs]


def _state(folder: Path, epoch: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / f"model_epoch_{epoch:03d}.pth").read_text())
    return found


def _killed_run(detector: Path, data: dict[str, str], folder: Path) -> None:
    """Start a direct training that is killed, with its driver, before its third epoch."""
    roots = [word for name, root in data.items() for word in ("--data", f"{name}={root}")]
    command = [
        sys.executable, "-m", "automl", "run", "--skill-dir", str(detector), *roots,
        "--policy", "off", "--set", "num_epochs=4", "--set", "train.kill_at=3",
        "--output", str(folder),
    ]  # fmt: skip
    assert subprocess.run(command, capture_output=True, check=False).returncode == -9


def test_a_direct_run_goes_on_from_its_newest_checkpoint(
    detector: Path, data: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "runs" / "one"
    _killed_run(detector, data, folder)
    assert "automl run --resume" in CliRunner().invoke(cli, ["status", str(folder)]).output
    done = CliRunner().invoke(cli, ["run", "--resume", str(folder), "--yes"])
    assert done.exit_code == 0, done.output
    assert "goes on from model_epoch_002.pth" in done.output
    undisturbed = automl.run(
        skill_dir=detector, data=data, policy="off", output=tmp_path / "two",
        overrides={"num_epochs": 4, "train.kill_at": 0},
    )  # fmt: skip
    assert _epochs(folder) == _epochs(undisturbed.folder) == [1, 2, 3, 4]
    end = _state(folder / "trials" / "0000", 4)
    assert end == _state(undisturbed.folder / "trials" / "0000", 4)
    table = automl.load_trials(folder)
    columns = ["state", "score", "epochs", "best_epoch"]
    assert table[columns].to_dict() == undisturbed.trials[columns].to_dict()
    over = CliRunner().invoke(cli, ["run", "--resume", str(folder), "--yes"])
    more = f"automl run --parent {folder} --continue --set num_epochs=N"
    said = f"{folder} is done, nothing is left to do: to train it further  {more}\n"
    assert (over.exit_code, over.output) == (0, said)


def test_what_cannot_go_on_says_so(
    detector: Path, data: dict[str, str], parent: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="--add-trials acts on sweeps alone"):
        automl.resume(parent, add_trials=2)
    folder = tmp_path / "runs" / "one"
    _killed_run(detector, data, folder)
    info = detector / "references" / "skill_info.yaml"
    info.write_text(info.read_text().replace("train.resume: resume_model", ""))
    with pytest.raises(InputError, match="action train of test-detector cannot go on from a check"):
        automl.resume(folder, allow_changed=True)


def test_fine_tuning_starts_from_the_parents_best_weights(
    plan: MakePlan, parent: Path, sets: dict[str, str]
) -> None:
    found = plan(parent=parent, policy="off")
    best = parent / "best" / "model_epoch_002.pth"
    assert found.spec["model"] == {"width": 16, "weights": str(best), "pretrain_choice": "imagenet"}
    assert found.spec["train"]["resume"] == ""
    assert f"fine-tuning: starts from the weights of {best}; data and classes may" in found.notes[0]
    assert found.spec["dataset"]["val"]["boxes"] == f"{sets['val']}/boxes.json"
    other = plan(parent=parent, policy="off", data={"train": sets["val"]})
    assert other.spec["dataset"]["train"][0]["boxes"] == f"{sets['val']}/boxes.json"


def test_continue_goes_on_where_the_parent_ended(parent: Path, plan: MakePlan) -> None:
    with pytest.raises(InputError, match="model_epoch_004.pth is of epoch 4 of 4: say how many"):
        plan(parent=parent, goes_on=True)
    with pytest.raises(InputError, match="leave out --policy on"):
        plan(parent=parent, goes_on=True, policy="on")
    with pytest.raises(InputError, match="--continue goes on with a parent's training: name it"):
        plan(goes_on=True)
    more = plan(parent=parent, goes_on=True, overrides={"num_epochs": 6})
    assert more.spec["model"]["pretrain_choice"] == "none"
    result = automl.run(
        parent=parent, goes_on=True, overrides={"num_epochs": 6}, output="runs/more"
    )
    assert result.status == "done"
    assert _epochs(result.folder) == [5, 6]
    assert _state(result.folder / "trials" / "0000", 6)["epochs"] == [1, 2, 3, 4, 5, 6]


def test_a_parent_is_found_by_its_name(parent: Path, plan: MakePlan) -> None:
    for job in ("net-parent", "parent", "net-parent/0000"):
        found = plan(parent_job=job, action="evaluate")
        assert Path(found.spec["checkpoint"]).name == "model_epoch_002.pth"
    with pytest.raises(InputError, match="no such run in .*runs; the last of its runs: net-parent"):
        plan(parent_job="other", action="evaluate")
    with pytest.raises(InputError, match="leave one out"):
        plan(parent_job="parent", parent=parent, action="evaluate")


@pytest.mark.parametrize("below", ["", "/trials/0000", "/best"])
def test_any_folder_of_a_run_brings_skill_metric_and_data(
    parent: Path, plan: MakePlan, sets: dict[str, str], below: str
) -> None:
    found = plan(parent=f"{parent}{below}", action="evaluate")
    assert found.skill.info.name == "test-detector"
    assert Path(found.spec["checkpoint"]).name == "model_epoch_002.pth"
    assert found.spec["dataset"]["test"]["boxes"] == f"{sets['val']}/test.json"


@pytest.mark.parametrize("below", ["", "/trials/0000"])
def test_a_parent_at_a_url(parent: Path, plan: MakePlan, sets: dict[str, str], below: str) -> None:
    url = f"file://{parent}{below}"
    found = plan(parent=url, action="evaluate")
    checkpoint = Path(found.spec["checkpoint"])
    assert checkpoint.read_bytes() == (parent / "best" / "model_epoch_002.pth").read_bytes()
    assert not checkpoint.is_relative_to(parent)
    assert found.spec["dataset"]["test"]["boxes"] == f"{sets['val']}/test.json"
    assert plan(parent=url, goes_on=True, overrides={"num_epochs": 9}).spec["train"]["resume"]
    with pytest.raises(InputError, match="no run lies there"):
        plan(parent=f"file://{parent.parent}", action="evaluate")


def test_an_export_is_a_parent(parent: Path, plan: MakePlan, sets: dict[str, str]) -> None:
    exported = automl.run(
        action="evaluate", parent=parent, output="runs/export", overrides={"export": True}
    )
    found = plan(parent=exported.folder, action="evaluate")
    assert found.spec["checkpoint"] == str(exported.folder / "trials" / "0000" / "model.onnx")
    assert found.spec["dataset"]["test"]["boxes"] == f"{sets['val']}/test.json"
    with pytest.raises(InputError, match="an exported model cannot be trained further"):
        plan(parent=exported.folder)
    with pytest.raises(InputError, match="no checkpoint to train on from"):
        plan(parent=exported.folder, goes_on=True)


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
def test_one_trial_of_a_sweep_is_a_parent(
    detector: Path, data: dict[str, str], plan: MakePlan, sets: dict[str, str]
) -> None:
    sweep = automl.run(
        skill_dir=detector,
        data=data,
        trials=2,
        max_concurrent=1,
        keep_checkpoints="all",
        output="runs/sweep",
    )
    trial = sweep.folder / "trials" / "0001"
    found = plan(parent=trial, action="evaluate")
    assert Path(found.spec["checkpoint"]).parent == trial
    assert found.skill.directory == detector
    assert found.spec["dataset"]["test"]["boxes"] == f"{sets['val']}/test.json"
    lr = yaml.safe_load((trial / "spec.yaml").read_text())["train"]["lr"]
    assert plan(parent=trial, policy="off").spec["train"]["lr"] == lr


def test_a_pretrained_file_is_fetched_from_a_url(
    plan: MakePlan, detector: Path, data: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "weights.pth").write_text("weights")
    url = f"file://{tmp_path}/weights.pth"
    given = {"skill_dir": detector, "data": data, "policy": "off"}
    found = plan(**given, overrides={"model.weights": url})
    assert Path(found.spec["model"]["weights"]).read_text() == "weights"
    assert found.sources["model.weights"].location == url
    info = detector / "references" / "skill_info.yaml"
    info.write_text(info.read_text() + f"pretrained_model: {url}\n")
    assert Path(plan(**given).spec["model"]["weights"]).read_text() == "weights"
    info.write_text(info.read_text().replace(url, "net.pth"))
    with pytest.raises(InputError, match="pretrained_model of test-detector: .*net.pth does not"):
        plan(**given)
    (detector / "net.pth").write_text("own")
    assert plan(**given).spec["model"]["weights"] == str(detector / "net.pth")
    checkpoint = {"train.resume": str(tmp_path / "weights.pth")}
    assert plan(**given, overrides=checkpoint).spec["model"]["weights"] == ""


def test_the_key_is_named_and_never_written(
    plan: MakePlan, detector: Path, data: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"skill_dir": detector, "data": data, "policy": "off"}
    assert plan(**given).spec["encryption_key"] == ""
    info = detector / "references" / "skill_info.yaml"
    info.write_text(info.read_text() + "key_defaults: {encryption_key: common}\n")
    assert plan(**given).spec["encryption_key"] == "common"
    monkeypatch.setenv(KEY_VARIABLE, "pass-word")
    assert plan(**given).spec["encryption_key"] == f"env:{KEY_VARIABLE}"


@pytest.mark.slow
def test_parents_and_pretrained_files_in_a_bucket(
    parent: Path,
    plan: MakePlan,
    detector: Path,
    data: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with s3_server(monkeypatch) as (client, _):
        for path in (path for path in parent.rglob("*") if path.is_file()):
            key = f"runs/one/{path.relative_to(parent).as_posix()}"
            client.put_object(Bucket=BUCKET, Key=key, Body=path.read_bytes())
        url = f"s3://{BUCKET}/runs/one"
        found = plan(parent=url, action="evaluate")
        best = Path(found.spec["checkpoint"])
        assert best.read_bytes() == (parent / "best" / "model_epoch_002.pth").read_bytes()
        trial = plan(parent=f"{url}/trials/0000", goes_on=True, overrides={"num_epochs": 9})
        assert Path(trial.spec["train"]["resume"]).name == "model_epoch_004.pth"
        weights = {"model.weights": f"{url}/best/model_epoch_002.pth"}
        own = plan(skill_dir=detector, data=data, policy="off", overrides=weights)
        assert Path(own.spec["model"]["weights"]).read_bytes() == best.read_bytes()


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
def test_a_confirmations_training_is_a_parent(
    detector: Path, data: dict[str, str], plan: MakePlan
) -> None:
    schema = detector / "schemas" / "train.schema.json"
    document = json.loads(schema.read_text())
    seed = {"type": "integer", "default": 1, "minimum": 0}
    document["properties"]["train"]["properties"]["seed"] = seed
    schema.write_text(json.dumps(document))
    sweep = automl.run(
        skill_dir=detector, data=data, trials=2, confirm=1, repeats=1, max_concurrent=1,
        keep_checkpoints="all", output="runs/sweep",
    )  # fmt: skip
    trials = sweep.trials
    confirmed = trials.loc[trials["source"] == "confirm", "trial_id"].iloc[0]
    folder = sweep.folder / "trials" / confirmed
    found = plan(parent=folder, action="evaluate")
    assert Path(found.spec["checkpoint"]).parent == folder
    assert found.skill.directory == detector
