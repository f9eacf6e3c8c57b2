"""Simulates other ways to run sweeps that have finished: neither Ray nor a trainer starts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from automl.constants import TrialState
from automl.errors import InputError
from automl.results.run import Run
from automl.results.simulation.choices import PBT, Asked, choices, recorded_choice
from automl.results.simulation.records import RecordedTraining, records_of
from automl.results.simulation.replay import Replay, SearchTarget, SweepChoice, replay
from automl.results.simulation.summary import Summary, sentences, summarise
from automl.results.simulation.surrogate import Surrogate, World, fit_surrogate

_UNKNOWN: Final = 0.5  # of the spread without any data: beyond it the trials say little
_FEW: Final = 30
_IGNORED: Final = frozenset({"source", "reason", "default"})  # of a parameter: not its range


@dataclass(frozen=True)
class Simulation:
    """What other ways to run a sweep would have given.

    Attributes:
        runs: what was learned from.
        metric, direction: what the runs optimise.
        reach: the value that the sentences are about.
        choices: the recorded way first, then the others.
        sentences: what to plan by; limits: what the simulation cannot know.
    """

    runs: Sequence[str]
    metric: str
    direction: str
    reach: float
    choices: Sequence[Summary]
    sentences: Sequence[str]
    limits: Sequence[str]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "runs": list(self.runs),
            "metric": self.metric,
            "direction": self.direction,
            "reach": self.reach,
            "choices": [each.to_dict() for each in self.choices],
            "sentences": list(self.sentences),
            "limits": list(self.limits),
        }


def simulate(
    runs: Sequence[Run], asked: Asked, tell: Callable[[str], None] = lambda line: None
) -> Simulation:
    """Simulate the sweeps that ``asked`` names on what ``runs`` recorded.

    Args:
        runs: sweeps of one space and one metric; the first one is what the others are held against.
        asked: by the user.
        tell: is called with the name of each choice before it is simulated.

    Raises:
        InputError: a run is none that can be simulated, or they differ, or have too few trials.
    """
    _check(runs)
    first, records = runs[0], [each for run in runs for each in _records(run)]
    target = SearchTarget(first.space, first.plan["spec"], first.objective)
    surrogate = fit_surrogate(target.space, target.base, records)
    recorded = recorded_choice(first.plan, len(first.searched))
    listed = choices(asked, recorded, target, surrogate.curves.epochs)
    reach = _worth(first, surrogate) if asked.reach is None else asked.reach
    found, champions = [], []
    for choice in listed:
        tell(choice.name)
        replays = list(_repeats(target, choice, surrogate, asked))
        found.append(summarise(choice, replays, target.objective, reach, surrogate.gpus))
        champions += [each.champion for each in replays if each.champion is not None]
    return Simulation(
        runs=[run.label for run in runs],
        metric=target.objective.metric,
        direction=target.objective.direction,
        reach=reach,
        choices=found,
        sentences=sentences(found, target.objective.metric, reach),
        limits=list(_limits(surrogate, records, champions, found)),
    )


def _repeats(
    target: SearchTarget, choice: SweepChoice, surrogate: Surrogate, asked: Asked
) -> Iterator[Replay]:
    """Simulate a choice again and again, each time in another landscape, while its time lasts."""
    spent = 0.0
    for number in range(asked.repeats):
        seed = asked.seed * 1009 + number
        done = replay(target, choice, World(surrogate, seed), seed, asked.limit_s - spent)
        spent += sum(done.asked)
        if number == 0 or not done.cut:
            yield done
        if spent > asked.limit_s:
            return


def _records(run: Run) -> list[RecordedTraining]:
    return list(records_of(run.histories, run.rows, run.objective))


def _worth(run: Run, surrogate: Surrogate) -> float:
    """What the best recorded trial is worth by the surrogate: less than it reached by luck."""
    best = run.best_searched
    assert best is not None  # trials finished
    history = next(h for h in run.histories if h.number == best["number"])
    mean, _ = surrogate.process.predict(surrogate.encoder.points([history.start.params]))
    return float(surrogate.scale.outer(mean)[0])


def _check(runs: Sequence[Run]) -> None:
    """Refuse runs that cannot be simulated, and those that differ from the first one.

    Raises:
        InputError: which, and why.
    """
    faults = [f"{run.label}: {fault}" for run in runs if (fault := _fault(run, runs[0]))]
    if faults:
        raise InputError("these runs cannot be simulated", faults)


def _fault(run: Run, first: Run) -> str:
    if not run.is_sweep:
        return "it is one direct run, and only a sweep has trials to learn from"
    if run.is_population or run.plan.get("algorithm") == PBT:
        return "its trials go on from one another (pbt), so none shows what it would reach alone"
    if len(run.objectives) > 1:
        return f"it optimises {len(run.objectives)} metrics, and a simulation knows one"
    if run.objective != first.objective:
        ours, theirs = run.objective, first.objective
        return (
            f"it wants to {ours.direction} {ours.metric}, and {first.label} to {theirs.direction}"
            f" {theirs.metric}"
        )
    if first.is_sweep and _ranges(run) != _ranges(first):
        return f"its search space is not that of {first.label}"
    return ""


def _ranges(run: Run) -> list[Mapping[str, Any]]:
    found = (parameter.to_json() for parameter in run.space.parameters)
    return [{k: v for k, v in each.items() if k not in _IGNORED} for each in found]


def _limits(
    surrogate: Surrogate,
    records: Sequence[RecordedTraining],
    champions: Sequence[Mapping[str, Any]],
    found: Sequence[Summary],
) -> Iterator[str]:
    """What the simulation cannot know, and what it did not try."""
    if surrogate.finished < _FEW:
        yield (
            f"{surrogate.finished} finished trials: with fewer than {_FEW} the values are guesses,"
            " too good or too poor as the recorded sweep's sampler found much or little"
        )
    if champions:
        unknown = surrogate.process.unknown(surrogate.encoder.points(champions)) > _UNKNOWN
        if unknown.any():
            yield (
                f"{unknown.mean():.0%} of the simulated champions lie where no recorded trial is"
                " near: their values are guesses"
            )
    stopped = sum(each.state == TrialState.STOPPED for each in records)
    if stopped:
        yield (
            f"{stopped} recorded trials were stopped: how they would have ended is extrapolated for"
            f" {surrogate.extrapolated} of them and unknown for the others"
        )
    if surrogate.failing:
        yield f"{surrogate.failing:.0%} of the trials failed: simulated ones do as often, anywhere"
    if surrogate.left_out:
        yield f"{surrogate.left_out} recorded trials were left out: the surrogate holds no more"
    yield from _of_samplers(found)
    yield (
        "all else: values and times follow the recorded trials and their hardware, and each trial"
        " keeps its workers' speed"
    )


def _of_samplers(found: Sequence[Summary]) -> Iterator[str]:
    for each in found:
        if each.cut:
            yield (
                f"{each.name}: ended after {each.ended} of {each.trials} trials, since a"
                f" suggestion then took {each.suggestion_s:.2g} s of CPU"
            )
        if each.waits:
            yield (
                f"{each.name}: the driver would be the limit: suggestions would keep it busy"
                f" {each.driver_share:.0%} of the time, which the hours above leave out"
            )
