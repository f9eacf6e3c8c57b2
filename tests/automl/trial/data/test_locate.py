"""Locating data: roots, archives and folders, several sources, lists, and their faults."""

import zipfile
from pathlib import Path
from typing import Any

import pytest

from automl.errors import DataSourceError
from automl.skill import DataSource
from automl.trial.data.cache import CACHE_VARIABLE
from automl.trial.data.locate import DataSearch, LocatedData, locate_data, set_places
from automl.trial.data.roots import DataRoots

SOURCE = DataSource("train_datasets", "crops.tar.gz", "extracted_folder")
TRAIN = DataSource("train_datasets", "boxes.json")
EVAL = DataSource("eval_dataset", "boxes.json")
TRAIN_AND_EVAL = {"train[0].json": TRAIN, "val.json": EVAL}


def _locate(
    sources: dict[str, DataSource],
    spec: dict[str, Any] | None = None,
    root: Path | str | None = None,
    **options: Any,
) -> LocatedData:
    roots = DataRoots(None if root is None else str(root), options.pop("named", {}))
    return locate_data(DataSearch(sources, spec or {}, roots, **options))


def _touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")


@pytest.mark.parametrize("user_key", ["d.folder", "d"])
def test_what_the_user_sets_wins_over_the_root(tmp_path: Path, user_key: str) -> None:
    own = tmp_path / "own"
    own.mkdir()
    spec = {"d": {"folder": str(own)}}
    found = _locate({"d.folder": SOURCE}, spec, tmp_path / "root", user_keys={user_key})
    assert found.places == {"d.folder": (str(own),)}


@pytest.mark.parametrize("packaged", ["/packaged/crops", "???", "", None])
def test_the_root_wins_over_what_the_template_packages(tmp_path: Path, packaged: object) -> None:
    _touch(tmp_path / "crops.tar.gz")
    found = _locate({"d.folder": SOURCE}, {"d": {"folder": packaged}}, tmp_path)
    assert found.places == {"d.folder": (str(tmp_path / "crops.tar.gz"),)}


def test_without_a_root_the_packaged_path_serves_and_a_mandatory_one_is_asked_for(
    tmp_path: Path,
) -> None:
    found = _locate({"d.folder": SOURCE}, {"d": {"folder": str(tmp_path)}})
    assert found.places == {"d.folder": (str(tmp_path),)}
    with pytest.raises(DataSourceError, match=r"give --data ROOT with crops.tar.gz in it"):
        _locate({"d.folder": SOURCE}, {"d": {"folder": "???"}})


@pytest.mark.parametrize("declared", ["crops.tar.gz", "crops.tgz", "crops.tar"])
@pytest.mark.parametrize("there", ["crops.tar", "crops.tar.zst", "crops.tgz", "crops"])
def test_any_archive_of_the_declared_stem_or_its_folder_serves(
    tmp_path: Path, declared: str, there: str
) -> None:
    (tmp_path / there).mkdir()
    found = _locate({"d": DataSource(None, declared)}, {}, tmp_path)
    assert found.places == {"d": (str(tmp_path / there),)}


OTHER = DataSource("t", "crops.tar.gz", "extracted_folder", alternatives=("boxes.tar.gz",))


@pytest.mark.parametrize("there", ["boxes", "boxes.tar", "crops"])
def test_an_alternative_serves_as_well(tmp_path: Path, there: str) -> None:
    (tmp_path / there).mkdir()
    assert _locate({"d": OTHER}, {}, tmp_path).places == {"d": (str(tmp_path / there),)}


def test_the_declared_path_comes_before_its_alternatives(tmp_path: Path) -> None:
    for name in ("crops", "boxes"):
        (tmp_path / name).mkdir()
    assert _locate({"d": OTHER}, {}, tmp_path).places == {"d": (str(tmp_path / "crops"),)}
    with pytest.raises(DataSourceError, match="nor does a folder crops or boxes beside it"):
        _locate({"d": OTHER}, {}, tmp_path / "crops")


