"""Measures search algorithms: `python experiments/benchmarks/search_quality.py [--quick]`.

Mean regret (how far the champion's true value is above the minimum; lower is better) with its
standard error over seeds, on problems with known minima: clean, with noise on what the algorithm is
told, and in batches of 4 told together. `auto` is marked: the table is what justifies its choice
(automl/search/algorithm.py). No scikit-learn model is among the problems: it is no dependency.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from search_problems import PROBLEMS, Problem

from automl.search.algorithm import ALGORITHMS, choose_algorithm
from automl.search.situation import assess
from automl.search.study import Study, Suggestion

MODES = {"clean": (1, False), "noisy": (1, True), "batches of 4": (4, False)}
LEFT_OUT = ("grid", "bohb")  # continuous spaces have no grid; bohb without rungs is tpe
QUICK = {"trials": 12, "seeds": 2}


@dataclass(frozen=True)
class Cell:
    """One algorithm on one problem in one mode."""

    problem: str
    mode: str
    algorithm: str
    regrets: tuple[float, ...]
    seconds: float

    @property
    def mean(self) -> float:
        """The mean regret."""
        return statistics.mean(self.regrets)

    @property
    def error(self) -> float:
        """The mean's standard error, 0 for a single seed."""
        count = len(self.regrets)
        return statistics.stdev(self.regrets) / count**0.5 if count > 1 else 0.0


def sweep(problem: Problem, mode: str, algorithm: str, trials: int, seed: int) -> float:
    """Return the regret of the champion of one sweep: the trial that was told the lowest value."""
    batch, noisy = MODES[mode]
    noise = random.Random(f"{problem.name}/{seed}")
    told: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        study = Study(
            Path(folder) / "study.journal",
            space=problem.space,
            base=problem.base,
            algorithm=algorithm,
            direction="minimize",
            seed=seed,
        )
        study.enqueue(problem.space.defaults(problem.base), "default")
        while len(told) < trials:
            for suggestion in _batch(study, min(batch, trials - len(told))):
                regret = problem.regret(suggestion.values)
                value = regret + (noise.gauss(0, problem.noise) if noisy else 0.0)
                study.tell(suggestion.ticket, "finished", value)
                told.append((value, regret))
    return min(told)[1]


def _batch(study: Study, size: int) -> list[Suggestion]:
    asked = [study.ask() for _ in range(size)]
    return [suggestion for suggestion in asked if suggestion is not None]


def measure(problem: Problem, mode: str, algorithm: str, trials: int, seeds: int) -> Cell:
    """Return one cell of the table."""
    start = time.perf_counter()
    regrets = tuple(sweep(problem, mode, algorithm, trials, seed) for seed in range(seeds))
    return Cell(problem.name, mode, algorithm, regrets, time.perf_counter() - start)


def picked(problem: Problem, mode: str, trials: int) -> str:
    """Return what ``auto`` uses for the problem."""
    situation = assess(problem.space, problem.base, trials=trials, concurrency=MODES[mode][0])
    return choose_algorithm("auto", situation).name


def table(cells: Sequence[Cell], trials: int) -> str:
    """Return the regrets as text, a line for each problem and mode; * marks what auto picks."""
    names = list(dict.fromkeys(cell.algorithm for cell in cells))
    lines = [f"{'':32}" + "".join(f"{name:>19}" for name in names)]
    for problem in PROBLEMS:
        for mode in MODES:
            row = {c.algorithm: c for c in cells if (c.problem, c.mode) == (problem.name, mode)}
            if row:
                auto = picked(problem, mode, trials)
                texts = (_text(row.get(name), name == auto) for name in names)
                lines.append(f"{problem.name:19} {mode:12}" + "".join(texts))
    return "\n".join(lines)


def _text(cell: Cell | None, auto: bool) -> str:
    if cell is None:
        return f"{'-':>19}"
    return f"{cell.mean:>10.3f} ± {cell.error:<5.3f}{'*' if auto else ' '}"


def main() -> None:
    """Prints the table and writes it as JSON."""
    options = _options()
    known = [name for name in ALGORITHMS if name not in LEFT_OUT]
    jobs = [
        (problem, mode, algorithm, options.trials, options.seeds)
        for problem in PROBLEMS
        for mode in MODES
        for algorithm in known
    ]
    with ProcessPoolExecutor(options.jobs) as pool:
        cells = list(pool.map(measure, *zip(*jobs, strict=True)))
    sys.stdout.write(f"mean regret, {options.trials} trials x {options.seeds} seeds\n")
    sys.stdout.write(table(cells, options.trials) + "\n* = what auto picks; ")
    sys.stdout.write("scikit-learn models are left out: it is no dependency\n")
    content = {"trials": options.trials, "seeds": options.seeds, "cells": [*map(asdict, cells)]}
    options.out.write_text(json.dumps(content, indent=1))
    sys.stdout.write(f"written to {options.out}\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=1, help="processes side by side")
    parser.add_argument("--out", type=Path, default=Path("search_quality.json"))
    parser.add_argument("--quick", action="store_true", help="12 trials x 2 seeds")
    options = parser.parse_args()
    if options.quick:
        options.trials, options.seeds = QUICK["trials"], QUICK["seeds"]
    return options


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch: a suggestion is small arithmetic
    main()
