"""What is read from a folder, and how each bad folder is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from reid_model.data.folder import list_folder
from reid_model.errors import DataError


def _touch(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def test_crops_are_sorted_whatever_the_suffix_and_strays_are_passed_over(tmp_path: Path) -> None:
    names = ["0003_c1.PNG", "0001_c2.jpg", "-1_c1.jpeg", "Thumbs.db", "notes.txt", "ü/0002_c1.webp"]
    crops = list_folder(_touch(tmp_path, *names), "k").crops
    assert [(crop.pid, crop.camid) for crop in crops] == [(-1, 1), (1, 2), (3, 1), (2, 1)]


def test_files_of_operating_systems_are_skipped_with_a_note(tmp_path: Path) -> None:
    names = ["0001_c1.jpg", "._0001_c1.jpg", "._0002_c1.jpg", "__MACOSX/0003_c1.jpg", "a/.DS_Store"]
    found = list_folder(_touch(tmp_path, *names, "Thumbs.db"), "k")
    assert [crop.path.name for crop in found.crops] == ["0001_c1.jpg"]
    assert "k: skipped .DS_Store (1), ._* (2), Thumbs.db (1), __MACOSX (1)" in found.notes[0]
    assert list_folder(_touch(tmp_path / "clean", "0001_c1.jpg"), "k").notes == ()


def test_a_link_that_leads_back_is_entered_once(tmp_path: Path) -> None:
    _touch(tmp_path, "people/0001_c1.jpg")
    (tmp_path / "people" / "again").symlink_to(tmp_path / "people")
    assert len(list_folder(tmp_path, "k").crops) == 1


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing", "does not exist"),
        ("sample_train.tar.gz", "is an archive; unpack it"),
        ("file.txt", "is not a folder"),
        ("empty", "no images"),
    ],
)
def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path, name: str, words: str) -> None:
    _touch(tmp_path, "file.txt", "sample_train.tar.gz", "empty/readme.md")
    with pytest.raises(DataError, match=f"dataset.x: .*{words}"):
        list_folder(tmp_path / name, "dataset.x")


def test_an_unset_key_is_told_by_its_name() -> None:
    with pytest.raises(DataError, match="dataset.x is empty"):
        list_folder(Path(""), "dataset.x")


def test_nameless_files_are_listed(tmp_path: Path) -> None:
    folder = _touch(tmp_path, "0001_c1.jpg", *(f"person{index}.jpg" for index in range(7)))
    with pytest.raises(DataError, match=r"person0.jpg, .*person4.jpg and 2 more in"):
        list_folder(folder, "k")
