"""The Optuna study of a plan's sweep: opened, and given its first configurations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl.constants import TrialSource
from automl.launch.planning.sweep_options import SweepOptions
from automl.launch.planning.warm_start import known_trials
from automl.space import Space
from automl.trial.objective import Objective

if TYPE_CHECKING:
    from automl.launch.plan import Plan
    from automl.search.sampler_failures import SamplerFailed
    from automl.search.study import Study


def open_study(
    plan: Plan, path: Path, listener: Callable[[SamplerFailed], None] = lambda failed: None
) -> Study:
    """Return the plan's study on the journal at ``path`` (made when missing).

    ``listener`` is told of a sampler that fails.
    """
    from automl.search.study import Study

    assert plan.space is not None
    study = Study(
        path,
        space=plan.space,
        base=plan.spec,
        algorithm=plan.algorithm,
        direction=plan.objective.direction,
        further=[objective.direction for objective in plan.further],
        seed=plan.seed,
        repeats=plan.sweep_options.repeats,
        listener=listener,
    )
    study.name_metrics([objective.metric for objective in plan.objectives])
    return study


def seed_study(
    study: Study,
    sweep_options: SweepOptions,
    space: Space,
    base: Mapping[str, Any],
    objectives: Sequence[Objective],
) -> None:
    """Give the study of a new sweep its first configurations and the trials of earlier runs.

    It may be called again: nothing is added twice.
    """
    study.enqueue(space.defaults(base), TrialSource.DEFAULT)
    for point in sweep_options.enqueue:
        study.enqueue(point, TrialSource.ENQUEUED)
    for folder in sweep_options.prior:
        for known in known_trials(Path(folder), space, base, objectives)[0]:
            study.add_known(known.origin, known.values, known.value, known.further)
