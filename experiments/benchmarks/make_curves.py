"""Makes a table of real learning curves: `python experiments/benchmarks/make_curves.py`.

Three tasks x 480 networks x 27 epochs: a network with one hidden layer on scikit-learn's digits, on
the same with a fifth of the labels wrong, so that long trainings overfit, and on its breast cancer
data. Rates, momentum and the cosine schedule make the curves cross. The network is written in
NumPy, since scikit-learn's own would take half an hour of CPU instead of a minute. It writes
`results/curves.npz`, which `curves/anytime.py` reads: nothing trains there.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.preprocessing import StandardScaler

EPOCHS: Final = 27
LEVELS: Final[Mapping[str, tuple[float, ...]]] = {
    "rate": tuple(float(f"{10**power:.3g}") for power in np.linspace(-3.5, 0, 8)),
    "momentum": (0.0, 0.9),
    "units": (8, 32, 128),
    "batch": (8, 16, 32, 64, 128),
    "cosine": (0, 1),
}
TABLE: Final = Path(__file__).parent / "results" / "curves.npz"
Array = npt.NDArray[np.float64]
Task = tuple[Array, Array, Array, Array]


def main() -> None:
    """Trains all networks of all tasks and writes the shares that are right after each epoch."""
    if TABLE.exists():
        sys.stdout.write(f"{TABLE} is there: remove it to make it anew\n")
        return
    grid = list(configurations())
    tables: dict[str, Any] = {}
    for name, task in _tasks().items():
        shares = np.array([_curve(task, values) for values in grid])
        tables[name] = np.round(shares * 1e4).astype(np.int16)
    np.savez_compressed(TABLE, **tables)


def configurations() -> Iterator[dict[str, float]]:
    """Yield the configurations in the order of the table's rows."""
    for values in product(*LEVELS.values()):
        yield dict(zip(LEVELS, values, strict=True))


def _tasks() -> dict[str, Task]:
    rng = np.random.default_rng(0)
    digits = _split(load_digits(return_X_y=True), rng, 300)
    wrong = digits[1].copy()
    places = rng.choice(len(wrong), len(wrong) // 5, replace=False)
    wrong[places] = rng.integers(10, size=len(places))
    cancer = _split(load_breast_cancer(return_X_y=True), rng, 120)
    return {"digits": digits, "noisy digits": (digits[0], wrong, *digits[2:]), "cancer": cancer}


def _split(samples: Any, rng: np.random.Generator, train: int) -> Task:
    x, y = samples
    order = rng.permutation(len(y))
    first, rest = order[:train], order[train:]
    scale = StandardScaler().fit(x[first])
    return scale.transform(x[first]), y[first], scale.transform(x[rest]), y[rest]


class _Network:
    """One hidden layer of rectified units, trained by stochastic gradients with momentum."""

    def __init__(self, inputs: int, units: int, classes: int, rng: np.random.Generator) -> None:
        sizes = ((inputs, units), (units, classes))
        self.weights = [rng.normal(0, math.sqrt(2 / each[0]), each) for each in sizes]
        self.moves = [np.zeros(each) for each in sizes]

    def scores(self, x: Array) -> Array:
        """The score of each class."""
        found: Array = np.maximum(x @ self.weights[0], 0) @ self.weights[1]
        return found

    def step(self, x: Array, wanted: Array, rate: float, momentum: float) -> None:
        """One step down the cross entropy of a batch; ``wanted``: one for the class of each."""
        hidden = np.maximum(x @ self.weights[0], 0)
        scores = hidden @ self.weights[1]
        shares = np.exp(scores - scores.max(1, keepdims=True))
        off = (shares / shares.sum(1, keepdims=True) - wanted) / len(x)
        back = (off @ self.weights[1].T) * (hidden > 0)
        for layer, slope in enumerate((x.T @ back, hidden.T @ off)):
            self.moves[layer] = momentum * self.moves[layer] - rate * slope
            self.weights[layer] = self.weights[layer] + self.moves[layer]


def _curve(task: Task, values: Mapping[str, float]) -> list[float]:
    """Return the share of validation samples that are right after each epoch."""
    x, y, x_val, y_val = task
    rng, size = np.random.default_rng(1), int(values["batch"])
    wanted = np.eye(int(y_val.max()) + 1)[y]
    network = _Network(x.shape[1], int(values["units"]), wanted.shape[1], rng)
    found = []
    for epoch in range(EPOCHS):
        falls = (1 + math.cos(math.pi * epoch / EPOCHS)) / 2 if values["cosine"] else 1.0
        order = rng.permutation(len(y))
        with np.errstate(all="ignore"):  # a rate that is too high ends in NaN
            for first in range(0, len(y), size):
                part = order[first : first + size]
                network.step(x[part], wanted[part], values["rate"] * falls, values["momentum"])
            found.append(float(np.mean(network.scores(x_val).argmax(1) == y_val)))
    return found


if __name__ == "__main__":
    main()
