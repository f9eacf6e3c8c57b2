"""Measures schedulers: `python experiments/benchmarks/curves/anytime.py [--quick]`.

The best value after 25, 50 and 100 % of equal total epochs (24 trials' worth), as regret: 0 is the
best that there is, 1 what a random configuration reaches. Each sweep asks the product's study and
scheduler, one trial at a time, in simulated epochs: neither Ray nor a trainer starts. The champion
is the trial with the best value that was reported; its noiseless value at that epoch counts.

`--same-trials` ends each sweep after 24 trials instead, and says what share of the epochs was run.
What is missing in the file of results is run; the table is written beside it.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from make_curves import EPOCHS
from problems import DESIGN, HELD_OUT, CurveProblem, problems

from automl.constants import TrialSource, TrialState
from automl.search.scheduler import choose_scheduler
from automl.search.study import Study
from automl.search.suggestion import Suggestion
from automl.sweep.schedulers import make_scheduler
from automl.trial.objective import Objective

TRIALS: Final = 24
SHARES: Final = (0.25, 0.5, 1.0)
ALGORITHMS: Final = ("gp", "tpe", "bayes")
SCHEDULERS: Final = ("none", "asha", "auto")
RESULTS: Final = Path(__file__).parents[1] / "results" / "anytime.json"
Job = tuple[str, str, str, int]


def main() -> None:
    """Runs what is missing in the file of results and writes the table beside it."""
    options = _options()
    runs = _earlier(options.out)
    known, done = problems(), {_job(run) for run in runs}
    for job in _jobs(options):
        if job not in done:
            runs.append(_run(known[job[0]], *job[1:], same_trials=options.same_trials))
            _write(options.out, runs)
    text = table(runs)
    options.out.with_suffix(".md").write_text(text)
    sys.stdout.write(text)


@dataclass
class Sweep:
    """One sweep in simulated epochs.

    Attributes:
        budget: the epochs after which it ends; trials: how many start at most.
        spent: the epochs that were run; stopped: the trials that the scheduler stopped.
        regrets: of the champion, after each of :data:`SHARES` of the budget.
    """

    problem: CurveProblem
    budget: int
    trials: int
    noise: random.Random
    spent: int = 0
    started: int = 0
    stopped: int = 0
    lowest: float = math.inf
    regret: float = math.inf
    regrets: list[float] = field(default_factory=list)

    def run(self, study: Study, scheduler: Any) -> None:
        """Run trials one after the other until the budget is spent."""
        while self.spent < self.budget and self.started < self.trials:
            suggestion = study.ask()
            if suggestion is None:
                break
            state, best = self._train(study, suggestion, scheduler)
            study.tell(suggestion.ticket, state, best)
            self.started += 1
        self.regrets += [self.regret] * (len(SHARES) - len(self.regrets))

    def _train(
        self, study: Study, suggestion: Suggestion, scheduler: Any
    ) -> tuple[TrialState, float]:
        best = math.inf
        for epoch, true in enumerate(self.problem.curve(suggestion.values), start=1):
            cost = true + self.noise.gauss(0, self.problem.noise)
            best = min(best, cost)
            self._spend(cost, true)
            study.report(suggestion.ticket, epoch, cost)
            if scheduler is not None and not scheduler.decide(self.started, epoch, cost):
                self.stopped += 1
                return TrialState.STOPPED, best
            if self.spent >= self.budget:
                break
        return TrialState.FINISHED, best

    def _spend(self, cost: float, true: float) -> None:
        """Count an epoch, and note the champion's regret where a share of the budget is spent."""
        self.spent += 1
        if cost < self.lowest:
            self.lowest, self.regret = cost, self.problem.regret(true)
        if self.spent in {round(share * self.budget) for share in SHARES}:
            self.regrets.append(self.regret)


def sweep(
    problem: CurveProblem, algorithm: str, scheduler: str, seed: int, *, same_trials: bool = False
) -> Sweep:
    """Return a sweep that has ended: after 24 trials' epochs, or after 24 trials."""
    budget, noise = TRIALS * EPOCHS, random.Random(f"{problem.name}/{seed}")
    found = Sweep(problem, budget, TRIALS if same_trials else budget, noise)
    stopping = make_scheduler(
        choose_scheduler(scheduler, algorithm, EPOCHS), Objective("cost", "minimize"), ()
    )
    with tempfile.TemporaryDirectory() as folder:
        study = Study(
            Path(folder) / "study.journal",
            space=problem.space,
            base=problem.base,
            algorithm=algorithm,
            direction="minimize",
            seed=seed,
            durable=False,
        )
        study.enqueue(problem.space.defaults(problem.base), TrialSource.DEFAULT)
        found.run(study, stopping)
    return found


