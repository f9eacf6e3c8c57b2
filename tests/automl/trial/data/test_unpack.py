"""Archives that must not be unpacked: links out, devices, bombs, more than there is room."""

import bz2
import gzip
import io
import lzma
import random
import shutil
import tarfile
import zipfile
from collections import namedtuple
from pathlib import Path

import pytest
import zstandard

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


def _compressed(path: Path) -> bytes:
    """Write a tar file of 20 crops in the compression of its name, and return its bytes."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for number in range(20):
            content = random.Random(number).randbytes(3_000)
            info = tarfile.TarInfo(f"crops/{number}.jpg")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    modules = {".gz": gzip.compress, ".tgz": gzip.compress, ".bz2": bz2.compress}
    zstd = zstandard.ZstdCompressor(write_checksum=True)
    modules |= {".xz": lzma.compress, ".zst": zstd.compress}
    path.write_bytes(modules[path.suffix](plain.getvalue()))
    return path.read_bytes()


@pytest.mark.parametrize("name", ["a.tar.gz", "a.tgz", "a.tar.zst", "a.tar.bz2", "a.tar.xz"])
def test_an_archive_that_is_cut_or_has_a_wrong_bit_is_one_error(tmp_path: Path, name: str) -> None:
    archive = tmp_path / name
    whole = _compressed(archive)
    assert len(list(unpacking.unpack(archive).iterdir())) == 20
    damages = [whole[: len(whole) * part // 12] for part in range(12)]
    damages += [whole[:-9], whole[:-1]]
    for place in range(20, len(whole) - 8, len(whole) // 12):
        damages.append(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    for content in damages:
        archive.write_bytes(content)
        with pytest.raises(DataSourceError, match=f"cannot unpack .*{name}: ."):
            unpacking.unpack(archive)
    assert len([path for path in cache_dir().iterdir() if path.is_dir()]) == 1


def test_a_zstd_file_may_have_several_frames(tmp_path: Path) -> None:
    whole = zstandard.ZstdDecompressor().decompress(_compressed(tmp_path / "a.tar.zst"))
    frames = (whole[:10_000], whole[10_000:])
    compress = zstandard.ZstdCompressor().compress
    (tmp_path / "b.tar.zst").write_bytes(b"".join(map(compress, frames)))
    assert len(list(unpacking.unpack(tmp_path / "b.tar.zst").iterdir())) == 20


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_file_with_a_wrong_bit_is_one_error(tmp_path: Path, compression: int) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w", compression) as content:
        content.writestr("a.jpg", random.Random(1).randbytes(5_000))
    whole = archive.read_bytes()
    for place in range(100, 5_000, 400):
        archive.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(DataSourceError, match=r"cannot unpack .*a.zip: ."):
            unpacking.unpack(archive)
