"""DEHB (Awad et al., IJCAI 2021) on the learning curves of ``curves/anytime.py``, same epochs.

    .rivals/bin/python experiments/benchmarks/search/dehb_anytime.py --json FILE

After ``make bench-rivals``. Prints the lines of that benchmark's table. DEHB trains each of its
configurations anew at every fidelity (1, 3, 9 and 27 epochs), so all these epochs count; like the
others it begins with the default configuration, trained to its end.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "curves"))

import numpy as np
from anytime import SHARES, TRIALS, Sweep, table
from make_curves import EPOCHS
from problems import CurveProblem, problems

from automl.search.samplers.bayes.cube import Cube


def sweep(problem: CurveProblem, seed: int) -> Sweep:
    """Return DEHB's sweep over as many epochs as 24 whole trials have."""
    from ConfigSpace import ConfigurationSpace, Float
    from dehb import DEHB

    cube = Cube(problem.space, problem.base)
    names = [f"x{index:02d}" for index in range(len(cube.axes))]
    space = ConfigurationSpace(seed=seed)
    space.add([Float(name, (0.0, 1.0)) for name in names])
    budget = TRIALS * EPOCHS
    found = Sweep(problem, budget, budget, random.Random(f"{problem.name}/{seed}"))
    train(found, cube.values(cube.default_point), EPOCHS)
    with tempfile.TemporaryDirectory() as folder:
        tool = DEHB(
            cs=space, dimensions=len(names), min_fidelity=1, max_fidelity=EPOCHS, eta=3,
            n_workers=1, seed=seed, output_path=folder, log_level="ERROR",
        )  # fmt: skip
        while found.spent < budget:
            job = tool.ask()
            place = [float(dict(job["config"])[name]) for name in names]
            epochs = max(1, round(float(job["fidelity"])))
            fitness = train(found, cube.values(_point(cube, place)), epochs)
            tool.tell(job, {"fitness": fitness, "cost": epochs})
    found.regrets += [found.regret] * (len(SHARES) - len(found.regrets))
    return found


def _point(cube: Cube, place: Sequence[float]) -> Any:
    """The cube's point of a vector in which choices are numbers too."""
    point = np.array(place)
    for index in np.flatnonzero(cube.choices):
        options = len(cube.axes[index].options)
        point[index] = min(int(point[index] * options), options - 1)
    return cube.snap(point[None])[0]


def train(found: Sweep, values: Mapping[str, Any], epochs: int) -> float:
    """Spend a training's epochs; return its lowest cost."""
    best = float("inf")
    for true in found.problem.curve(values)[:epochs]:
        if found.spent >= found.budget:
            break
        cost = true + found.noise.gauss(0, found.problem.noise)
        best = min(best, cost)
        found._spend(cost, true)
    found.started += 1
    return best


def main() -> None:
    """Runs all problems and prints the table."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--seeds", type=int, default=10)
    options.add_argument("--json", type=Path)
    given = options.parse_args()
    runs = []
    for seed in range(given.seeds):
        for name, problem in problems().items():
            found = sweep(problem, seed)
            runs.append(
                {
                    "problem": name, "algorithm": "dehb", "scheduler": "own", "seed": seed,
                    "regrets": [round(each, 5) for each in found.regrets],
                    "trials": found.started, "stopped": 0, "cpu_s": 0.0,
                    "share": round(found.spent / (found.started * EPOCHS), 4),
                }
            )  # fmt: skip
    sys.stdout.write(table(runs))
    if given.json:
        given.json.write_text(json.dumps(runs))


if __name__ == "__main__":
    main()
