"""Whether the kernel killed processes of this machine because memory ran out."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_COUNTERS: Final = (Path("/proc/vmstat"), Path("/sys/fs/cgroup/memory.events"))


def oom_kills(counters: tuple[Path, ...] = _COUNTERS) -> int:
    """Return how many processes were killed for memory since the machine started.

    The counts of the machine and of this container are added: only growth means anything.
    """
    return sum(_count(path) for path in counters)


def _count(path: Path) -> int:
    try:
        lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0
    found = (line.split() for line in lines if line.startswith("oom_kill "))
    return sum(int(words[1]) for words in found)
