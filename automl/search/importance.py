"""How important each parameter was for the metric, and how certain that is.

Optuna's PED-ANOVA (Watanabe et al., IJCAI 2023; conditional parameters: KDD 2026) asks how far the
best trials' values of a parameter differ from all trials'. With few trials much of that is chance,
so it is computed again on random halves of the trials, and with the trials' results shuffled.
"""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import FrozenTrial, create_trial

from automl.search.optuna_suggest import OptunaAnswers
from automl.space import Space

MIN_TRIALS: Final = 10
_ROUNDS: Final = 40
_BEST: Final = 5  # trials in the best share, at least, for a stable result
_LEAST_SHARE: Final = 0.1
_MOST_SHARE: Final = 0.5
_OUT: Final = float("inf")  # the target of a trial that Optuna should ignore

Weights = dict[str, float]


@dataclass(frozen=True)
class Importance:
    """How much of the difference between the best and all trials one parameter accounts for.

    Attributes:
        name: the parameter's dotted name.
        share: 0 .. 1; the shares of all parameters add up to 1.
        low: the 10th, ``high`` the 90th percentile of the share over random halves of the trials.
        chance: the 95th percentile of the share with shuffled results: 95 of 100 parameters without
            any effect stay below it.
    """

    name: str
    share: float
    low: float
    high: float
    chance: float

    @property
    def clear(self) -> bool:
        """Whether the share is larger than chance explains."""
        return self.share > self.chance


@dataclass(frozen=True)
class Importances:
    """The parameters, most important first; ``reason``: how found, or why there are none."""

    items: tuple[Importance, ...]
    reason: str


def parameter_importances(
    space: Space,
    base: Mapping[str, Any],
    trials: Sequence[tuple[Mapping[str, Any], float]],
    direction: str,
    seed: int = 0,
) -> Importances:
    """Return how important each searched parameter was.

    Args:
        space: the searched parameters.
        base: the resolved spec that holds every value that is not searched.
        trials: parameters (dotted name -> value) and finite metric of each trial with one.
        direction: ``maximize`` or ``minimize``.
        seed: of the random halves and of the shuffling.
    """
    if len(trials) < MIN_TRIALS:
        few = f"it takes {MIN_TRIALS} trials with a value, there are {len(trials)}"
        return Importances((), few)
    if len({value for _, value in trials}) < 2:
        return Importances((), "all trials reached the same value")
    sign = 1.0 if direction == "minimize" else -1.0
    losses = [sign * value for _, value in trials]
    study = _study(space, base, trials)
    share = min(_MOST_SHARE, max(_LEAST_SHARE, _BEST / len(trials)))
    rng = random.Random(seed)

    def weights(targets: Sequence[float]) -> Weights:
        return _by_parameter(space, _evaluate(study, share, lambda t: targets[t.number]))

    found = weights(losses)
    total = sum(found.values()) or 1.0
    halves = [_shares(weights(_half(losses, rng))) for _ in range(_ROUNDS)]
    shuffled = [weights(rng.sample(losses, len(losses))) for _ in range(_ROUNDS)]
    items = [
        Importance(
            name,
            weight / total,
            low=_quantile(halves, name, 0.1),
            high=_quantile(halves, name, 0.9),
            chance=_quantile(shuffled, name, 0.95) / total,
        )
        for name, weight in found.items()
    ]
    reason = (
        f"PED-ANOVA of the best {share:.0%} of {len(trials)} trials; whiskers: 10th to 90th"
        f" percentile over {_ROUNDS} random halves of them; ticks: what chance alone gives"
    )
    return Importances(tuple(sorted(items, key=lambda item: -item.share)), reason)


def _study(
    space: Space, base: Mapping[str, Any], trials: Sequence[tuple[Mapping[str, Any], float]]
) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    answers = []
    for values, _ in trials:
        answer = OptunaAnswers(space.encode(values, base))
        space.draw(answer, base)
        answers.append(answer)
    wide = _widest([answer.distributions for answer in answers])
    study = optuna.create_study()
    study.add_trials(
        [
            create_trial(
                value=0.0, params=a.params, distributions={name: wide[name] for name in a.params}
            )
            for a in answers
        ]
    )
    return study


def _widest(found: Sequence[Mapping[str, BaseDistribution]]) -> dict[str, BaseDistribution]:
    """The union of the trials' distributions of each name: bounds may depend on a parent."""
    names = dict.fromkeys(name for distributions in found for name in distributions)
    return {name: _union([d[name] for d in found if name in d]) for name in names}


def _union(distributions: Sequence[Any]) -> BaseDistribution:
    first = distributions[0]
    if isinstance(first, CategoricalDistribution):
        choices = [choice for d in distributions for choice in d.choices]
        unique = {(type(choice), choice): choice for choice in choices}
        return CategoricalDistribution(tuple(unique.values()))
    low, high = min(d.low for d in distributions), max(d.high for d in distributions)
    log = all(d.log for d in distributions)
    if isinstance(first, IntDistribution):
        return IntDistribution(low, high, log=log)
    return FloatDistribution(low, high, log=log)


def _evaluate(study: optuna.Study, share: float, target: Callable[[FrozenTrial], float]) -> Weights:
    from optuna.importance import PedAnovaImportanceEvaluator  # loads scikit-learn, for 2 s

    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # Optuna warns that it minimises a custom target, as ours is
        evaluator = PedAnovaImportanceEvaluator(target_quantile=share)
        found: Weights = evaluator.evaluate(study, target=target)
    return found


def _quantile(rounds: Sequence[Weights], name: str, quantile: float) -> float:
    return float(np.quantile([weights[name] for weights in rounds], quantile))


def _shares(weights: Weights) -> Weights:
    total = sum(weights.values()) or 1.0
    return {name: weight / total for name, weight in weights.items()}


def _half(losses: Sequence[float], rng: random.Random) -> list[float]:
    kept = set(rng.sample(range(len(losses)), len(losses) // 2))
    return [loss if index in kept else _OUT for index, loss in enumerate(losses)]


def _by_parameter(space: Space, weights: Weights) -> Weights:
    """The weight of each parameter: a list's is the sum over its elements."""
    found = dict.fromkeys(space.names, 0.0)
    for name, weight in weights.items():
        found[_owner(name, found)] += weight
    return found


def _owner(name: str, names: Collection[str]) -> str:
    """The parameter that an element such as ``lr_steps[0]`` belongs to."""
    return name if name in names else name[: name.index("[")]
