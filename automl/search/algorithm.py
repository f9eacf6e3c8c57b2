"""Which algorithm proposes a sweep's trials, as a value with its reason.

Mean normalised regret of ``experiments/benchmarks/search_quality.py`` (0 is the best that there is,
1 what the median random configuration reaches), noisy, 6 seeds of each problem; the whole table,
with standard errors, is ``results/search_quality.md`` beside it:

                             after 12 trials     after 30            after 60
                             portfolio  gp       portfolio  gp       portfolio  gp
    10 functions             0.22       0.31     0.09       0.13     0.05       0.04
    7 tables, 6 models       0.11       0.14     0.06       0.07     0.04       0.05

``bayes`` is what ``auto`` picks where many parameters are conditional, which gp cannot model.
With several metrics ``auto`` picks gp, and tpe wherever :func:`_against_model` gives a reason.

With two objectives (distances of 4 numbers to two points, 25 trials x 3 seeds) the hypervolume that
the trials dominate is 3.94 of 4 by gp, 3.70 by tpe and 3.60 by random draws; with 1, 2, 3 and 4 of
them a suggestion of gp took 0.14, 0.17, 0.39 and 0.62 s of CPU.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from automl.errors import InputError
from automl.search.grid import grid
from automl.space import Space

if TYPE_CHECKING:
    from automl.search.problem import SearchProblem


ALGORITHMS: Final = (
    "portfolio",
    "bayes",
    "gp",
    "tpe",
    "bohb",
    "cmaes",
    "qmc",
    "random",
    "pbt",
    "grid",
)
GP_TRIAL_LIMIT: Final = 200
STARTUP_TRIALS: Final = 5
"""How many trials end before a model of the results suggests one."""
PORTFOLIO_BEGIN: Final = 12
"""How many trials ``bayes`` proposes in a portfolio before gp has every second turn."""
GP_DIMENSIONS: Final = 16
GP_CONCURRENCY: Final = 16
GP_CONDITIONAL_SHARE: Final = 0.25
GP_OBJECTIVES: Final = 4
BLIND: Final = ("qmc", "random", "grid")  # ignore the results of earlier trials
MULTI_OBJECTIVE: Final = ("gp", "tpe", "qmc", "random", "grid")  # may optimise several metrics


@dataclass(frozen=True)
class Algorithm:
    """An algorithm's name and why it was picked."""

    name: str
    reason: str


def choose_algorithm(asked: str, problem: SearchProblem) -> Algorithm:
    """Return the algorithm that a sweep uses.

    Args:
        asked: a name of :data:`ALGORITHMS` or ``auto``.
        problem: what the choice depends on.

    Raises:
        InputError: the name is unknown.
    """
    if asked == "auto":
        return _automatic(problem)
    if asked not in ALGORITHMS:
        known = ", ".join(["auto", *ALGORITHMS])
        raise InputError(f"algorithm {asked!r} is unknown: use one of {known}")
    if asked in _HANDS_OVER and problem.objectives > 1:
        instead = _HANDS_OVER[asked]
        return Algorithm(
            instead, f"{asked} optimises one metric; with several, {instead} replaces it"
        )
    return Algorithm(asked, _REMARKS.get(asked, "asked for"))


def check_algorithm(
    name: str,
    problem: SearchProblem,
    space: Space,
    base: Mapping[str, Any],
    *,
    prior: bool = False,
) -> None:
    """Refuse an algorithm that cannot act on the space, or on results of another run (``prior``).

    Raises:
        InputError: why, and what to do.
    """
    if prior and name in BLIND:
        raise InputError(
            f"{name} heeds no result, so --prior would do nothing: use --algorithm gp, tpe or"
            " cmaes, or leave it out"
        )
    if problem.objectives > 1:
        _check_several(name, problem)
    if name == "grid":
        grid(space, base)
    if name == "cmaes" and not problem.numbers:
        raise InputError(
            "cmaes evolves numbers and this space holds none in its default configuration:"
            " use --algorithm tpe or grid"
        )


def _check_several(name: str, problem: SearchProblem) -> None:
    if problem.rungs:
        raise InputError(
            "a scheduler stops trials by one metric alone, and this run optimises"
            f" {problem.objectives}: use --scheduler none, or one --metric"
        )
    if name not in MULTI_OBJECTIVE:
        raise InputError(
            f"{name} optimises one metric, not {problem.objectives}: use --algorithm"
            f" {', '.join(MULTI_OBJECTIVE)} or auto, or one --metric"
        )


_HANDS_OVER: Final = {"bayes": "gp", "portfolio": "gp"}
"""Single-metric algorithm -> its replacement when there are several metrics."""
_REMARKS: Final = {
    "portfolio": f"asked for: bayes, and from trial {PORTFOLIO_BEGIN + 1} on gp at every second"
    f" turn; after {GP_TRIAL_LIMIT} trials tpe proposes",
    "bayes": "asked for: one Gaussian process over all parameters, conditional ones too; after"
    f" {GP_TRIAL_LIMIT} trials tpe proposes",
    "bohb": "asked for: TPE with the rungs of hyperband; Ray's own TuneBOHB needs a package that"
    " is no longer maintained",
    "cmaes": "asked for: evolves the numbers that every trial has; choices and conditional"
    " parameters are drawn by TPE",
    "qmc": "asked for: a scrambled Sobol sequence, which no result changes",
    "grid": "asked for: every configuration once, in an order that the seed decides",
}


def _automatic(problem: SearchProblem) -> Algorithm:
    size, trials = problem.configurations, problem.trials
    if size is not None and trials is not None and size <= trials:
        return Algorithm("grid", f"the space has {size} configurations: each is tried once")
    against = _against_model(problem)
    if against:
        return Algorithm("tpe", against)
    if problem.conditional_share > GP_CONDITIONAL_SHARE:
        return Algorithm(
            "bayes",
            f"{problem.conditional} of {problem.parameters} parameters are conditional: one"
            " Gaussian process models them with the others",
        )
    facts = f"{problem.dimensions} dimensions and a small budget"
    if problem.objectives > 1:
        return Algorithm(
            "gp",
            f"{problem.objectives} metrics, {facts}: the Gaussian process needs the fewest trials",
        )
    return Algorithm(
        "portfolio",
        f"{facts}: two Gaussian processes that take turns, bayes and gp, need the fewest trials,"
        " clean or noisy",
    )


def _against_model(problem: SearchProblem) -> str:
    """Return why a Gaussian process does not suit the problem; empty if it does."""
    rules = (
        (problem.rungs, "many trials are stopped early, and TPE ranks them by epoch and metric"),
        (
            problem.objectives > 1 and problem.conditional_share > GP_CONDITIONAL_SHARE,
            f"{problem.conditional} of {problem.parameters} parameters are conditional:"
            " the Gaussian process would not model them",
        ),
        (
            problem.objectives > GP_OBJECTIVES,
            f"{problem.objectives} metrics, more than the {GP_OBJECTIVES} up to which the"
            " Gaussian process was measured",
        ),
        (
            problem.dimensions > GP_DIMENSIONS,
            f"{problem.dimensions} dimensions, more than the {GP_DIMENSIONS} up to which the"
            " Gaussian process was measured to lead",
        ),
        (
            (problem.trials or 0) > GP_TRIAL_LIMIT,
            f"more than {GP_TRIAL_LIMIT} trials: a suggestion stays cheap",
        ),
        (
            (problem.concurrency or 0) >= GP_CONCURRENCY,
            f"{problem.concurrency} trials side by side would wait for the Gaussian process's"
            " suggestions",
        ),
    )
    return next((why for holds, why in rules if holds), "")
