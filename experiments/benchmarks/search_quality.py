"""Measures search algorithms: `python experiments/benchmarks/search_quality.py [--quick]`.

Mean regret (how far the champion's true value is above the minimum; lower is better) with its
standard error over seeds, on problems with known minima and on scikit-learn models over the data
that it brings along: clean, with noise on what the algorithm is told, and in batches of 4 told
together. `auto` is marked: the table is what justifies its choice (automl/search/algorithm.py).

Seeds run one after another, each over every problem, and each sweep's result is written at once: an
interrupted run leaves a table of fewer seeds and continues from its file.
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
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from search_models import MODEL_PROBLEMS
from search_problems import PROBLEMS as FUNCTIONS
from search_problems import Problem

from automl.constants import TrialSource, TrialState
from automl.search.algorithm import ALGORITHMS, choose_algorithm
from automl.search.problem import assess
from automl.search.study import Study
from automl.search.suggestion import Suggestion

PROBLEMS: Final = (*FUNCTIONS, *MODEL_PROBLEMS)
MODES: Final = {"clean": (1, False), "noisy": (1, True), "batches of 4": (4, False)}
LEFT_OUT: Final = ("grid", "bohb", "pbt", "nsga2")  # no grid of a continuous space; without rungs,
# generations or several objectives the others are tpe and random
QUICK: Final = {"trials": 12, "seeds": 2}
RESULTS: Final = Path(__file__).parent / "results" / "search_quality.json"
Key = tuple[str, str, str]


def main() -> None:
    """Runs what is missing in the file of results and writes the table beside it."""
    options = _options()
    runs = _earlier(options.out, options.trials)
    done = {_job(run) for run in runs}
    for job in _jobs(options.seeds):
        if job not in done:
            runs.append(_run(*job, options.trials))
            _write(options.out, options.trials, runs)
    text = table(runs, options.trials)
    options.out.with_suffix(".md").write_text(text)
    sys.stdout.write(text)


def sweep(problem: Problem, mode: str, algorithm: str, trials: int, seed: int) -> float:
    """Return the true value of the configuration with the lowest observed value of one sweep."""
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
        study.enqueue(problem.space.defaults(problem.base), TrialSource.DEFAULT)
        while len(told) < trials:
            for suggestion in _batch(study, min(batch, trials - len(told))):
                true = problem.function(suggestion.values)
                value = true + (noise.gauss(0, problem.noise) if noisy else 0.0)
                study.tell(suggestion.ticket, TrialState.FINISHED, value)
                told.append((value, true))
    return min(told)[1]


def _batch(study: Study, size: int) -> list[Suggestion]:
    asked = [study.ask() for _ in range(size)]
    return [suggestion for suggestion in asked if suggestion is not None]


def picked(problem: Problem, mode: str, trials: int) -> str:
    """Return what ``auto`` uses for the problem."""
    situation = assess(problem.space, problem.base, trials=trials, concurrency=MODES[mode][0])
    return choose_algorithm("auto", situation).name


def table(runs: Sequence[Mapping[str, Any]], trials: int) -> str:
    """Return the regrets as a Markdown table, a line for each problem and mode.

    ``*`` marks what auto picks, bold the lowest mean and whatever is within a standard error of it.
    """
    cells: dict[Key, list[float]] = defaultdict(list)
    minima = {problem.name: problem.minimum for problem in PROBLEMS}
    for run in runs:
        key = (run["problem"], run["mode"], run["algorithm"])
        cells[key].append(run["value"] - minima[run["problem"]])
    names = [name for name in ALGORITHMS if any(key[2] == name for key in cells)]
    counts = sorted({len(regrets) for regrets in cells.values()})
    seeds = "-".join(dict.fromkeys(map(str, (counts[0], counts[-1])))) if counts else "0"
    lines = [
        f"Mean regret ± standard error, {trials} trials x {seeds} seeds; * is what `auto` picks,",
        "bold what is best or within a standard error of it.",
        "",
        f"| problem | told | {' | '.join(names)} |",
        f"|---|---|{'---:|' * len(names)}",
    ]
    for problem in PROBLEMS:
        for mode in MODES:
            row = {name: cells.get((problem.name, mode, name), []) for name in names}
            if any(row.values()):
                auto = picked(problem, mode, trials)
                lines.append(f"| {problem.name} | {mode} | {' | '.join(_texts(row, auto))} |")
    return "\n".join(lines) + "\n"


def _texts(row: Mapping[str, Sequence[float]], auto: str) -> Iterator[str]:
    means = {name: (statistics.mean(found), _error(found)) for name, found in row.items() if found}
    lowest, error = min(means.values())
    for name in row:
        if name not in means:
            yield "-"
            continue
        mean, own = means[name]
        text = f"{mean:.3g} ± {own:.2g}"
        mark = "*" if name == auto else ""
        yield (f"**{text}**" if mean <= lowest + error else text) + mark


def _error(regrets: Sequence[float]) -> float:
    """The mean's standard error, 0 for a single seed."""
    count = len(regrets)
    return statistics.stdev(regrets) / count**0.5 if count > 1 else 0.0


def _jobs(seeds: int) -> Iterator[tuple[str, str, str, int]]:
    known = [name for name in ALGORITHMS if name not in LEFT_OUT]
    for seed in range(seeds):
        for problem in PROBLEMS:
            for mode in MODES:
                for algorithm in known:
                    yield problem.name, mode, algorithm, seed


def _job(run: Mapping[str, Any]) -> tuple[str, str, str, int]:
    return run["problem"], run["mode"], run["algorithm"], run["seed"]


def _run(name: str, mode: str, algorithm: str, seed: int, trials: int) -> dict[str, Any]:
    problem = next(problem for problem in PROBLEMS if problem.name == name)
    start = time.process_time()
    value = sweep(problem, mode, algorithm, trials, seed)
    return {
        "problem": name,
        "mode": mode,
        "algorithm": algorithm,
        "seed": seed,
        "value": value,
        "cpu_s": round(time.process_time() - start, 2),
    }


def _earlier(path: Path, trials: int) -> list[dict[str, Any]]:
    """What a run of the same length left in the file."""
    content = json.loads(path.read_text()) if path.exists() else {}
    runs: list[dict[str, Any]] = content.get("runs", []) if content.get("trials") == trials else []
    return runs


def _write(path: Path, trials: int, runs: Sequence[Mapping[str, Any]]) -> None:
    lines = ",\n".join(json.dumps(run) for run in runs)
    unfinished = path.with_suffix(".tmp")
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished.write_text(f'{{"trials": {trials}, "runs": [\n{lines}\n]}}\n')
    unfinished.replace(path)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--quick", action="store_true", help="12 trials x 2 seeds")
    options = parser.parse_args()
    if options.quick:
        options.trials, options.seeds = QUICK["trials"], QUICK["seeds"]
    return options


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported
    main()
