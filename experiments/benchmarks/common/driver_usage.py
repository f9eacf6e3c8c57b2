"""What a sweep's driver takes: resident memory and CPU time, early and late in the sweep."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any, Final

_EDGE: Final = 100
_TICK: Final = os.sysconf("SC_CLK_TCK")


def end_times(events: list[dict[str, Any]]) -> list[float]:
    """When each trial ended, of the events of a ledger."""
    return [event["time"] for event in events if event["event"] == "end"]


def edge(ends: list[float]) -> int:
    """How many of the ends count as the first ones, and as the last ones."""
    return min(_EDGE, len(ends) // 2)


class Usage:
    """Samples a process's resident memory and CPU time while it lives."""

    def __init__(self, pid: int) -> None:
        self._stat = Path(f"/proc/{pid}/stat")
        self._samples: list[tuple[float, float, float]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> None:
        """Sample no more."""
        self._over.set()
        self._thread.join()

    def figures(self, events: list[dict[str, Any]]) -> dict[str, float]:
        """CPU seconds per trial and MiB of memory, early and late in the sweep."""
        ends = end_times(events)
        count = edge(ends)
        early, late = (ends[0], ends[count - 1]), (ends[-count], ends[-1])
        return {
            "driver_cpu_first_s": round(self._cpu(*early) / (count - 1), 4),
            "driver_cpu_last_s": round(self._cpu(*late) / (count - 1), 4),
            "driver_mib_first": round(self._memory(early[1]), 1),
            "driver_mib_last": round(self._memory(late[1]), 1),
        }

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            try:
                words = self._stat.read_text().rpartition(")")[2].split()
            except OSError:
                return
            cpu = (int(words[11]) + int(words[12])) / _TICK
            resident = int(words[21]) * os.sysconf("SC_PAGE_SIZE") / 2**20
            self._samples.append((time.time(), cpu, resident))

    def _at(self, moment: float) -> tuple[float, float, float]:
        return min(self._samples, key=lambda sample: abs(sample[0] - moment))

    def _cpu(self, begin: float, end: float) -> float:
        return self._at(end)[1] - self._at(begin)[1]

    def _memory(self, moment: float) -> float:
        return self._at(moment)[2]
