"""What an error says of a declared file that is not there: what would serve, and what is there."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from automl.skill import DataSource
from automl.trial.data.unpack import ARCHIVES

_LISTED: Final = 8  # names of a folder


def instead_of(place: str, source: DataSource) -> str:
    """Return a hint for a missing file: names that would be accepted, and the folder's content."""
    folder = Path(place).parent
    while not folder.is_dir():
        folder = folder.parent
    ending = next((suffix for suffix in ARCHIVES if source.path.endswith(suffix)), None)
    name = Path(place).name.removesuffix(ending or "")
    others = [name, *_stems(source, ending or "")] if ending and Path(place).name != name else []
    other = f", nor does a folder {' or '.join(others)} beside it" if others else ""
    names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"{other} (in {folder}: {', '.join(names[:_LISTED]) or 'nothing'}{more})"


def _stems(source: DataSource, ending: str) -> list[str]:
    return [name.removesuffix(ending) for name in source.alternatives]
