"""Persons and cameras of other people's folders: patterns, words, a folder for each person."""

from __future__ import annotations

from pathlib import Path

import pytest

from reid_model.data.folder import list_folder, list_folders
from reid_model.data.names.naming import name_all
from reid_model.errors import ConfigError, DataError


def _ids(*names: str, pattern: str = "") -> list[tuple[int, int] | None]:
    return [who and (who.pid, who.camid) for who in name_all(names, pattern).identities]


def test_a_folder_for_each_person_and_perhaps_each_camera() -> None:
    assert _ids("anna/1.jpg", "bo/1.jpg", "anna/2.jpg") == [(1, 0), (2, 0), (1, 0)]
    assert _ids("12/a.jpg", "7/b.jpg") == [(12, 0), (7, 0)]
    assert _ids("id_12/a.jpg", "person 7/b.jpg") == [(12, 0), (7, 0)]
    assert _ids("anna/cam2_1.jpg", "bo/cam5_1.jpg") == [(1, 2), (2, 5)]
    assert _ids("12/cam2/a.jpg", "12/cam5/a.jpg") == [(12, 2), (12, 5)]
    assert _ids("anna/door/a.jpg", "anna/yard/a.jpg") == [(1, 1), (1, 2)]


def test_words_of_one_number_stay_apart() -> None:
    """Two words may hold the same number: they are two persons."""
    assert _ids("a1/x.jpg", "b1/x.jpg") == [(1, 0), (2, 0)]
    assert _ids("0002/x.jpg", "2/x.jpg") == [(2, 0), (2, 0)]


def test_known_forms_come_first() -> None:
    assert _ids("folder/0002_c1s1_000451_03.jpg", "folder/7.jpg") == [(2, 1), None]


def test_a_pattern_is_looked_for_in_the_name_or_where_it_says_in_the_path() -> None:
    named = r"(?P<pid>\d+)-(?P<camid>[a-z]+)"
    assert _ids("9-z/17-yard-3.png", "18-door.png", pattern=named) == [(17, 2), (18, 1)]
    assert _ids("x/17.png", pattern=named) == [None]
    assert _ids("site3/17/1.png", pattern=r"site(?P<camid>\d)/(?P<pid>\d+)/") == [(17, 3)]
    assert _ids("bo_1.png", "anna_1.png", pattern="(?P<pid>[a-z]+)_") == [(2, 0), (1, 0)]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("(?P<pid>[)", "is not a regular expression"),
        (r"(\d+)_c(\d+)", "names no person: put it into a group"),
        (r"(?P<pid>\d+)_(?P<view>\d)", "its groups are pid, camid and track, not view"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_told(pattern: str, words: str) -> None:
    with pytest.raises(ConfigError, match="dataset.pattern") as told:
        name_all(["1.jpg"], pattern)
    assert words in str(told.value)


def test_query_and_gallery_number_the_same_persons(tmp_path: Path) -> None:
    for name in ("query/bo/1.jpg", "gallery/anna/1.jpg", "gallery/bo/2.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    query, gallery = list_folders([(tmp_path / "query", "q"), (tmp_path / "gallery", "g")])
    assert [crop.pid for crop in query.crops] == [2]
    assert [crop.pid for crop in gallery.crops] == [1, 2]
    assert "q: 2 persons, numbered in the order of their names" in query.notes[0]
    assert "no cameras: all crops count as of one" in query.notes[0]


def test_files_that_the_pattern_misses_are_named(tmp_path: Path) -> None:
    for name in ("1_c1.jpg", "portrait.jpg"):
        (tmp_path / name).touch()
    with pytest.raises(DataError, match="dataset.pattern .* does not match portrait.jpg in"):
        list_folder(tmp_path, "k", r"(?P<pid>\d+)_c(?P<camid>\d)")
