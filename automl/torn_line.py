"""Files that grow line by line: what a death tore off in the middle of one."""

from __future__ import annotations

from pathlib import Path


def cut_torn_line(path: Path) -> None:
    """Cut what follows the last line end, so that the next line starts whole."""
    if not path.exists():
        return
    with path.open("r+b") as stream:
        content = stream.read()
        stream.truncate(content.rfind(b"\n") + 1)
