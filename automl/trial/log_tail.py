"""The last lines of a trial's log, for whoever has to find out why it failed."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from automl.constants import LOG_FILE
from automl.trial.secrets import mask

LINES: Final = 10
_BYTES: Final = 8_192


def log_tail(folder: Path, lines: int = LINES) -> str:
    """Return the last lines of the log in a trial's folder, indented, without credentials."""
    log = folder / LOG_FILE
    if not log.is_file():
        return ""
    with log.open("rb") as stream:
        stream.seek(max(0, stream.seek(0, 2) - _BYTES))
        text = stream.read().decode(errors="replace")
    told = [line.rstrip() for line in mask(text).splitlines() if line.strip()][-lines:]
    head = f"last lines of {folder.parent.name}/{folder.name}/{LOG_FILE}:"
    return "\n  ".join([head, *told]) if told else ""
