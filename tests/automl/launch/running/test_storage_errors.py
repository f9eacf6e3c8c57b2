"""Errors of the disk become one clear error; others pass."""

import errno
import pickle
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from automl.errors import InputError, RunError
from automl.launch.running.failures import storage_errors_explained


def test_a_full_disk_below_another_error() -> None:
    def write() -> None:
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError as error:
            raise RuntimeError("the library gave up") from error

    with (
        pytest.raises(RunError, match=r"No space left on device.* automl run --resume /runs/a"),
        storage_errors_explained(Path("/runs/a")),
    ):
        write()


@pytest.mark.parametrize("error", [OSError(errno.ENOENT, "x"), ValueError("y")])
def test_other_errors_pass(error: Exception) -> None:
    with pytest.raises(type(error)), storage_errors_explained(Path("/runs/a")):
        raise error


@pytest.mark.parametrize(
    "error",
    [EOFError("Ran out of input"), pickle.UnpicklingError("pickle data was truncated")],
)
def test_a_file_cut_short_by_a_full_disk(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(100))
    with (
        pytest.raises(RunError, match="No space left on device"),
        storage_errors_explained(tmp_path),
    ):
        raise error
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(2**30))
    with pytest.raises(type(error)), storage_errors_explained(tmp_path):
        raise error


def test_a_disk_that_is_full_elsewhere_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ray's folder, while the run's has room."""
    usage = namedtuple("usage", "free")
    ray = tmp_path / "ray"
    ray.mkdir()
    monkeypatch.setenv("RAY_TMPDIR", str(ray))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(0 if path == ray else 2**30))
    words = rf"the disk of {ray} failed: No space left on device.* --resume {tmp_path}$"
    for error in (OSError(errno.ENOSPC, "No space left on device"), EOFError("Ran out of input")):
        with pytest.raises(RunError, match=words), storage_errors_explained(tmp_path):
            raise error


def test_our_own_errors_say_already_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(100))
    with pytest.raises(InputError, match="no GPU here"), storage_errors_explained(tmp_path):
        raise InputError("no GPU here")


def test_an_error_that_came_up_while_the_disk_failed(tmp_path: Path) -> None:
    def fail() -> None:
        try:
            raise OSError(errno.EIO, "Input/output error")
        except OSError:
            raise RuntimeError("what Tune makes of it")  # noqa: B904

    with pytest.raises(RunError, match="Input/output error"), storage_errors_explained(tmp_path):
        fail()


def test_a_folder_that_may_no_longer_be_written(tmp_path: Path) -> None:
    def write(path: Path) -> None:
        try:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        except PermissionError as error:
            raise RuntimeError("what Tune makes of it") from error

    words = rf"may write to {tmp_path} no longer: Permission denied; finished trials are safe"
    with pytest.raises(RunError, match=words), storage_errors_explained(tmp_path):
        write(tmp_path / "ledger.jsonl")
    with pytest.raises(RuntimeError), storage_errors_explained(tmp_path):
        write(Path("/somewhere/else"))
    with pytest.raises(RunError, match="no longer: Read-only"), storage_errors_explained(tmp_path):
        raise OSError(errno.EROFS, "Read-only file system", str(tmp_path))


def test_rights_that_our_own_error_explains(tmp_path: Path) -> None:
    def refuse() -> None:
        cause = PermissionError(errno.EACCES, "Permission denied", str(tmp_path / ".driver.lock"))
        raise InputError("another user's run") from cause

    with pytest.raises(InputError, match="another"), storage_errors_explained(tmp_path):
        refuse()
