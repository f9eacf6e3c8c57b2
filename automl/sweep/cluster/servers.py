"""Ends the processes of a local Ray that failed to start, or that nobody waits for any more.

Linux ends them with the thread that started them; until then they write into that Ray's folder.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

PATIENCE_S: Final = 2.0
_POLL_S: Final = 0.02
_PROC: Final = Path("/proc")


def end_in(folder: Path) -> None:
    """Kill this process's children that work in ``folder``, and remove it."""
    servers = _children_in(folder)
    for pid in servers:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE_S
    while servers and _children_in(folder) and time.monotonic() < deadline:
        time.sleep(_POLL_S)
    shutil.rmtree(folder, ignore_errors=True)


def _children_in(folder: Path) -> list[int]:
    """Return this process's living children whose command line names ``folder``."""
    found = []
    for listed in (_PROC / "self" / "task").glob("*/children"):
        for pid in _read(listed).split():
            if bytes(folder) in _read(_PROC / pid.decode() / "cmdline"):
                found.append(int(pid))
    return found


def _read(path: Path) -> bytes:
    """Return a file's content; a process that has ended has none."""
    try:
        return path.read_bytes()
    except OSError:
        return b""
