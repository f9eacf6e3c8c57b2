"""Data sets named by lists of crops, alone, several at once, and without queries."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reid_model.data.lists.sets import list_set, list_sets
from reid_model.data.lists.training import list_training
from reid_model.data.splits import read_retrieval_split
from reid_model.errors import DataError

TRAIN, QUERY, GALLERY = (
    "dataset.train_dataset_dir",
    "dataset.query_dataset_dir",
    "dataset.test_dataset_dir",
)


def _images(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def _written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _told(path: Path, key: str = TRAIN) -> list[tuple[str, int, int]]:
    found = list_set(path, key).crops
    return [(str(crop.path.relative_to(path.parent)), crop.pid, crop.camid) for crop in found]


@pytest.mark.parametrize(
    "text",
    [
        "path,pid,camid\na b.jpg,7,1\nc.png,-1,2\n",
        "filename;person_id;camera\na b.jpg;7;1\n\nc.png;-1;2\n",
        '\ufeffcamid\tPID\tpath\n1\t7\t"a b.jpg"\n2\t-1\tc.png\n',
        "# mine\na b.jpg 7 1\nc.png -1 2\n",
        "a b.jpg,7,1\nc.png,-1,2",
    ],
)
def test_every_form_of_a_text_list_names_the_same_crops(tmp_path: Path, text: str) -> None:
    _images(tmp_path, "a b.jpg", "c.png")
    file = _written(tmp_path / "list.csv", text)
    assert _told(file) == [("a b.jpg", 7, 1), ("c.png", -1, 2)]


def test_parquet_has_numbers_words_and_gaps(tmp_path: Path) -> None:
    _images(tmp_path, "a.jpg", "b.jpg")
    table = {"path": ["a.jpg", "b.jpg"], "pid": ["anna", "bob"], "camid": [3.0, None]}
    pq.write_table(pa.table(table), tmp_path / "list.parquet")
    assert _told(tmp_path / "list.parquet") == [("a.jpg", 1, 3), ("b.jpg", 2, 0)]


def test_msmt17_lists_lie_beside_the_folders_they_speak_of(tmp_path: Path) -> None:
    name = "{0}/{0}_000_{1}_0303morning_0015_0.jpg"
    train = [name.format("0000", "01"), name.format("0001", "15")]
    query, gallery = [name.format("0000", "02")], [name.format("0000", "03")]
    _images(tmp_path / "train", *train)
    _images(tmp_path / "test", *query, *gallery)
    lists = {"list_train": train, "list_query": query, "list_gallery": gallery}
    for stem, names in lists.items():
        lines = "".join(f"{each} {int(each[:4])}\n" for each in names)
        _written(tmp_path / f"{stem}.txt", lines)
    assert _told(tmp_path / "list_train.txt") == [
        (f"train/{train[0]}", 1, 1),
        (f"train/{train[1]}", 2, 15),
    ]
    asked = [(tmp_path / "list_query.txt", QUERY), (tmp_path / "list_gallery.txt", GALLERY)]
    found = [each.crops[0] for each in list_sets(asked)]
    assert [(crop.pid, crop.camid) for crop in found] == [(1, 2), (1, 3)]


def test_cuhk03_names_tell_the_camera_of_a_labelled_line(tmp_path: Path) -> None:
    _images(tmp_path, "images/1_001_1_01.png", "images/2_001_2_07.png")
    lines = "images/1_001_1_01.png 0\nimages/2_001_2_07.png 1\n"
    file = _written(tmp_path / "train.txt", lines)
    assert [(pid, camid) for _, pid, camid in _told(file)] == [(1, 1), (2, 2)]
    assert [crop.pid for crop in list_set(tmp_path / "images", TRAIN).crops] == [1001, 2001]


def test_one_list_serves_all_splits_by_its_column(tmp_path: Path) -> None:
    _images(tmp_path, *(f"{name}.jpg" for name in "abcde"))
    rows = "a.jpg,1,train\nb.jpg,2,query\nc.jpg,2,gallery\nd.jpg,9,val\ne.jpg,3,test\n"
    file = _written(tmp_path / "all.csv", f"path,pid,split\n{rows}")
    found = {key: [name for name, _, _ in _told(file, key)] for key in (TRAIN, QUERY, GALLERY)}
    assert found == {TRAIN: ["a.jpg"], QUERY: ["b.jpg"], GALLERY: ["c.jpg", "e.jpg"]}
    assert "left out: gallery, query, test, val" in list_set(file, TRAIN).notes[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("path,pid\na.jpg,1\nno.jpg,2\n", "line 3: no image no.jpg"),
        ("path,pid\na.jpg,\n", "line 2: pid is empty"),
        ("path,pid\na.jpg,1,5\n", "line 2: 3 cells, but the header has 2"),
        ("path,name\na.jpg,1\n", "line 1: no column pid among path, name"),
        ("a.jpg 1\nb.jpg\n", "line 2: 'b.jpg' is not `path label`"),
        ("path,pid\na.jpg,1\na.jpg,2\n", "line 3: a.jpg is person 2, but 1 in line 2"),
        ("path,pid\n", "lists no crops"),
        ("", "lists no crops"),
        ("path,pid,split\na.jpg,1,test\n", "no row whose split is train"),
    ],
)
def test_a_bad_list_is_one_error_with_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    _images(tmp_path, "a.jpg")
    file = _written(tmp_path / "list.csv", text)
    with pytest.raises(DataError) as caught:
        list_set(file, TRAIN)
    assert said in str(caught.value)
    assert str(file) in str(caught.value)


def test_bytes_that_are_no_list_are_one_error(tmp_path: Path) -> None:
    for name in ("list.parquet", "list.csv"):
        (tmp_path / name).write_bytes(b"\xff\xfe\x00\x81")
        with pytest.raises(DataError, match="is not a list of crops"):
            list_set(tmp_path / name, TRAIN)


def test_persons_and_cameras_of_several_training_sets_are_kept_apart(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    _images(first, "0001_c1_1.jpg", "0007_c2_1.jpg", "0000_c1_2.jpg")
    _images(second, "0001_c1_1.jpg", "0000_c1_2.jpg", "-1_c1_3.jpg")
    listing = list_training(str(first), [str(second)])
    found = [(crop.path.parent.name, crop.pid, crop.camid) for crop in listing.crops]
    assert sorted(found) == [
        ("first", 0, 1),
        ("first", 1, 1),
        ("first", 7, 2),
        ("second", -1, 4),
        ("second", 0, 4),
        ("second", 8, 4),
    ]
    assert "1 persons of" in listing.notes[-1]


@pytest.mark.parametrize("protocol", ["cross_camera", "cross_image"])
def test_queries_are_drawn_where_none_are_given(tmp_path: Path, protocol: str) -> None:
    names = [f"000{pid}_c{cam}_{n}.jpg" for pid in (1, 2) for cam in (1, 2) for n in range(3)]
    _images(tmp_path, *names, "0003_c1_1.jpg", "0000_c1_1.jpg")
    split = read_retrieval_split(
        "", str(tmp_path), query_key=QUERY, gallery_key=GALLERY, protocol=protocol
    )
    assert sorted((crop.pid, crop.camid) for crop in split.query) == [
        (1, 1),
        (1, 2),
        (2, 1),
        (2, 2),
    ]
    assert len(split.gallery) == 10
    assert not {crop.path for crop in split.query} & {crop.path for crop in split.gallery}
    assert any("4 are drawn from dataset.test_dataset_dir" in note for note in split.notes)


def test_one_crop_a_person_has_nothing_to_draw(tmp_path: Path) -> None:
    _images(tmp_path, "0001_c1_1.jpg", "0002_c1_1.jpg")
    with pytest.raises(DataError, match="none can be drawn"):
        read_retrieval_split("", str(tmp_path), query_key=QUERY, gallery_key=GALLERY)