@pytest.mark.parametrize("top", ["", "market/"])
def test_an_archive_of_all_data_is_a_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, top: str
) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for name in ("boxes", "query"):
            archive.writestr(f"{top}{name}/a.jpg", "x")
    sources = {"d": OTHER, "q": DataSource("t", "query.tar.gz", "extracted_folder")}
    found = _locate(sources, {}, tmp_path / "all.zip").places
    assert {key: Path(place).name for key, (place,) in found.items()} == {
        "d": "boxes",
        "q": "query",
    }
    assert all((Path(place) / "a.jpg").exists() for (place,) in found.values())


def test_what_an_archive_lacks_is_told_by_the_name_of_the_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    root = tmp_path / "shop.zip"
    with zipfile.ZipFile(root, "w") as archive:
        archive.writestr("shop/gallery/a.jpg", "x")
    with pytest.raises(DataSourceError) as caught:
        _locate({"d": OTHER}, {}, root)
    assert caught.value.faults == (
        f"d: {root}/crops.tar.gz does not exist, nor does a folder crops or boxes beside it"
        f" (in {root}: gallery): rename or link it, or --set d=PATH",
    )


def test_every_missing_source_is_named_with_what_is_there(tmp_path: Path) -> None:
    sources = {"d.one": SOURCE, "d.two": DataSource(None, "meta/query.tar.gz")}
    _touch(*(tmp_path / f"file{n}.txt" for n in range(10)))
    with pytest.raises(DataSourceError) as caught:
        _locate(sources, {}, tmp_path)
    assert len(caught.value.faults) == 2
    said = f"query.tar.gz does not exist, nor does a folder query beside it (in {tmp_path}: file0"
    assert said in str(caught.value)
    assert "file7.txt and 2 more)" in str(caught.value)
    with pytest.raises(DataSourceError, match=r"--data .*/gone does not exist: name the folder"):
        _locate(sources, {}, tmp_path / "gone")
    with pytest.raises(DataSourceError, match=r"--data .*/file0.txt is not a folder"):
        _locate(sources, {}, tmp_path / "file0.txt")
    with pytest.raises(DataSourceError, match="d.one: give --data ROOT with crops.tar.gz in it"):
        _locate({"d.one": SOURCE})


def test_an_optional_source_may_be_nowhere_unless_the_user_names_it(tmp_path: Path) -> None:
    sources = {"d.one": SOURCE, "d.two": DataSource(None, "query.tar.gz")}
    (tmp_path / "crops").mkdir()
    found = _locate(sources, {}, tmp_path, optional={"d.two"})
    assert found.places == {"d.one": (str(tmp_path / "crops"),)}
    only = {"d.two": sources["d.two"]}
    assert _locate(only, {}, optional={"d.two"}).places == {}
    packaged = {"d": {"two": "/nowhere"}}
    assert _locate(only, packaged, optional={"d.two"}).places == {}
    with pytest.raises(DataSourceError, match="d.two: /nowhere does not exist"):
        _locate(only, packaged, user_keys={"d.two"}, optional={"d.two"})
    with pytest.raises(DataSourceError, match=r"query.tar.gz does not exist"):
        _locate(only, {}, tmp_path, optional={"d.two"})  # --data would be of no use


def test_one_root_is_refused_where_two_sources_would_read_one_file(tmp_path: Path) -> None:
    _touch(tmp_path / "boxes.json", tmp_path / "own" / "boxes.json")
    with pytest.raises(DataSourceError) as caught:
        _locate(TRAIN_AND_EVAL, {}, tmp_path)
    assert "give --data eval_dataset=ROOT2 as well" in str(caught.value)
    assert caught.value.faults == (
        f"val.json (eval_dataset) and train[0].json (train_datasets): {tmp_path / 'boxes.json'}",
    )
    named = {"eval_dataset": (str(tmp_path / "own"),)}
    found = _locate(TRAIN_AND_EVAL, {}, tmp_path, named=named)
    assert found.places["val.json"] == (str(tmp_path / "own" / "boxes.json"),)
    assert found.places["train[0].json"] == (str(tmp_path / "boxes.json"),)


def test_one_file_for_two_sources_is_right_where_the_user_says_so(tmp_path: Path) -> None:
    _touch(tmp_path / "boxes.json")
    found = _locate(TRAIN_AND_EVAL, {}, tmp_path, named={"eval_dataset": (str(tmp_path),)})
    assert found.places["val.json"] == found.places["train[0].json"]


