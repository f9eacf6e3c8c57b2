"""Which pairs count by each evaluate.protocol, and what the figures are."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from reid_model.config import load_spec
from reid_model.config.experiment import ExperimentConfig
from reid_model.data.folder import Crop
from reid_model.data.holdout import hold_out
from reid_model.data.retrieval_split import RetrievalSplit
from reid_model.data.splits import read_retrieval_split
from reid_model.errors import DataError
from reid_model.module.scoring import validation_metrics


@pytest.fixture
def folders(tmp_path: Path) -> tuple[str, str]:
    """One camera; the query folder holds a copy of one gallery image of each person."""
    for name, content in (
        ("query/1_c1_a.jpg", "one"), ("query/2_c1_a.jpg", "two"),
        ("gallery/1_c1_a.jpg", "one"), ("gallery/1_c1_b.jpg", "1b"),
        ("gallery/2_c1_a.jpg", "two"), ("gallery/2_c1_b.jpg", "2b"),
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    return str(tmp_path / "query"), str(tmp_path / "gallery")


def _split(folders: tuple[str, str], protocol: str) -> RetrievalSplit:
    keys = {"query_key": "q", "gallery_key": "g"}
    return read_retrieval_split(*folders, **keys, protocol=protocol)


def test_one_camera_needs_another_protocol_and_the_error_says_which(
    folders: tuple[str, str],
) -> None:
    with pytest.raises(DataError, match="set evaluate.protocol=cross_image"):
        _split(folders, "cross_camera")


def test_the_figures_by_each_protocol(folders: tuple[str, str]) -> None:
    """Each query finds its own copy first, then the other person, then its own second image."""
    angles = torch.tensor([0.0, 90.0, 0.0, 100.0, 90.0, -20.0]).deg2rad()
    features = torch.stack([angles.cos(), angles.sin()], 1)
    everything = validation_metrics(features, _split(folders, "all"))
    assert everything["cmc_rank_1"] == 1.0
    others = validation_metrics(features, _split(folders, "cross_image"))
    assert others["cmc_rank_1"] == 0.0
    assert others["cmc_rank_5"] == 1.0
    assert others["mAP"] == pytest.approx(1 / 3)


@pytest.mark.parametrize("protocol", ["all", "cross_image"])
def test_what_the_figures_mean_is_said(folders: tuple[str, str], protocol: str) -> None:
    notes = " ".join(_split(folders, protocol).notes)
    assert f"evaluate.protocol {protocol}: crops of one camera count" in notes
    assert "not comparable with published ones" in notes


def test_identities_of_one_camera_are_held_out_where_they_can_be_scored() -> None:
    crops = [Crop(Path(f"{pid}_c1_{n}.jpg"), pid, 1) for pid in range(1, 9) for n in range(3)]
    with pytest.raises(DataError, match="0 of them seen by two cameras or more"):
        hold_out(crops, 0.25, 0)
    held = hold_out(crops, 0.25, 0, across_cameras=False)
    assert len({crop.pid for crop in held.query}) == 2
    assert len(held.query) == 2
    assert len(held.gallery) == 4
    assert not {crop.pid for crop in held.kept} & {crop.pid for crop in held.query}


def test_a_spec_takes_the_three_and_no_other() -> None:
    config: ExperimentConfig = load_spec({"evaluate": {"protocol": "cross_image"}})
    assert config.evaluate.protocol == "cross_image"
    with pytest.raises(Exception, match="evaluate.protocol"):
        load_spec({"evaluate": {"protocol": "market"}})
