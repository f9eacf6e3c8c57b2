"""Whatever trials report, every algorithm goes on proposing: part of what test_study.py promises.

Each case passes through all ways by which a sampler hears of a metric: an earlier run
(``--prior``), an enqueued trial, a reported epoch of a stopped trial, and a finished trial. One
trial runs out of memory, which ``bayes``, ``gp``, ``tpe`` and ``bohb`` learn as a constraint.
"""

import itertools
import math
import shutil
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from automl.constants import TrialState
from automl.search.algorithm import ALGORITHMS, MULTI_OBJECTIVE
from automl.search.samplers.failures import SamplerFailed
from automl.search.study import STUDY_NAME, Study
from automl.space import Choice, Float, Integer, Space

INF, LARGEST = math.inf, 1.797e308
ODD = {
    "infinities": (0.5, INF, 0.1, -INF, 0.3),
    "the largest float": (0.5, LARGEST, 0.2, -LARGEST, 0.3),
    "nothing but the largest float": (LARGEST,),
    "a huge loss": (0.5, -1e300, 0.2, 0.4),
    "two sizes of huge": (1e300, 1e31, -1e31, -1e300, 0.0),
    "a sentinel": (0.5, 9999999.0, 0.2, 0.4),
    "all equal": (0.7,),
    "all zero": (0.0,),
    "denormals": (5e-324, 0.0, 1e-323, -5e-324),
    "neighbours": (1.0, math.nextafter(1.0, 2.0), math.nextafter(1.0, 0.0)),
    "not a number": (math.nan, 0.5, 0.1, 0.2),
    "all failed": (None,),
}
SLOW = pytest.mark.slow  # a Gaussian process is fitted three times
OBJECTIVES = [(name, 1) for name in ALGORITHMS] + [(name, 2) for name in MULTI_OBJECTIVE]
RATES = tuple(10.0**-power for power in range(5))
STEPS = Integer(name="steps", low=1, high=50, default=10)
KIND = Choice(name="kind", choices=("round", "flat"), default="round")
BASE = {"lr": 0.1, "steps": 10, "kind": "round"}


def _space(algorithm: str) -> Space:
    lr: Any = Float(name="lr", low=1e-4, high=1.0, log=True, default=0.1)
    if algorithm == "grid":
        lr = Choice(name="lr", choices=RATES, ordered=True, default=0.1)
    return Space(parameters=(lr, STEPS, KIND))


def _study(folder: Path, algorithm: str, objectives: int, heard: list[SamplerFailed]) -> Study:
    return Study(
        folder / "study.journal", space=_space(algorithm), base=BASE, algorithm=algorithm,
        direction="maximize", further=("minimize",) * (objectives - 1), seed=1,
        listener=heard.append,
    )  # fmt: skip


def _known(folder: Path) -> list[optuna.trial.FrozenTrial]:
    storage = JournalStorage(JournalFileBackend(str(folder / "study.journal")))
    return optuna.load_study(study_name=STUDY_NAME, storage=storage).trials


@pytest.mark.parametrize("case", ODD)
@pytest.mark.parametrize(
    ("algorithm", "objectives"),
    [pytest.param(*each, marks=SLOW if each[0] == "gp" else ()) for each in OBJECTIVES],
)
def test_no_metric_ends_a_sweep(tmp_path: Path, algorithm: str, objectives: int, case: str) -> None:
    values, heard = itertools.cycle(ODD[case]), []
    study = _study(tmp_path, algorithm, objectives, heard)
    for index, rate in enumerate(RATES[2:]):
        value = next(values)
        if value is not None:
            further = [value] * (objectives - 1)
            study.add_known(f"earlier/{index}", {**BASE, "lr": rate}, value, further)
    study.enqueue(BASE, "enqueued")
    seen = []
    for index in range(4):
        suggestion = study.ask()
        assert suggestion is not None
        seen.append(suggestion.values)
        value = next(values)
        if value is not None:
            study.report(suggestion.ticket, 1, value)
        ended = TrialState.STOPPED if index == 1 else TrialState.FINISHED
        unfit = index == 2
        ended = TrialState.FAILED if value is None or unfit else ended
        further = [value] * (objectives - 1)
        study.tell(
            suggestion.ticket, ended, value, further=further, fault="out_of_memory" if unfit else ""
        )
        assert study.is_over(suggestion.ticket)
    assert not heard
    assert seen[0] == BASE
    assert len({_space(algorithm).canonical(each) for each in seen}) == 4
    learned = [value for trial in _known(tmp_path) for value in trial.values or ()]
    assert all(math.isfinite(value) for value in learned)
    assert bool(learned) == (case != "all failed")


@pytest.fixture(scope="module")
def ties(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[bool, int], Path]:
    """Journals of a thousand trials of another run that reached the same.

    The keys say whether the space is the grid's, and how many objectives there are.
    """
    folders = {}
    for name, objectives in itertools.product(("grid", "random"), (1, 2)):
        folder = folders[name == "grid", objectives] = tmp_path_factory.mktemp(name)
        study = _study(folder, name, objectives, [])
        for index in range(1000):
            values = {"lr": RATES[index % 5], "steps": index // 20 + 1, "kind": "flat"}
            study.add_known(f"earlier/{index}", values, 0.5, [0.5] * (objectives - 1))
    return folders


@pytest.mark.parametrize(("algorithm", "objectives"), OBJECTIVES)
def test_a_thousand_ties(
    tmp_path: Path, ties: dict[tuple[bool, int], Path], algorithm: str, objectives: int
) -> None:
    shutil.copy(ties[algorithm == "grid", objectives] / "study.journal", tmp_path)
    heard: list[SamplerFailed] = []
    assert _study(tmp_path, algorithm, objectives, heard).ask() is not None
    assert not heard


@pytest.mark.parametrize("algorithm", ["bayes", pytest.param("gp", marks=SLOW)])
def test_a_gaussian_process_learns_beside_a_sentinel(tmp_path: Path, algorithm: str) -> None:
    """A fifth of the space reports one; the maximum is 1, and chance came to 0.975."""
    rate, decay = (Float(name=name, low=0.0, high=1.0, default=0.9) for name in ("lr", "wd"))
    study = Study(
        tmp_path / "study.journal", space=Space(parameters=(rate, decay)),
        base={"lr": 0.9, "wd": 0.9}, algorithm=algorithm, direction="maximize", seed=1,
    )  # fmt: skip
    best = 0.0
    for _ in range(16):
        suggestion = study.ask()
        assert suggestion is not None
        lr, wd = suggestion.values["lr"], suggestion.values["wd"]
        value = -9999999.0 if lr > 0.8 else 1 - (lr - 0.6) ** 2 - (wd - 0.3) ** 2
        study.tell(suggestion.ticket, TrialState.FINISHED, value)
        best = max(best, value)
    assert best > 0.99
