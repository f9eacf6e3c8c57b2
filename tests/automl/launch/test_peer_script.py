"""A script skill of another tool's contract runs unchanged: direct and as a sweep."""

from pathlib import Path

import pytest
from project_paths import SKILLS

import automl
from automl.skill import load_skill

PEER = SKILLS / "peer_script"


def test_direct(tmp_path: Path) -> None:
    before = load_skill(PEER).digest()
    result = automl.run(skill_dir=PEER, output=tmp_path / "run", policy="off")
    assert result.status == "done"
    assert list(result.epochs["epoch"]) == [1, 2, 3, 4]
    assert list(result.epochs["val_acc"]) == sorted(result.epochs["val_acc"])
    assert set(result.epochs) >= {"loss", "val_acc"}
    assert (tmp_path / "run" / "best" / "model_epoch_004.pth").exists()
    assert "job 0000 starts" in (tmp_path / "run" / "trials" / "0000" / "log.txt").read_text()
    assert load_skill(PEER).digest() == before


@pytest.mark.usefixtures("shared_ray")
@pytest.mark.slow
def test_as_a_sweep(tmp_path: Path) -> None:
    result = automl.run(skill_dir=PEER, output=tmp_path / "run", trials=5, seed=1, max_concurrent=1)
    table = result.trials
    assert (result.status, set(table["state"]), len(table)) == ("done", {"finished"}, 5)
    assert result.best["val_acc"] == table["val_acc"].max() > table.loc[0, "val_acc"]
    assert len(result.epochs) == 20
