"""Fetching from a real S3 server on loopback: once, anew when it changed, on after a cut."""

import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from s3 import BUCKET, Gate, s3_server

from automl.errors import DataSourceError, InputError
from automl.skill import DataSource, SkillInfo
from automl.trial import retry as patience
from automl.trial.data import fetch as fetching
from automl.trial.data.cache import CACHE_VARIABLE, cache_dir
from automl.trial.data.locate import DataSearch, locate_data
from automl.trial.data.roots import DataRoots, read_roots
from automl.trial.data.staging import stage

pytestmark = pytest.mark.slow
SOURCE = DataSource("train_datasets", "crops.tar.gz", "extracted_folder")


@pytest.fixture
def s3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, Gate]]:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    with s3_server(monkeypatch) as server:
        yield server


def _archive(path: Path, content: bytes) -> bytes:
    (path / "crops").mkdir(exist_ok=True)
    (path / "crops" / "a.jpg").write_bytes(content)
    with tarfile.open(path / "crops.tar.gz", "w:gz") as tar:
        tar.add(path / "crops", arcname="crops")
    return (path / "crops.tar.gz").read_bytes()


def test_an_archive_in_a_bucket_is_fetched_once_and_anew_when_it_changed(
    s3: tuple[Any, Gate], tmp_path: Path
) -> None:
    client, gate = s3
    body = _archive(tmp_path, b"one")
    client.put_object(Bucket=BUCKET, Key="root/crops.tar.gz", Body=body)
    search = DataSearch({"d.folder": SOURCE}, {}, DataRoots(f"s3://{BUCKET}/root"))
    found = locate_data(search).places["d.folder"][0]
    first = Path(stage(found, SOURCE))
    assert (first / "a.jpg").read_bytes() == b"one"
    before = gate.passed
    assert Path(stage(found, SOURCE)) == first
    assert gate.passed - before < len(body) + 2000
    other = _archive(tmp_path, b"two")
    client.put_object(Bucket=BUCKET, Key="root/crops.tar.gz", Body=other)
    assert (Path(stage(found, SOURCE)) / "a.jpg").read_bytes() == b"two"


def test_a_cut_download_goes_on_where_it_was(
    s3: tuple[Any, Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, gate = s3
    body = os.urandom(3 * 2**20)
    client.put_object(Bucket=BUCKET, Key="big.bin", Body=body)
    monkeypatch.setattr(fetching, "BLOCK", 2**18)
    monkeypatch.setattr(patience.with_retries, "__kwdefaults__", _without_patience())
    gate.limit = 2 * 2**20
    with pytest.raises(DataSourceError, match="cannot fetch s3://bucket/big.bin"):
        fetching.fetch(f"s3://{BUCKET}/big.bin")
    (partial,) = cache_dir().rglob("*.part")
    there = partial.stat().st_size
    assert 2**20 <= there < len(body)
    gate.open()
    before = gate.passed
    assert fetching.fetch(f"s3://{BUCKET}/big.bin").read_bytes() == body
    assert gate.passed - before < len(body) - there + 2**19
    assert not list(cache_dir().rglob("*.part"))


def test_what_is_not_there(s3: tuple[Any, Gate]) -> None:
    with pytest.raises(DataSourceError, match="cannot fetch s3://bucket/none.tar"):
        fetching.fetch(f"s3://{BUCKET}/none.tar")


def test_a_short_answer_is_no_file(tmp_path: Path, s3: tuple[Any, Gate]) -> None:
    client, _ = s3
    client.put_object(Bucket=BUCKET, Key="x.bin", Body=b"12345")
    folder = fetching.fetch(f"s3://{BUCKET}/x.bin")
    folder.rename(folder.with_name("x.bin.part"))
    with folder.with_name("x.bin.part").open("ab") as stream:
        stream.write(b"6")  # what a broken disk might leave
    with pytest.raises(DataSourceError, match="6 of 5 bytes came"):
        fetching.fetch(f"s3://{BUCKET}/x.bin")
    assert fetching.fetch(f"s3://{BUCKET}/x.bin").read_bytes() == b"12345"


def test_a_password_in_the_url_is_refused_and_not_shown() -> None:
    with pytest.raises(InputError, match="holds a password") as caught:
        read_roots("s3://user:pass-word@bucket/root", SkillInfo(name="net"))
    assert "pass-word" not in str(caught.value)


def _without_patience() -> dict[str, Any]:
    defaults = dict(patience.with_retries.__kwdefaults__ or {})
    return {**defaults, "patience_s": 0.0}
