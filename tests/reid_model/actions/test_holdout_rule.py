"""Whether a training set can spare identities for validation, by the names of its crops."""

from pathlib import Path
from typing import Any

import pytest

from reid_model.actions.holdout_rule import share
from reid_model.data.folder import list_folder
from reid_model.data.holdout import hold_out
from reid_model.errors import DataError


def spec(folder: Path, people: int, *, cameras: int = 2) -> dict[str, Any]:
    folder.mkdir()
    for pid in range(1, people + 1):
        for camera in range(1, cameras + 1):
            (folder / f"{pid:04d}_c{camera}s1_000001_01.jpg").touch()
    return {"dataset": {"train_dataset_dir": str(folder)}}


@pytest.mark.parametrize(
    ("people", "expected", "words"),
    [
        (99, 0.0, "99 training identities, fewer than 100, are all needed to train"),
        (100, 0.2, "20 of 100 training identities"),
        (751, 0.2, "150 of 751 training identities"),
    ],
)
def test_from_100_identities_on_it_is_a_fifth(
    tmp_path: Path, people: int, expected: float, words: str
) -> None:
    found = spec(tmp_path / "train", people)
    assert share(found) == (expected, words)
    if expected:  # the trainer holds out as many as the words say
        crops = list_folder(tmp_path / "train", "train").crops
        held = {crop.pid for crop in hold_out(crops, expected, 0).query}
        assert len(held) == int(words.split()[0])


def test_junk_is_nobody_and_distractors_are_one(tmp_path: Path) -> None:
    found = spec(tmp_path / "train", 99)
    for name in ("-1_c1s1_000001_01.jpg", "-1_c2s1_000001_01.jpg"):
        (tmp_path / "train" / name).touch()
    assert share(found)[0] == 0.0
    (tmp_path / "train" / "0000_c1s1_000001_01.jpg").touch()  # a class of the trainer
    assert share(found)[0] == 0.2


def test_identities_of_one_camera_cannot_be_scored(tmp_path: Path) -> None:
    found = spec(tmp_path / "train", 150, cameras=1)
    words = "only 0 of 150 training identities are seen by two cameras or more"
    assert share(found) == (0.0, words)


def test_a_folder_without_crops_is_the_trainers_error(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    with pytest.raises(DataError, match="train_dataset_dir: no images"):
        share({"dataset": {"train_dataset_dir": str(tmp_path / "train")}})