def test_one_root_serves_sources_with_files_of_their_own(tmp_path: Path) -> None:
    _touch(tmp_path / "train.json", tmp_path / "val.json")
    sources = {
        "a": DataSource("train_datasets", "train.json"),
        "b": DataSource("eval_dataset", "val.json"),
    }
    found = _locate(sources, {}, tmp_path)
    assert found.places == {"a": (f"{tmp_path}/train.json",), "b": (f"{tmp_path}/val.json",)}


@pytest.mark.parametrize("root", ["{}", "s3://bucket/crops"])
def test_the_root_itself_cannot_be_two_sources(tmp_path: Path, root: str) -> None:
    sources = {"a": DataSource("train_datasets", ""), "b": DataSource("eval_dataset", "")}
    with pytest.raises(DataSourceError, match="--data eval_dataset=ROOT2"):
        _locate(sources, {}, root.format(tmp_path))


def test_an_optional_file_that_two_sources_would_share_is_left_out_and_said(tmp_path: Path) -> None:
    _touch(tmp_path / "boxes.json")
    found = _locate(TRAIN_AND_EVAL, {}, tmp_path, optional={"val.json"})
    assert list(found.places) == ["train[0].json"]
    assert found.notes[0].startswith("val.json is left out: --data would serve val.json (eval_")


def test_a_key_that_the_user_set_shares_nothing(tmp_path: Path) -> None:
    _touch(tmp_path / "boxes.json", tmp_path / "val.json")
    spec = {"val": {"json": str(tmp_path / "val.json")}}
    found = _locate(TRAIN_AND_EVAL, spec, tmp_path, user_keys={"val.json"})
    assert found.places["val.json"] == (str(tmp_path / "val.json"),)


def test_a_named_root_alone_leaves_the_other_sources_to_be_asked_for(tmp_path: Path) -> None:
    _touch(tmp_path / "boxes.json")
    with pytest.raises(DataSourceError) as caught:
        _locate(TRAIN_AND_EVAL, {}, named={"train_datasets": (str(tmp_path),)})
    assert caught.value.faults == (
        "val.json: give --data eval_dataset=ROOT with boxes.json in it, or --set val.json=PATH",
    )


def _set_all(sources: dict[str, DataSource], spec: dict[str, Any], found: LocatedData) -> list[str]:
    keys: list[str] = []
    for key, places in found.places.items():
        keys += set_places(spec, key, sources[key], places)
    return keys


@pytest.mark.parametrize("packaged", ["", [], ["/a", "/b", "/c"], None])
def test_a_list_gets_an_entry_from_each_root(tmp_path: Path, packaged: object) -> None:
    roots = tuple(str(tmp_path / name) for name in "ab")
    _touch(*(Path(root) / "boxes.json" for root in roots))
    sources = {"d.files": DataSource("train_datasets", "boxes.json", is_list=True)}
    spec: dict[str, Any] = {"d": {"files": packaged}}
    found = _locate(sources, spec, named={"train_datasets": roots})
    assert _set_all(sources, spec, found) == ["d.files[0]", "d.files[1]"]
    assert spec["d"]["files"] == [f"{root}/boxes.json" for root in roots]
    one = _locate(sources, spec, named={"train_datasets": roots[:1]})
    _set_all(sources, spec, one)
    assert spec["d"]["files"] == [f"{roots[0]}/boxes.json"]


def test_a_list_of_blocks_gets_a_block_from_each_root(tmp_path: Path) -> None:
    roots = tuple(str(tmp_path / name) for name in "ab")
    _touch(*(Path(root) / name for root in roots for name in ("boxes.json", "crops.tar.gz")))
    sources = {"d[0].json": TRAIN, "d[0].images": SOURCE}
    spec: dict[str, Any] = {"d": [{"json": "", "images": "", "kind": "coco"}]}
    found = _locate(sources, spec, named={"train_datasets": roots})
    assert _set_all(sources, spec, found) == [
        "d[0].json",
        "d[1].json",
        "d[0].images",
        "d[1].images",
    ]
    assert spec["d"] == [
        {"json": f"{root}/boxes.json", "images": f"{root}/crops.tar.gz", "kind": "coco"}
        for root in roots
    ]


