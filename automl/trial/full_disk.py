"""Whether a disk has room for anything at all."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

_FULL_BYTES: Final = 2**20


def is_full(folder: Path) -> bool:
    """Return whether the disk that holds ``folder`` is full; False where there is no such one."""
    return folder.exists() and shutil.disk_usage(folder).free < _FULL_BYTES
