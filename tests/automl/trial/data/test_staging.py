"""Staging data: folders, archives, URLs, and what is wrong with them."""

import io
import tarfile
from pathlib import Path

import pytest
import zstandard

from automl.errors import DataSourceError
from automl.skill import DataSource
from automl.trial.data.cache import CACHE_VARIABLE, cache_dir
from automl.trial.data.locate import DataSearch, locate_data
from automl.trial.data.roots import DataRoots
from automl.trial.data.staging import stage

SOURCE = DataSource("train_datasets", "crops.tar.gz", "extracted_folder")


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))


def _located(root: Path | str) -> str:
    search = DataSearch({"d.folder": SOURCE}, {}, DataRoots(str(root)))
    return locate_data(search).places["d.folder"][0]


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
    found = _located(tmp_path / "root")
    first = Path(stage(found, SOURCE))
    stamp = (first / "a.jpg").stat().st_mtime_ns
    assert (first.name, (first / "a.jpg").read_bytes()) == ("crops", b"1")
    assert Path(stage(found, SOURCE)) == first
    assert (first / "a.jpg").stat().st_mtime_ns == stamp


def test_an_unpacked_folder_serves_in_place(tmp_path: Path) -> None:
    (tmp_path / "root" / "crops").mkdir(parents=True)
    found = _located(tmp_path / "root")
    assert stage(found, SOURCE) == str(tmp_path / "root" / "crops")
    assert not cache_dir().exists()


def test_zstandard_and_flat_archives(tmp_path: Path) -> None:
    plain = _archive(tmp_path / "flat.tar", {"a.jpg": b"1", "b.jpg": b"2"}, mode="w")
    packed = tmp_path / "flat.tar.zst"
    packed.write_bytes(zstandard.ZstdCompressor().compress(plain.read_bytes()))
    folder = Path(stage(str(packed), SOURCE))
    assert sorted(path.name for path in folder.iterdir()) == ["a.jpg", "b.jpg"]


def test_a_url_is_fetched_into_the_cache(tmp_path: Path) -> None:
    _archive(tmp_path / "bucket" / "crops.tar.gz", {"crops/a.jpg": b"1"})
    root = f"file://{tmp_path / 'bucket'}"
    found = _located(root)
    assert found == f"{root}/crops.tar.gz"
    assert (Path(stage(found, SOURCE)) / "a.jpg").read_bytes() == b"1"


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