@pytest.mark.parametrize("packaged", [{}, {"d": None}, {"d": []}])
def test_a_block_that_the_template_lacks_is_made(tmp_path: Path, packaged: dict[str, Any]) -> None:
    _touch(tmp_path / "boxes.json")
    found = _locate({"d[0].json": TRAIN}, packaged, tmp_path)
    _set_all({"d[0].json": TRAIN}, packaged, found)
    assert packaged == {"d": [{"json": f"{tmp_path}/boxes.json"}]}


def test_several_roots_are_refused_for_a_key_that_takes_one(tmp_path: Path) -> None:
    roots = (str(tmp_path), str(tmp_path))
    _touch(tmp_path / "boxes.json")
    with pytest.raises(
        DataSourceError, match=r"d: it takes one file, and --data train_datasets=\.\.\. is given 2"
    ):
        _locate({"d": TRAIN}, {}, named={"train_datasets": roots})


def test_blocks_of_several_roots_are_not_filled_with_a_file_that_the_user_set(
    tmp_path: Path,
) -> None:
    _touch(tmp_path / "boxes.json", tmp_path / "crops.tar.gz")
    sources = {"d[0].json": TRAIN, "d[0].images": SOURCE}
    spec = {"d": [{"json": str(tmp_path / "boxes.json"), "images": ""}]}
    named = {"train_datasets": (str(tmp_path), str(tmp_path))}
    with pytest.raises(DataSourceError, match=r"d\[0\].json: 1 file for 2 entries of d"):
        _locate(sources, spec, named=named, user_keys={"d[0].json"})


def test_a_list_of_the_user_is_checked_entry_by_entry(tmp_path: Path) -> None:
    spec = {"d": [str(tmp_path), "/nowhere"]}
    with pytest.raises(DataSourceError, match="d: /nowhere does not exist"):
        _locate({"d": DataSource(None, "x", is_list=True)}, spec, user_keys={"d"})


def test_a_placeholder_stands_for_a_value_of_the_spec(tmp_path: Path) -> None:
    _touch(tmp_path / "fold3" / "boxes.json")
    source = {"d.json": DataSource(None, "fold{d.fold}/boxes.json")}
    found = _locate(source, {"d": {"fold": 3}}, tmp_path)
    assert found.places == {"d.json": (str(tmp_path / "fold3" / "boxes.json"),)}
    with pytest.raises(
        DataSourceError, match=r"holds \{d.fold\}, no key of the spec: --set d.json=PATH"
    ):
        _locate(source, {}, tmp_path)


@pytest.mark.parametrize("there", ["file.pkl", "folder"])
def test_a_source_without_a_path_is_the_root_itself(tmp_path: Path, there: str) -> None:
    root = tmp_path / there
    if "." in there:
        _touch(root)
    else:
        root.mkdir()
    assert _locate({"d": DataSource("eval_dataset", "")}, {}, root).places == {"d": (str(root),)}


def test_what_the_parent_read_serves_where_no_root_does(tmp_path: Path) -> None:
    _touch(tmp_path / "boxes.json")
    inherited = {"val.json": ["/theirs"], "train[0].json": ["/theirs"]}
    named = {"train_datasets": (str(tmp_path),)}
    with pytest.raises(DataSourceError) as caught:
        _locate(TRAIN_AND_EVAL, {}, named=named, inherited=inherited)
    assert [fault.partition(" does not")[0] for fault in caught.value.faults] == [
        "val.json: /theirs"
    ]


def test_a_url_keeps_its_query_behind_the_path_and_shows_it_nowhere() -> None:
    root = "https://host/crops/?sig=abc"
    found = _locate({"d": SOURCE}, {}, root)
    assert found.places == {"d": ("https://host/crops/crops.tar.gz?sig=abc",)}
    with pytest.raises(DataSourceError, match="as well") as caught:
        _locate(TRAIN_AND_EVAL, {}, root)
    assert "abc" not in str(caught.value)
