"""A local Ray runs what trials need, and no server that nobody asks."""

import os
from pathlib import Path

import pytest
import ray
from ray._private.node import Node

from automl.errors import InputError
from automl.sweep.engine import ray_running, without_api_server


def _commands() -> list[str]:
    """The command lines of this process's children."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            lines, words = status.read_text(), (status.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if f"PPid:\t{Path('/proc/self').resolve().name}\n" in lines:
            found.append(words.replace(b"\0", b" ").decode())
    return found


def test_ray_is_left_as_it_was() -> None:
    start = Node.start_api_server
    with without_api_server():
        assert Node.start_api_server is not start
    assert Node.start_api_server is start


@pytest.mark.parametrize(
    ("below", "words"), [("nowhere", "make that folder"), ("x" * 100, "AF_UNIX path length")]
)
def test_a_folder_that_ray_cannot_use_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, below: str, words: str
) -> None:
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path / below))
    if len(below) == 100:
        (tmp_path / below).mkdir()
    with pytest.raises(InputError, match=rf"{words}.*RAY_TMPDIR"), ray_running():
        raise AssertionError("it started")


@pytest.mark.slow
def test_what_runs_beside_trials_and_at_which_priority() -> None:
    with ray_running() as capacity:
        running = _commands()
        assert any("gcs_server" in words for words in running)
        assert not any("dashboard/dashboard.py" in words for words in running)
        assert capacity.nodes
        assert ray.get(ray.remote(lambda: os.nice(0)).remote()) == os.nice(0)
