"""Which ways to run a sweep a simulation compares: the recorded one first, then those asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

from automl.errors import InputError
from automl.results.simulation.replay import SearchTarget, SweepChoice
from automl.search.algorithm import check_algorithm, choose_algorithm
from automl.search.problem import assess
from automl.search.scheduler import MIN_EPOCHS, NONE, choose_scheduler

PBT: Final = "pbt"


@dataclass(frozen=True)
class Asked:
    """What the user wants compared; empty where the recorded sweep and a few others do.

    Attributes:
        algorithms, schedulers, workers: every combination of them is simulated.
        trials: of each simulated sweep, None for as many as the recorded one has.
        reach: a value of the metric, None for what the recorded champion is worth.
        seed: of the simulation; repeats: of each choice.
        limit_s: the CPU seconds that the sampler of one choice may take.
    """

    algorithms: Sequence[str] = ()
    schedulers: Sequence[str] = ()
    workers: Sequence[int] = ()
    trials: int | None = None
    reach: float | None = None
    seed: int = 0
    repeats: int = 10
    limit_s: float = 120.0


@dataclass(frozen=True)
class RecordedSweep:
    """How the recorded sweep was run."""

    algorithm: str
    scheduler: str
    workers: int
    trials: int


def recorded_choice(plan: Mapping[str, Any], trials: int) -> RecordedSweep:
    """Return how a sweep was run, as its plan says; ``trials``: how many it has."""
    resources = plan.get("resources") or {}
    return RecordedSweep(
        algorithm=str(plan.get("algorithm") or "random"),
        scheduler=str((plan.get("scheduler") or {}).get("name") or NONE),
        workers=max(1, int(resources.get("concurrency") or 1)),
        trials=trials,
    )


def choices(
    asked: Asked, recorded: RecordedSweep, target: SearchTarget, epochs: Sequence[int]
) -> list[SweepChoice]:
    """Return the choices to simulate, the recorded one first.

    Args:
        asked: by the user.
        recorded: how the recorded sweep was run.
        target: what is searched.
        epochs: those after which the recorded trials report a value.

    Raises:
        InputError: an algorithm or scheduler is unknown, or none of them can be simulated.
    """
    algorithms = asked.algorithms or dict.fromkeys((recorded.algorithm, "random"))
    schedulers = asked.schedulers or _schedulers(recorded, epochs)
    workers = asked.workers or (recorded.workers,)
    trials = asked.trials or recorded.trials
    wanted = [
        (recorded.algorithm, recorded.scheduler, recorded.workers),
        *product(algorithms, schedulers, workers),
    ]
    return list(dict.fromkeys(_simulated(wanted, trials, target, epochs)))


def _schedulers(recorded: RecordedSweep, epochs: Sequence[int]) -> Sequence[str]:
    acts = len(epochs) > 1 and epochs[-1] >= MIN_EPOCHS
    return list(dict.fromkeys((recorded.scheduler, NONE, *(["asha"] if acts else []))))


def _simulated(
    wanted: Sequence[tuple[str, str, int]], trials: int, target: SearchTarget, epochs: Sequence[int]
) -> Iterator[SweepChoice]:
    """Each choice that goes together; an error where none of those asked for does."""
    faults = []
    for place, (algorithm, scheduler, workers) in enumerate(wanted):
        try:
            yield _choice(algorithm, scheduler, workers, trials, target, epochs)
        except InputError as error:
            if place:  # the recorded one is not asked for
                faults.append(error)
    if len(faults) == len(wanted) - 1:
        raise faults[0]


def _choice(
    algorithm: str,
    scheduler: str,
    workers: int,
    trials: int,
    target: SearchTarget,
    epochs: Sequence[int],
) -> SweepChoice:
    if algorithm == PBT:
        raise InputError(
            "pbt goes on from checkpoints of other trials, which a surrogate of whole trials has"
            " not: simulate another --algorithm"
        )
    asked, interval = "" if algorithm == "auto" else algorithm, epochs[-1] // len(epochs)
    rungs = choose_scheduler(scheduler, asked, epochs[-1], interval=max(1, interval))
    if rungs.acts and len(epochs) == 1:
        raise InputError(
            f"{scheduler} compares trials by epochs, and the recorded trials report their end"
            " alone, or too few ran the same epochs: use --scheduler none"
        )
    problem = assess(
        target.space, target.base, trials=trials, concurrency=workers, rungs=bool(rungs.rungs)
    )
    name = choose_algorithm(algorithm, problem).name
    check_algorithm(name, problem, target.space, target.base)
    return SweepChoice(name, rungs, workers, trials)
