"""Where trainers put the files that tell how they fare: in the results folder or little below."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_LEVELS: Final = ("", "*/", "*/*/")  # results/train/status.json is two levels down


def files_named(folder: Path, name: str) -> list[Path]:
    """Return the files called ``name`` in ``folder`` and up to two levels below it."""
    found = (sorted(folder.glob(f"{level}{name}")) for level in _LEVELS)
    return [path for paths in found for path in paths if path.is_file()]
