"""What the workers of a simulated cluster take of this machine's memory."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

SAMPLE_S: Final = 3.0


class WorkerMemory:
    """Samples the memory of a cluster's workers, shared pages divided, when most of them live."""

    def __init__(self, cluster: int) -> None:
        self._cluster = cluster
        self._shares: list[int] = []  # of each worker, in KiB
        self._means: dict[int, int] = {}  # how many lived -> MiB of one
        self._least_free = 2**63
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> None:
        """Sample no more."""
        self._over.set()
        self._thread.join()

    def figures(self) -> dict[str, Any]:
        """How many workers lived at once, MiB of one, of the largest and of all; the least free."""
        shares = self._shares or [0]
        return {
            "workers": len(self._shares),
            "worker_mib_by_workers": self._means,
            "largest_worker_mib": round(max(shares) / 1024),
            "workers_mib": round(sum(shares) / 1024),
            "least_available_mib": round(self._least_free / 1024),
        }

    def _watch(self) -> None:
        while not self._over.wait(SAMPLE_S):
            found = [share for pid in _workers(self._cluster) if (share := _share(pid))]
            if len(found) > len(self._shares):
                self._shares = found
                self._means[len(found)] = round(sum(found) / len(found) / 1024)
            self._least_free = min(self._least_free, _kib("/proc/meminfo", "MemAvailable"))


def _workers(cluster: int) -> list[int]:
    """The actors of a simulated cluster: grandchildren of its process, children of its raylets."""
    return [pid for raylet in _children(cluster) for pid in _children(raylet) if _is_actor(pid)]


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += map(int, listed.read_text().split())
    return found


def _is_actor(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"ray::ImplicitFunc")
    return False


def _share(pid: int) -> int:
    """KiB of a process, pages that several use divided among them; 0 once it has ended."""
    with suppress(OSError):
        return _kib(f"/proc/{pid}/smaps_rollup", "Pss")
    return 0


def _kib(file: str, name: str) -> int:
    lines = (line.split() for line in Path(file).read_text().splitlines())
    return next(int(words[1]) for words in lines if words[0] == f"{name}:")
