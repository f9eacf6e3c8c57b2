"""Fixtures of faults."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from small_disk import mount, unmount


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 300 MB, skipped where this user may not mount one."""
    disk = tmp_path / "disk"
    if not mount(disk):
        pytest.skip("no small disk can be mounted here")
    try:
        yield disk
    finally:
        unmount(disk)
