"""Locating and staging data: folders, archives, URLs, and what is wrong with them."""

import io
import tarfile
from pathlib import Path

import pytest
import zstandard

from automl.errors import DataSourceError
from automl.skill import DataSource
from automl.trial.data.cache import CACHE_VARIABLE, cache_dir
from automl.trial.data.staging import locate_data, stage

SOURCE = DataSource("train_datasets", "crops.tar.gz", "extracted_folder")


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))


def _archive(path: Path, members: dict[str, bytes], mode: str = "w:gz") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, mode) as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def test_an_archive_below_the_root_is_unpacked_once(tmp_path: Path) -> None:
    _archive(tmp_path / "root" / "crops.tar.gz", {"crops/a.jpg": b"1"})
    found = locate_data({"d.folder": SOURCE}, {}, str(tmp_path / "root"))
    first = Path(stage(found["d.folder"], SOURCE))
    stamp = (first / "a.jpg").stat().st_mtime_ns
    assert (first.name, (first / "a.jpg").read_bytes()) == ("crops", b"1")
    assert Path(stage(found["d.folder"], SOURCE)) == first
    assert (first / "a.jpg").stat().st_mtime_ns == stamp


def test_an_unpacked_folder_serves_in_place(tmp_path: Path) -> None:
    (tmp_path / "root" / "crops").mkdir(parents=True)
    found = locate_data({"d.folder": SOURCE}, {}, str(tmp_path / "root"))
    assert stage(found["d.folder"], SOURCE) == str(tmp_path / "root" / "crops")
    assert not cache_dir().exists()


@pytest.mark.parametrize("user_key", ["d.folder", "d"])
def test_what_the_user_sets_wins_over_the_root(tmp_path: Path, user_key: str) -> None:
    own = tmp_path / "own"
    own.mkdir()
    spec = {"d": {"folder": str(own)}}
    found = locate_data({"d.folder": SOURCE}, spec, str(tmp_path / "root"), {user_key})
    assert found == {"d.folder": str(own)}


@pytest.mark.parametrize("packaged", ["/packaged/crops", "???", "", None])
def test_the_root_wins_over_what_the_template_packages(tmp_path: Path, packaged: object) -> None:
    archive = _archive(tmp_path / "root" / "crops.tar.gz", {"crops/a.jpg": b"1"})
    spec = {"d": {"folder": packaged}}
    found = locate_data({"d.folder": SOURCE}, spec, str(tmp_path / "root"), {"d.other"})
    assert found == {"d.folder": str(archive)}


def test_without_a_root_the_packaged_path_serves_and_a_mandatory_one_is_asked_for(
    tmp_path: Path,
) -> None:
    spec = {"d": {"folder": str(tmp_path)}}
    assert locate_data({"d.folder": SOURCE}, spec, None) == {"d.folder": str(tmp_path)}
    with pytest.raises(DataSourceError, match="give --data ROOT with crops.tar.gz in it"):
        locate_data({"d.folder": SOURCE}, {"d": {"folder": "???"}}, None)


@pytest.mark.parametrize("declared", ["crops.tar.gz", "crops.tgz", "crops.tar"])
@pytest.mark.parametrize("there", ["crops.tar", "crops.tar.zst", "crops.tgz", "crops"])
def test_any_archive_of_the_declared_stem_or_its_folder_serves(
    tmp_path: Path, declared: str, there: str
) -> None:
    (tmp_path / there).mkdir()
    source = DataSource(None, declared)
    assert locate_data({"d": source}, {}, str(tmp_path)) == {"d": str(tmp_path / there)}


def test_zstandard_and_flat_archives(tmp_path: Path) -> None:
    plain = _archive(tmp_path / "flat.tar", {"a.jpg": b"1", "b.jpg": b"2"}, mode="w")
    packed = tmp_path / "flat.tar.zst"
    packed.write_bytes(zstandard.ZstdCompressor().compress(plain.read_bytes()))
    folder = Path(stage(str(packed), SOURCE))
    assert sorted(path.name for path in folder.iterdir()) == ["a.jpg", "b.jpg"]


def test_a_url_is_fetched_into_the_cache(tmp_path: Path) -> None:
    _archive(tmp_path / "bucket" / "crops.tar.gz", {"crops/a.jpg": b"1"})
    root = f"file://{tmp_path / 'bucket'}"
    found = locate_data({"d.folder": SOURCE}, {}, root)
    assert found["d.folder"] == f"{root}/crops.tar.gz"
    assert (Path(stage(found["d.folder"], SOURCE)) / "a.jpg").read_bytes() == b"1"


def test_every_missing_source_is_named(tmp_path: Path) -> None:
    sources = {"d.one": SOURCE, "d.two": DataSource(None, "query.tar.gz")}
    with pytest.raises(DataSourceError) as caught:
        locate_data(sources, {}, str(tmp_path))
    assert len(caught.value.faults) == 2
    assert "query.tar.gz does not exist, nor does a folder query beside it" in str(caught.value)
    with pytest.raises(DataSourceError, match=r"--data .*/gone does not exist: name the folder"):
        locate_data(sources, {}, str(tmp_path / "gone"))
    with pytest.raises(DataSourceError, match="give --data ROOT with crops.tar.gz in it"):
        locate_data({"d.one": SOURCE}, {}, None)


def test_an_optional_source_may_be_nowhere_unless_the_user_names_it(tmp_path: Path) -> None:
    sources = {"d.one": SOURCE, "d.two": DataSource(None, "query.tar.gz")}
    (tmp_path / "crops").mkdir()
    found = locate_data(sources, {}, str(tmp_path), optional={"d.two"})
    assert found == {"d.one": str(tmp_path / "crops")}
    only = {"d.two": sources["d.two"]}
    assert locate_data(only, {}, None, optional={"d.two"}) == {}
    packaged = {"d": {"two": "/nowhere"}}
    assert locate_data(only, packaged, None, optional={"d.two"}) == {}
    with pytest.raises(DataSourceError, match="d.two: /nowhere does not exist"):
        locate_data(only, packaged, None, {"d.two"}, {"d.two"})
    with pytest.raises(DataSourceError, match="query.tar.gz does not exist"):
        locate_data(only, {}, str(tmp_path), optional={"d.two"})  # --data would be of no use


def test_members_that_leave_the_folder_are_refused(tmp_path: Path) -> None:
    archive = _archive(tmp_path / "evil.tar.gz", {"../outside.jpg": b"x"})
    with pytest.raises(DataSourceError, match="cannot unpack .*evil.tar.gz"):
        stage(str(archive), SOURCE)
    assert not (cache_dir() / "outside.jpg").exists()


def test_a_damaged_archive_leaves_nothing_trusted(tmp_path: Path) -> None:
    good = _archive(tmp_path / "crops.tar.gz", {f"crops/{i}.jpg": b"1" * 5000 for i in range(50)})
    bad = tmp_path / "cut.tar.gz"
    bad.write_bytes(good.read_bytes()[:200])
    for _ in range(2):
        with pytest.raises(DataSourceError, match="cannot unpack .*cut.tar.gz"):
            stage(str(bad), SOURCE)


def test_passwords_in_urls_are_not_shown() -> None:
    with pytest.raises(DataSourceError) as caught:
        stage("nosuch://user:secret@host/crops.tar.gz", SOURCE)
    assert "secret" not in str(caught.value)
