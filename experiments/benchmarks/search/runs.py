"""Runs sweeps of search problems and keeps what they reached in a file, from which they go on."""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from search.problem import BROKEN, Problem
from search.searchers import Searcher

MODES: Final = {"clean": (1, False), "noisy": (1, True), "batches of 4": (4, False)}
"""How many trials run side by side, and whether a trial reports one noisy training."""


@dataclass(frozen=True)
class Job:
    """One sweep to run."""

    problem: str
    mode: str
    algorithm: str
    seed: int


@dataclass(frozen=True)
class SweepRun:
    """What a sweep reached.

    Attributes:
        reached: number of trials -> the true loss of the trial that looks best by then.
        cpu_s: seconds of CPU that each suggestion took, on average.
    """

    problem: str
    mode: str
    algorithm: str
    seed: int
    reached: dict[int, float]
    cpu_s: float

    @property
    def job(self) -> Job:
        """The sweep."""
        return Job(self.problem, self.mode, self.algorithm, self.seed)


def run_sweep(problem: Problem, job: Job, searcher: Searcher, budgets: Sequence[int]) -> SweepRun:
    """Run a sweep of as many trials as the largest budget has."""
    batch, noisy = MODES[job.mode]
    rng = random.Random(f"{job.problem}/{job.seed}")
    told: list[tuple[float, float]] = []
    reached: dict[int, float] = {}
    cpu = 0.0
    while len(told) < max(budgets):
        started = time.process_time()
        asked = [searcher.ask() for _ in range(min(batch, max(budgets) - len(told)))]
        cpu += time.process_time() - started
        for ticket, values in asked:
            true = problem.function(values)
            value = problem.noisy(values, rng) if noisy else true
            searcher.tell(ticket, value)
            told.append((math.inf, BROKEN) if math.isnan(value) else (value, true))
            if len(told) in budgets:
                reached[len(told)] = min(told)[1]
    return SweepRun(**asdict(job), reached=reached, cpu_s=round(cpu / len(told), 4))


def read_runs(path: Path) -> list[SweepRun]:
    """Return the sweeps of a file; none where it is missing."""
    content = json.loads(path.read_text()) if path.exists() else []
    return [
        SweepRun(**{**each, "reached": {int(n): loss for n, loss in each["reached"].items()}})
        for each in content
    ]


def write_runs(path: Path, runs: Iterable[SweepRun]) -> None:
    """Write sweeps, one a line."""
    lines = ",\n".join(json.dumps(asdict(run)) for run in runs)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(f"[\n{lines}\n]\n")
    unfinished.replace(path)
