"""Archives that must not be unpacked: links out, devices, bombs, more than there is room."""

import io
import shutil
import tarfile
import zipfile
from collections import namedtuple
from pathlib import Path

import pytest

from automl.errors import DataSourceError
from automl.trial.data import unpack as unpacking
from automl.trial.data.cache import CACHE_VARIABLE, cache_dir


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))


def _archive(path: Path, *members: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for info in members:
            tar.addfile(info, io.BytesIO(bytes(info.size)))
    return path


def _member(
    name: str, kind: bytes = tarfile.REGTYPE, link: str = "", size: int = 0
) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, size
    return info


@pytest.mark.parametrize(
    "member",
    [
        _member("out", tarfile.SYMTYPE, "/etc/passwd"),
        _member("crops/out", tarfile.SYMTYPE, "../../x"),
        _member("hard", tarfile.LNKTYPE, "../x"),
        _member("dev", tarfile.CHRTYPE),
        _member("pipe", tarfile.FIFOTYPE),
        _member("../up.jpg"),
    ],
    ids=lambda member: member.name,
)
def test_unsafe_members(tmp_path: Path, member: tarfile.TarInfo) -> None:
    archive = _archive(tmp_path / "evil.tar.gz", _member("crops/a.jpg", size=1), member)
    with pytest.raises(DataSourceError, match="cannot unpack .*evil.tar.gz"):
        unpacking.unpack(archive)
    assert [path for path in cache_dir().iterdir() if path.is_dir()] == []


def test_an_absolute_name_stays_inside(tmp_path: Path) -> None:
    archive = _archive(tmp_path / "a.tar.gz", _member("/crops/a.jpg", size=1))
    assert (unpacking.unpack(archive) / "a.jpg").is_relative_to(cache_dir())


def test_a_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "SMALL", 2**20)
    archive = _archive(
        tmp_path / "bomb.tar.gz", *(_member(f"{i}.jpg", size=2**22) for i in range(3))
    )
    assert archive.stat().st_size < 3 * 2**22 / unpacking.MAX_RATIO
    with pytest.raises(DataSourceError, match="far more than its size promises: refused"):
        unpacking.unpack(archive)
    assert [path for path in cache_dir().iterdir() if path.is_dir()] == []


def test_more_than_the_disk_has_room_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(2**20))
    archive = _archive(tmp_path / "big.tar.gz", _member("a.jpg", size=2**21))
    with pytest.raises(DataSourceError, match="more than the 1 MiB that are free"):
        unpacking.unpack(archive)


def _zip(path: Path, *names: str, link: str = "") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            info = zipfile.ZipInfo(name)
            info.external_attr = (0o120777 if name == link else 0o100644) << 16
            archive.writestr(info, "x")
    return path


def test_a_zip_file_is_unpacked_without_what_a_mac_leaves(tmp_path: Path) -> None:
    archive = _zip(tmp_path / "a.zip", "data/query/a.jpg", "__MACOSX/data/._a.jpg")
    folder = unpacking.unpack(archive)
    assert folder.name == "data"
    assert (folder / "query" / "a.jpg").read_text() == "x"


@pytest.mark.parametrize("name", ["../up.jpg", "/up.jpg", "a/../../up.jpg", "..\\up.jpg", "link"])
def test_unsafe_members_of_a_zip_file(tmp_path: Path, name: str) -> None:
    archive = _zip(tmp_path / "evil.zip", "a.jpg", name, link="link")
    with pytest.raises(DataSourceError, match=r"cannot unpack .*evil.zip: .* outside"):
        unpacking.unpack(archive)
    assert [path for path in cache_dir().iterdir() if path.is_dir()] == []


def test_a_damaged_zip_file(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK nothing")
    with pytest.raises(DataSourceError, match=r"cannot unpack .*a.zip"):
        unpacking.unpack(tmp_path / "a.zip")
