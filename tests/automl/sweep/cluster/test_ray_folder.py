"""Folders of Ray's: those of dead drivers go, all others stay."""

import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from automl.sweep.cluster import ray_folder
from automl.sweep.cluster.ray_folder import CLAIM_FILE, claimed, sweep_up, unused_folder
from automl.trial.files.disk import RAY_FOLDER

CLAIMS = """
import os, signal, sys
from pathlib import Path
from automl.sweep.cluster.ray_folder import claimed

with claimed(Path(sys.argv[1])):
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """The folder of a driver that was killed."""
    folder = tmp_path / "ray-dead"
    (folder / "s").mkdir(parents=True)
    assert subprocess.run([sys.executable, "-c", CLAIMS, str(folder)], check=False).returncode == -9
    assert (folder / CLAIM_FILE).exists()
    return folder


def test_a_new_name_comes_when_the_folders_of_dead_drivers_have_gone(
    left: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    alive, unclaimed = tmp_path / "ray-alive", tmp_path / "ray-log-kept"
    alive.mkdir()
    unclaimed.mkdir()
    with claimed(alive):
        assert unused_folder().parent == tmp_path
    assert sorted(tmp_path.iterdir()) == sorted([alive, unclaimed])


def test_what_another_host_left_stays(
    left: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "elsewhere")
    sweep_up(tmp_path)
    assert left.exists()


def test_a_link_is_not_followed(left: Path, tmp_path: Path) -> None:
    below = tmp_path / "below"
    below.mkdir()
    (below / "ray-link").symlink_to(left)
    sweep_up(below)
    assert left.exists()
    assert (below / "ray-link").is_symlink()


def test_a_full_tmp_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(RAY_FOLDER, raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(ray_folder, "is_full", lambda folder: folder == Path("/tmp"))
    assert unused_folder().parent == tmp_path
