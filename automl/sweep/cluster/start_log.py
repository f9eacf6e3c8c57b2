"""The log of a local Ray that did not come up: kept, since its folder goes, and its end shown."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LINES: Final = 5
WIDTH: Final = 300
_SERVERS: Final = ("gcs_server", "raylet")  # in the order of their start


@dataclass(frozen=True)
class StartLog:
    """A folder with the log files of Ray's servers; None where Ray had written none."""

    folder: Path | None

    def text(self) -> str:
        """Say where the log lies, with its last lines."""
        if self.folder is None:
            return "It had written no log yet."
        file = _telling(self.folder)
        if file is None:
            return f"Its log: {self.folder}"
        lines = [line for line in file.read_text(errors="replace").splitlines() if line.strip()]
        dated = [line for line in lines if line.startswith("[")]  # others are tables of statistics
        last = (line[:WIDTH] for line in (dated or lines)[-LINES:])
        return "\n  ".join([f"Its log, {file}, ends with", *last])

    def drop(self) -> None:
        """Remove the log."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def keep_log(sessions: Path) -> StartLog:
    """Copy the log of the session in ``sessions`` to a private folder beside the one around it."""
    found = sorted(sessions.glob("session_*/logs"))
    if not found:
        return StartLog(None)
    kept = Path(tempfile.mkdtemp(prefix="ray-log-", dir=sessions.parent.parent))
    for file in found[-1].iterdir():
        if file.is_file() and file.stat().st_size:
            shutil.copyfile(file, kept / file.name)
    return StartLog(kept)


def _telling(folder: Path) -> Path | None:
    """Return the log of the server that was started last, one of errors if there is any."""
    files = [path for path in folder.iterdir() if path.name.startswith(_SERVERS)]
    return max(files, key=lambda path: (path.suffix == ".err", path.name), default=None)
