"""Errors of the disk become one clear error; others pass."""

import errno
from pathlib import Path

import pytest

from automl.errors import RunError
from automl.launch.storage import storage_told


def test_a_full_disk_below_another_error() -> None:
    def write() -> None:
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError as error:
            raise RuntimeError("the library gave up") from error

    with (
        pytest.raises(RunError, match=r"No space left on device.* automl run --resume /runs/a"),
        storage_told(Path("/runs/a")),
    ):
        write()


@pytest.mark.parametrize("error", [OSError(errno.ENOENT, "x"), ValueError("y")])
def test_other_errors_pass(error: Exception) -> None:
    with pytest.raises(type(error)), storage_told(Path("/runs/a")):
        raise error
