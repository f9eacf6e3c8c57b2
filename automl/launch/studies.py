"""The study of a plan's sweep, opened where it is told to be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automl.launch.plan import Plan
    from automl.search.study import Study


def open_study(plan: Plan, path: Path) -> Study:
    """Return the plan's study on the journal at ``path`` (made when missing)."""
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
        repeats=plan.course.repeats,
    )
    study.name_metrics([objective.metric for objective in plan.objectives])
    return study
