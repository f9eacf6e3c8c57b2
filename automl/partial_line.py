"""Repairs files that grow line by line when a killed writer left half a line at their end."""

from __future__ import annotations

from pathlib import Path


def cut_torn_line(path: Path) -> bool:
    """Cut an incomplete last line, so that the next starts anew; True if there was one."""
    if not path.exists():
        return False
    with path.open("r+b") as stream:
        content = stream.read()
        whole = content.rfind(b"\n") + 1
        stream.truncate(whole)
    return whole < len(content)