def table(runs: Sequence[Mapping[str, Any]]) -> str:
    """Return the regrets as a Markdown table: all problems, those held out, and each of them."""
    ways = list(dict.fromkeys((run["algorithm"], run["scheduler"]) for run in runs))
    names = list(dict.fromkeys(run["problem"] for run in runs))
    groups = {"all": names, "held out": [name for name in names if name in HELD_OUT]}
    groups |= {name: [name] for name in names}
    seeds = sorted(
        {len({r["seed"] for r in runs if (r["algorithm"], r["scheduler"]) == w}) for w in ways}
    )
    lines = [
        f"Mean regret ± standard error after 25, 50 and 100 % of {TRIALS} x {EPOCHS} epochs;"
        f" {'-'.join(map(str, dict.fromkeys((seeds[0], seeds[-1]))))} seeds a problem.",
        "",
        "| problem | way | 25 % | 50 % | 100 % | trials | epochs | CPU s |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for group, members in groups.items():
        for way in ways:
            chosen = [
                run for run in runs
                if run["problem"] in members and (run["algorithm"], run["scheduler"]) == way
            ]  # fmt: skip
            if chosen:
                lines.append(f"| {group} | {' + '.join(way)} | {' | '.join(_cells(chosen))} |")
    return "\n".join(lines) + "\n"


def _cells(runs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for place in range(len(SHARES)):
        mean, error = _mean(runs, place)
        yield f"{mean:.3f} ± {error:.3f}" if error else f"{mean:.3f}"
    for key, form in (("trials", "{:.0f}"), ("share", "{:.0%}"), ("cpu_s", "{:.1f}")):
        yield form.format(statistics.fmean(run[key] for run in runs))


def _mean(runs: Sequence[Mapping[str, Any]], place: int) -> tuple[float, float]:
    """The mean over problems of the mean over seeds, and its standard error over seeds."""
    cells: dict[str, list[float]] = {}
    for run in runs:
        cells.setdefault(run["problem"], []).append(run["regrets"][place])
    errors = [
        statistics.variance(each) / len(each) if len(each) > 1 else 0.0 for each in cells.values()
    ]
    return statistics.fmean(map(statistics.fmean, cells.values())), sum(errors) ** 0.5 / len(cells)


def _run(
    problem: CurveProblem, algorithm: str, scheduler: str, seed: int, *, same_trials: bool
) -> dict[str, Any]:
    start = time.process_time()
    found = sweep(problem, algorithm, scheduler, seed, same_trials=same_trials)
    return {
        "problem": problem.name,
        "algorithm": algorithm,
        "scheduler": scheduler,
        "seed": seed,
        "regrets": [round(each, 5) for each in found.regrets],
        "trials": found.started,
        "stopped": found.stopped,
        "share": round(found.spent / (found.started * EPOCHS), 4),
        "cpu_s": round(time.process_time() - start, 2),
    }


def _jobs(options: argparse.Namespace) -> Iterator[Job]:
    for seed in range(options.seeds):
        for problem in options.problems:
            for algorithm in options.algorithms:
                for scheduler in options.schedulers:
                    yield problem, algorithm, scheduler, seed


def _job(run: Mapping[str, Any]) -> Job:
    return run["problem"], run["algorithm"], run["scheduler"], run["seed"]


def _earlier(path: Path) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = json.loads(path.read_text()) if path.exists() else []
    return runs


def _write(path: Path, runs: Sequence[Mapping[str, Any]]) -> None:
    lines = ",\n".join(json.dumps(run) for run in runs)
    unfinished = path.with_suffix(".tmp")
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished.write_text(f"[\n{lines}\n]\n")
    unfinished.replace(path)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--problems", nargs="+", default=[*DESIGN, *HELD_OUT])
    parser.add_argument("--algorithms", nargs="+", default=list(ALGORITHMS))
    parser.add_argument("--schedulers", nargs="+", default=list(SCHEDULERS))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--same-trials", action="store_true", help="24 trials each, fewer epochs")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--quick", action="store_true", help="2 seeds of tpe on drawn curves")
    options = parser.parse_args()
    if options.quick:
        options.problems, options.algorithms, options.seeds = ["crossing", "parallel"], ["tpe"], 2
    return options


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported
    warnings.simplefilter("ignore")
    main()
