"""Files that grow line by line: what a death tore off in the middle of one."""

from __future__ import annotations

from pathlib import Path


def cut_torn_line(path: Path) -> bool:
    """Cut what follows the last line end, so that the next line starts whole; was there any?"""
    if not path.exists():
        return False
    with path.open("r+b") as stream:
        content = stream.read()
        whole = content.rfind(b"\n") + 1
        stream.truncate(whole)
    return whole < len(content)
