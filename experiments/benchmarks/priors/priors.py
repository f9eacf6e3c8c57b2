"""Measures what other sweeps are worth: `python experiments/benchmarks/priors/priors.py [--quick]`.

A sweep with the trials of another one as its prior, against the same sweep without, paired by seed:
mean regret of the best trial so far after 12 and 30 trials, with standard errors. Priors: `alike`
(the same function with its optimum moved and its values scaled, as on other data), `useless`
(values that have nothing to do with the function), `reversed` (the function's negative, which is
the best where the target is the worst), `both` (alike and reversed together). The svm's `alike` is
the same search on other data. `told` feeds the prior's raw values to the sampler, as --prior does
with runs of the same data.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import random
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))  # the problems are beside this folder

from search.functions import FUNCTIONS
from search.models import MODEL_PROBLEMS, _loss
from search.problem import Problem
from sklearn.datasets import load_wine
from sklearn.svm import SVC

from automl.constants import TrialSource, TrialState
from automl.launch.planning.priors.read_priors import PriorSweep
from automl.launch.running.guidance.prior_points import PriorPoints
from automl.search.study import Study
from automl.space import Float, Integer, Space

Values = Mapping[str, Any]
Function = Callable[[Values], float]
LOOKS: Final = (12, 30)
KINDS: Final = ("none", "alike", "useless", "reversed", "both", "told alike", "told reversed")
NAMES: Final = ("hartmann6", "mixed branin", "log bowl", "conditional", "1 of 5 conditional")
PRIOR_TRIALS: Final = 30


def main() -> None:
    """Run what is missing in the file of results, and print the table."""
    options = _options()
    found: dict[str, Any] = json.loads(options.out.read_text()) if options.out.exists() else {}
    for seed in range(options.seeds):
        for problem in _problems(options.problems):
            for algorithm in options.algorithms:
                for kind in options.priors:
                    key = f"{problem.name}|{algorithm}|{kind}|{seed}"
                    if key not in found:
                        found[key] = sweep(problem, algorithm, kind, seed, options.trials)
                        options.out.parent.mkdir(parents=True, exist_ok=True)
                        options.out.write_text(json.dumps(found, indent=0))
    sys.stdout.write(table(found))


def sweep(problem: Problem, algorithm: str, kind: str, seed: int, trials: int) -> list[float]:
    """Return the regret of the best trial after each of :data:`LOOKS` up to ``trials``."""
    space, base = problem.space, problem.base
    told: list[tuple[Values, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        study = _study(folder, problem, algorithm, seed)
        points = PriorPoints([], space, base, seed)
        if kind.startswith("told "):
            for prior in _priors(problem, kind.removeprefix("told "), seed):
                for place, values in enumerate(prior.configurations):
                    study.add_known(f"{prior.name}{place}", values, prior.values[place])
        else:
            points = PriorPoints(_priors(problem, kind, seed), space, base, seed)
        while len(told) < trials:
            point = None if study.queued else points.propose(told, len(told), study.knows)
            if point is not None:
                study.enqueue(point, TrialSource.PRIOR)
            asked = study.ask()
            assert asked is not None
            value = problem.function(asked.values)
            study.tell(asked.ticket, TrialState.FINISHED, value)
            told.append((asked.values, value))
    looks = [look for look in LOOKS if look <= trials]
    return [min(value for _, value in told[:look]) - problem.minimum for look in looks]


def _study(folder: str, problem: Problem, algorithm: str, seed: int) -> Study:
    study = Study(
        Path(folder) / "study.journal", space=problem.space, base=problem.base,
        algorithm=algorithm, direction="minimize", seed=seed, durable=False,
    )  # fmt: skip
    study.enqueue(problem.space.defaults(problem.base), TrialSource.DEFAULT)
    return study


def _priors(problem: Problem, kind: str, seed: int) -> list[PriorSweep]:
    if kind == "none":
        return []
    kinds = ("alike", "reversed") if kind == "both" else (kind,)
    return [_prior(problem, each, seed) for each in kinds]


def _prior(problem: Problem, kind: str, seed: int) -> PriorSweep:
    """A sweep by TPE of the problem that a kind of prior comes from."""
    function = {"alike": _alike, "useless": _useless, "reversed": _reversed}[kind](problem, seed)
    configurations, values = [], []
    with tempfile.TemporaryDirectory() as folder:
        study = _study(folder, problem, "tpe", 1000 + seed)
        for _ in range(PRIOR_TRIALS):
            asked = study.ask()
            assert asked is not None
            values.append(function(asked.values))
            configurations.append(asked.values)
            study.tell(asked.ticket, TrialState.FINISHED, values[-1])
    return PriorSweep(kind, configurations, values)


def _alike(problem: Problem, seed: int) -> Function:
    """The function with its optimum moved by a tenth of each range or so, in another scale."""
    if problem.name.startswith("svm"):
        return _svm_wine
    rng = random.Random(f"{problem.name}/{seed}")
    moves = {p.name: rng.gauss(0, 0.1) for p in problem.space.parameters}
    scale, shift = math.exp(rng.gauss(0, 1)), rng.gauss(0, 10)
    return lambda values: scale * problem.function(_moved(problem.space, values, moves)) + shift


def _moved(space: Space, values: Values, moves: Mapping[str, float]) -> Values:
    found = dict(values)
    for parameter in space.parameters:
        if parameter.name in values and isinstance(parameter, Float | Integer):
            low, high, value = parameter.low, parameter.high, values[parameter.name]
            if parameter.log:
                value = value * (high / low) ** moves[parameter.name]
            else:
                value = value + (high - low) * moves[parameter.name]
            found[parameter.name] = value
    return found


@cache
def _wine() -> tuple[Any, Any]:
    features, labels = load_wine(return_X_y=True)
    return (features - features.mean(axis=0)) / features.std(axis=0), labels


def _svm_wine(values: Values) -> float:
    chosen = {name: values[name] for name in ("C", "gamma", "kernel")}
    degree = {"degree": values["degree"]} if values["kernel"] == "poly" else {}
    return 1 + _loss(SVC(**chosen, **degree), _wine(), "accuracy")


def _useless(problem: Problem, seed: int) -> Function:
    """A value by chance for each configuration."""

    def value(values: Values) -> float:
        text = f"{seed}{sorted(values.items())}"
        return int(hashlib.sha256(text.encode()).hexdigest()[:12], 16) / 16**12

    return value


def _reversed(problem: Problem, seed: int) -> Function:
    return lambda values: -problem.function(values)


def _problems(names: Sequence[str]) -> list[Problem]:
    known = {problem.name: problem for problem in (*FUNCTIONS, *MODEL_PROBLEMS)}
    return [known[name] for name in names]


def table(found: Mapping[str, Sequence[float]]) -> str:
    """Return mean regrets, and the paired differences to no prior, as Markdown."""
    cells: dict[tuple[str, str, str, int], dict[int, float]] = defaultdict(dict)
    for key, regrets in found.items():
        name, algorithm, kind, seed = key.split("|")
        for look, regret in zip(LOOKS, regrets, strict=False):
            cells[name, algorithm, kind, look][int(seed)] = regret
    lines = [
        "| problem | sampler | trials | prior | regret | against none | won |",
        "|---|---|---:|---|---:|---:|---:|",
    ]
    for name, algorithm, look in dict.fromkeys((n, a, x) for n, a, _, x in cells):
        without = cells.get((name, algorithm, "none", look), {})
        for kind in KINDS:
            if own := cells.get((name, algorithm, kind, look)):
                lines.append(_row((name, algorithm, str(look), kind), own, without))
    return "\n".join([*lines, "", *_ratios(cells)]) + "\n"


def _row(words: Sequence[str], own: Mapping[int, float], without: Mapping[int, float]) -> str:
    both = sorted(own.keys() & without.keys())
    change = [own[seed] - without[seed] for seed in both]
    won, lost = sum(each < 0 for each in change), sum(each > 0 for each in change)
    return f"| {' | '.join(words)} | {_mean(list(own.values()))} | {_mean(change)} | {won}:{lost} |"


def _mean(values: Sequence[float]) -> str:
    if not values:
        return "-"
    error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0.0
    return f"{statistics.mean(values):.3g} ± {error:.2g}"


def _ratios(cells: Mapping[tuple[str, str, str, int], Mapping[int, float]]) -> list[str]:
    """The difference to no prior in units of that problem's mean regret, over all problems."""
    lines = []
    for algorithm, kind, look in dict.fromkeys((a, k, x) for _, a, k, x in cells if k != "none"):
        changes = []
        for name in dict.fromkeys(n for n, *_ in cells):
            own = cells.get((name, algorithm, kind, look), {})
            without = cells.get((name, algorithm, "none", look), {})
            unit = statistics.mean(without.values()) if without else 0.0
            both = own.keys() & without.keys()
            changes += [(own[s] - without[s]) / unit for s in both if unit > 0]
        if changes:
            lines.append(f"{algorithm}, {look} trials, {kind}: {_mean(changes)} of none's regret")
    return lines


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--trials", type=int, default=max(LOOKS), choices=LOOKS)
    parser.add_argument("--problems", nargs="+", default=[*NAMES, "svm digits"])
    parser.add_argument("--algorithms", nargs="+", default=["gp", "tpe"])
    parser.add_argument("--priors", nargs="+", default=list(KINDS))
    parser.add_argument("--out", type=Path, default=Path("priors.json"), help="results, kept")
    parser.add_argument("--quick", action="store_true", help="two seeds of two problems by tpe")
    options = parser.parse_args()
    if options.quick:
        options.seeds, options.algorithms = 2, ["tpe"]
        options.problems = ["log bowl", "mixed branin"]
    return options


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported
    main()
