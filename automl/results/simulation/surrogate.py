"""A surrogate of recorded trials: what a training of any configuration would reach, and when.

It is a draw of :mod:`automl.results.simulation.gaussian` for what a configuration is truly worth,
the noise of one training around it, a learning curve up to there, and the time of an epoch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from automl.constants import TrialState
from automl.errors import InputError
from automl.results.simulation.curves import Curves, fit_curves
from automl.results.simulation.gaussian import MOST_POINTS, Function, Gaussian, fit
from automl.results.simulation.records import LEAST, RecordedTraining
from automl.results.simulation.scale import MetricScale, scale_of
from automl.results.simulation.space_encoder import Array, SpaceEncoder
from automl.results.simulation.times import Times, fit_times
from automl.space import Space


@dataclass(frozen=True)
class Surrogate:
    """What some recorded trials say of all others.

    Attributes:
        encoder: the space's; curves and times: of trials.
        process: of what a configuration is worth, on ``scale``.
        failing: the share of trials that failed.
        noise: the standard deviation of one training, on ``scale``.
        finished, extrapolated, left_out: how many trials it learned from, how many of these were
            stopped, and how many were not used.
        gpus: of a trial.
    """

    encoder: SpaceEncoder
    process: Gaussian
    curves: Curves
    times: Times
    scale: MetricScale
    failing: float
    noise: float
    finished: int
    extrapolated: int
    left_out: int
    gpus: float


def fit_surrogate(
    space: Space, base: Mapping[str, Any], records: Sequence[RecordedTraining]
) -> Surrogate:
    """Return the surrogate of recorded trials.

    Raises:
        InputError: fewer than :data:`LEAST` of them finished.
    """
    finished = [each for each in records if each.finished]
    if len(finished) < LEAST:
        raise InputError(
            f"{len(finished)} trials finished with a value, and a surrogate needs {LEAST}: name"
            " more runs of this space, or add trials with  automl run --resume RUN --add-trials N"
        )
    encoder, curves = SpaceEncoder(space, base), fit_curves(records)
    ended = [_observed(each) for each in finished]
    observed = [*ended, *_extrapolated(records, curves)]
    kept = _thinned(observed)
    points = encoder.points([each.params for each in kept])
    values = np.array([each.value for each in kept])
    scale = scale_of([each.value for each in observed])
    errors = scale.errors(values, np.array([each.error for each in kept]))
    process = fit(points, scale.inner(values), errors)
    noise = scale.errors(*np.array([(each.value, each.error) for each in ended]).T)
    failed = sum(each.state == TrialState.FAILED for each in records)
    return Surrogate(
        encoder=encoder,
        process=process,
        curves=curves,
        times=fit_times(finished, encoder.points([each.params for each in finished])),
        scale=scale,
        failing=failed / len(records),
        noise=float(np.hypot(process.noise_sd, np.mean(noise))),
        finished=len(finished),
        extrapolated=len(observed) - len(finished),
        left_out=len(observed) - len(kept),
        gpus=float(np.median([each.gpus for each in finished])),
    )


@dataclass(frozen=True)
class _Observed:
    params: Mapping[str, Any]
    value: float
    error: float


def _observed(record: RecordedTraining) -> _Observed:
    assert record.value is not None  # it finished
    return _Observed(record.params, record.value, record.error)


def _extrapolated(records: Sequence[RecordedTraining], curves: Curves) -> list[_Observed]:
    """The trials that a rung stopped, where their curve says how they would have ended."""
    found = []
    for each in records:
        ended = curves.final(each.curve) if each.state == TrialState.STOPPED else None
        if ended is not None:
            value, spread = ended
            found.append(_Observed(each.params, value, float(np.hypot(spread, each.error))))
    return found


def _thinned(observed: Sequence[_Observed]) -> Sequence[_Observed]:
    """As many as a fit can hold, evenly spread over their values."""
    if len(observed) <= MOST_POINTS:
        return observed
    ranked = sorted(observed, key=lambda each: each.value)
    places = np.linspace(0, len(ranked) - 1, MOST_POINTS).round().astype(int)
    return [ranked[place] for place in places]


@dataclass(frozen=True)
class SimulatedTraining:
    """One simulated training: what the configuration is worth, the epochs' values and seconds."""

    worth: float
    epochs: tuple[int, ...]
    values: Array
    seconds: Array
    fails: bool


class World:
    """One landscape that the recorded trials allow, in which simulated trials train.

    A configuration has one outcome there whoever tries it, so that choices meet the same luck.
    """

    def __init__(self, surrogate: Surrogate, seed: int) -> None:
        self._surrogate = surrogate
        self._seed = seed
        rng = np.random.default_rng([seed, 0])
        self._function: Function = surrogate.process.function(rng)

    def worth(self, params: Mapping[str, Any]) -> float:
        """Return the mean of all trainings of a configuration."""
        modelled = self._function(self._surrogate.encoder.points([params]))
        return float(self._surrogate.scale.outer(modelled)[0])

    def train(self, params: Mapping[str, Any], number: int) -> SimulatedTraining:
        """Train a configuration as trial ``number``, whose noise that number decides."""
        surrogate, rng = self._surrogate, np.random.default_rng([self._seed, 1, number])
        point = surrogate.encoder.points([params])
        modelled, scale = self._function(point), surrogate.scale
        worth = float(scale.outer(modelled)[0])
        final = float(scale.outer(modelled + surrogate.noise * rng.normal())[0])
        epoch = float(surrogate.times.draw(point, rng)[0])
        values = np.clip(surrogate.curves.draw(final, rng), scale.low, scale.high)
        seconds = epoch * np.array(surrogate.curves.epochs, dtype=float)
        fails = bool(rng.random() < surrogate.failing)
        return SimulatedTraining(worth, surrogate.curves.epochs, values, seconds, fails)
