"""The whole lines that a text file gained since the last look."""

from __future__ import annotations

from pathlib import Path


class Lines:
    """Reads a growing file; one that was cut short is read anew."""

    def __init__(self, path: Path, *, from_end: bool = False) -> None:
        """``from_end`` leaves out what the file holds now."""
        self._path = path
        self._offset = path.stat().st_size if from_end and path.exists() else 0

    def new_lines(self) -> list[str]:
        """Return the lines completed since the last call."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as stream:
            if self._offset > stream.seek(0, 2):
                self._offset = 0
            stream.seek(self._offset)
            data = stream.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        return whole.decode(errors="replace").split("\n")[:-1]
