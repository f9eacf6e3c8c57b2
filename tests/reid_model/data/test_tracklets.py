"""Tracks as image sets: which crops they hold, and how they are scored."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from reid_model.actions.scores import evaluation_metrics, label_features, score
from reid_model.config.actions import ReRankingConfig
from reid_model.data.folder import Crop
from reid_model.data.lists.sets import list_set
from reid_model.data.retrieval_split import RetrievalSplit
from reid_model.data.splits import read_retrieval_split, split_line
from reid_model.data.tracklets import as_sets, images_of
from reid_model.module import scoring

QUERY, GALLERY = "evaluate.query_dataset", "evaluate.test_dataset"


def _listed(folder: Path, name: str, rows: str, header: str = "path,pid,camid,track") -> Path:
    for row in rows.split():
        (folder / row.partition(",")[0]).write_bytes(b"")
    (folder / name).write_text("\n".join([header, *rows.split()]))
    return folder / name


def _names(crop: Crop) -> list[str]:
    return [path.name for path in (crop.path, *crop.others)]


def test_a_set_is_one_persons_track_of_one_camera(tmp_path: Path) -> None:
    rows = "a.jpg,7,1,5 b.jpg,7,2,5 c.jpg,8,1,5 d.jpg,7,1, e.jpg,7,1,5 f.jpg,7,1,"
    sets = as_sets(list_set(_listed(tmp_path, "all.csv", rows), GALLERY).crops)
    assert list(map(_names, sets)) == [
        ["a.jpg", "e.jpg"],
        ["b.jpg"],
        ["c.jpg"],
        ["d.jpg"],
        ["f.jpg"],
    ]
    assert [crop.path.name for crop in images_of(sets)] == [f"{name}.jpg" for name in "aebcdf"]
    assert {crop.others for crop in images_of(sets)} == {()}


@pytest.mark.parametrize("header", ["track", "track_id", "Tracklet", "tracklet_id"])
def test_the_column_has_the_names_that_trackers_give_it(tmp_path: Path, header: str) -> None:
    file = _listed(tmp_path, "all.csv", "a.jpg,7,x", f"path,pid,{header}")
    assert [crop.track for crop in list_set(file, GALLERY).crops] == ["x"]


def test_a_pattern_and_mars_names_tell_the_track(tmp_path: Path) -> None:
    for name in ("7-1-3-a.jpg", "7-1-3-b.jpg", "7-2-3-c.jpg"):
        (tmp_path / name).write_bytes(b"")
    found = list_set(tmp_path, GALLERY, r"(?P<pid>\d)-(?P<camid>\d)-(?P<track>\d)-").crops
    assert [len(_names(one)) for one in as_sets(found)] == [2, 1]


@pytest.fixture
def split(tmp_path: Path) -> RetrievalSplit:
    """Two queries and three gallery sets, of two persons."""
    query = _listed(tmp_path, "q.csv", "q1.jpg,1,1,a q2.jpg,2,1, q3.jpg,1,1,a")
    rows = "a1.jpg,1,2,a b1.jpg,2,2,b c.jpg,2,2, b2.jpg,2,2,b a2.jpg,1,2,a"
    gallery = _listed(tmp_path, "g.csv", rows)
    return read_retrieval_split(str(query), str(gallery), query_key=QUERY, gallery_key=GALLERY)


def test_sets_are_scored_by_the_mean_of_their_embeddings(split: RetrievalSplit) -> None:
    """By hand: query 1 lies at 18.4 degrees, a at 26.6, c at 0, b at 45; query 2 at 0.

    So query 1 finds its person first (AP 1), and query 2 at ranks 1 and 3 (AP 5/6).
    """
    given = {
        "q1": (3, 0), "q3": (0, 1), "q2": (1, 0),
        "a1": (4, 0), "a2": (0, 2), "b1": (1, 1), "b2": (2, 2), "c": (2, 0),
    }  # fmt: skip
    features = torch.tensor([given[crop.path.stem] for crop in split.crops]).float()
    evaluated = evaluation_metrics(score(label_features(features, split), ReRankingConfig()))
    for found in (evaluated, scoring.validation_metrics(features, split)):
        assert found["mAP"] == pytest.approx(11 / 12)
        assert found["cmc_rank_1"] == 1.0
        assert found["cmc_rank_1_resolution"] == 0.5


def test_what_is_a_set_is_told(split: RetrievalSplit) -> None:
    assert f"{QUERY}: 3 images are 2 image sets, one for each track" in " ".join(split.notes)
    gallery = split_line("gallery", split.gallery)
    assert gallery == "gallery: 5 images in 3 image sets of 2 identities, 1 cameras"


def test_queries_drawn_from_a_gallery_are_whole_tracks(tmp_path: Path) -> None:
    rows = "a.jpg,1,1,a b.jpg,1,1,a c.jpg,1,1,b d.jpg,1,1,b e.jpg,1,2,c"
    file = _listed(tmp_path, "all.csv", rows)
    split = read_retrieval_split("", str(file), query_key=QUERY, gallery_key=GALLERY)
    drawn = sorted(map(_names, (*split.query, *split.gallery)))
    assert drawn == [["a.jpg", "b.jpg"], ["c.jpg", "d.jpg"], ["e.jpg"]]
    assert len(split.query) == 1
