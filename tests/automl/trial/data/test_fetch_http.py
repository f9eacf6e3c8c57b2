"""Fetching from a web server on loopback: anew when the file changed, whatever its address."""

import os
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from automl.skill import DataSource
from automl.trial.data.cache import CACHE_VARIABLE
from automl.trial.data.fetch import fetch
from automl.trial.data.staging import stage

SOURCE = DataSource("train_datasets", "crops.tar.gz", "extracted_folder")


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without a log; it sends no ETag, only when a file changed."""

    def log_message(self, format: str, *arguments: object) -> None:
        """Print nothing."""


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, str]]:
    """A folder and the address at which it is served."""
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    folder = tmp_path / "served"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_file_that_changed_at_the_same_size_is_fetched_again(served: tuple[Path, str]) -> None:
    folder, address = served
    for age, content in enumerate(("one", "two")):
        (folder / "labels.txt").write_text(content)
        os.utime(folder / "labels.txt", (1_700_000_000 + age, 1_700_000_000 + age))
        assert fetch(f"{address}/labels.txt").read_text() == content


@pytest.mark.parametrize("query", ["?download=1", "?X-Amz-Signature=" + "a" * 900, "#part"])
def test_an_archive_is_unpacked_whatever_follows_its_name(
    served: tuple[Path, str], query: str
) -> None:
    folder, address = served
    (folder / "crops").mkdir()
    (folder / "crops" / "a.jpg").write_bytes(b"1")
    with tarfile.open(folder / "crops.tar.gz", "w:gz") as tar:
        tar.add(folder / "crops", arcname="crops")
    unpacked = Path(stage(f"{address}/crops.tar.gz{query}", SOURCE))
    assert (unpacked / "a.jpg").read_bytes() == b"1"


def test_a_long_name_keeps_its_ending(served: tuple[Path, str]) -> None:
    folder, address = served
    name = "n" * 240 + ".txt"
    (folder / name).write_text("here")
    assert fetch(f"{address}/{name}").read_text() == "here"
    assert fetch(f"{address}/{name}").name.endswith("n.txt")
