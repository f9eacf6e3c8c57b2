"""How much memory decoded crops may take: a machine, or a container, is rarely one run's alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_SHARE = 0.25
_SHARE_OF_FREE: Final = 0.5  # other trials and their loaders come and go beside this one
_CGROUP_FILES: Final = (
    "sys/fs/cgroup/memory.max",
    "sys/fs/cgroup/memory/memory.limit_in_bytes",
)
_MEMINFO: Final = "proc/meminfo"


def memory_budget(processes: int = 1, *, root: Path = Path("/")) -> int:
    """Bytes of decoded crops that one of ``processes`` on this machine may hold, all stores in all.

    Together they get a quarter of the memory (of the container's, where a cgroup sets a limit), and
    never more than half of what is free now. torchrun's LOCAL_WORLD_SIZE goes before ``processes``.
    """
    memory = min((_physical(), *_container_limits(root)))
    free = _available(root)
    whole = memory * _SHARE if free is None else min(memory * _SHARE, free * _SHARE_OF_FREE)
    return int(whole) // int(os.environ.get("LOCAL_WORLD_SIZE", processes))


def _physical() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _container_limits(root: Path) -> Iterator[int]:
    """The limits of cgroups v2 and v1; without one the first says ``max``, the other a huge one."""
    for name in _CGROUP_FILES:
        text = _text(root / name).strip()
        if text.isdecimal():
            yield int(text)


def _available(root: Path) -> int | None:
    for line in _text(root / _MEMINFO).splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""
