"""The ReID trainer on two CPU ranks under a scheduler, one rank killed on the way."""

import json
import shutil
from pathlib import Path

import pytest

import automl
from automl.skill import packaged_skill_dir
from reid_model.synthetic import make_data

FRAGILE = """
import os, signal
from pathlib import Path
from reid_model.actions.train import run as train

def run(spec, report=None):
    folder = Path(spec["results_dir"])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"rank-{os.environ['RANK']}.pid").write_text(str(os.getpid()))
    once = folder.parent / "killed"
    if folder.name == "0002" and os.environ["RANK"] == "1" and not once.exists():
        once.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    train(spec, report)
"""
SPEC = {
    "train.num_gpus": 2, "num_epochs": 3, "model.backbone": "osnet_x0_25",
    "model.input_height": 32, "model.input_width": 16, "model.feat_dim": 32,
    "pretrain_choice": "none", "dataset.batch_size": 4, "dataset.num_instances": 2,
    "dataset.num_workers": 0, "dataset.padding": 2,
}  # fmt: skip

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_ray")]


@pytest.fixture
def skill(tmp_path: Path) -> Path:
    """The packaged skill, its trainer behind one that loses a rank."""
    folder, packaged = tmp_path / "skill", packaged_skill_dir()
    for part in ("references", "schemas"):
        shutil.copytree(packaged / part, folder / part)
    info = folder / "references" / "skill_info.yaml"
    text = info.read_text()
    fragile = text.replace("reid_model.actions.train:run", "fragile_reid:run")
    assert fragile != text
    info.write_text(fragile)
    (folder / "fragile_reid.py").write_text(FRAGILE)
    return folder


def test_two_ranks_under_a_scheduler(skill: Path, tmp_path: Path) -> None:
    data, run = tmp_path / "data", tmp_path / "run"
    make_data(data, ids=8, cameras=2, images_per_camera=2, height=32, width=16, seed=3, tar=False)
    result = automl.run(
        skill_dir=skill, data=str(data), output=run, overrides=SPEC, trials=3, seed=2,
        scheduler="asha", search=["base_lr"], ranges={"base_lr": "1e-6:1e-2:log"},
    )  # fmt: skip
    table = result.trials.set_index("number")
    assert result.status == "done"
    assert set(table["state"]) == {"finished", "stopped"}
    ends = [json.loads(line) for line in (run / "ledger.jsonl").read_text().splitlines()]
    (retried,) = (event for event in ends if event.get("state") == "retried")
    assert (retried["number"], retried["fault"]) == (2, "infrastructure")
    pids = [(run / f"trials/{n:04d}/rank-0.pid").read_text() for n in table.index]
    assert len(set(pids)) == 2, "one pool until the loss, one after it"
    status = (run / "trials" / "0000" / "status.json").read_text()
    assert status.count('"status": "STARTED"') == 1, "rank 0 alone tells"
    assert "2 processes on the CPU" in status
    assert table.loc[0, "epochs"] == 3
