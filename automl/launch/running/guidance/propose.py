"""Queues a point of the user's into a sweep that goes on."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from automl.errors import InputError
from automl.launch.plan import Plan
from automl.launch.plan_codec import plan_from_dict
from automl.launch.planning.initial_points import check_point, read_point_file
from automl.launch.running.driver_lock import driver_of
from automl.launch.running.guidance.inbox import put_point
from automl.results.champion.confirmation_plan import split_confirmation
from automl.results.ending import ending_of, is_out_of_time
from automl.results.run import Run, read_run
from automl.skill import load_skill


@dataclass(frozen=True)
class Proposed:
    """A point that waits for a sweep.

    Attributes:
        file: where it lies until the driver takes it.
        point: the whole configuration.
        driver: the process that takes it, None where none drives the run now.
    """

    file: Path
    point: Mapping[str, Any]
    driver: str | None


def propose(folder: Path, point: Path) -> list[Proposed]:
    """Queue the points of a YAML or JSON file into the sweep in ``folder``.

    None is queued unless all can be used. Each gets a file of its own: an error of the disk leaves
    the points before it queued.

    Raises:
        InputError: the folder holds no sweep that goes on and takes points, or a point is none of
            its space or was tried already.
    """
    run, driver = read_run(folder.absolute()), driver_of(folder)
    _check_goes_on(run, driver, point)
    plan = plan_from_dict(run.plan, load_skill(Path(run.plan["skill"]["directory"])), run.folder)
    assert plan.space is not None
    found = [
        _checked(plan, each, f"--point {point}, point {number}")
        for number, each in enumerate(read_point_file(point, "--point"), start=1)
    ]
    _check_new(run, plan, found)
    return [Proposed(put_point(run.folder, each), each, driver) for each in found]


def _checked(plan: Plan, point: Mapping[str, Any], where: str) -> dict[str, Any]:
    assert plan.space is not None
    leaves = plan.skill.schema(plan.action).leaves
    return check_point(point, where, plan.space, plan.spec, leaves, plan.skill.info.shorthand)


def _check_goes_on(run: Run, driver: str | None, point: Path) -> None:
    """Refuse a run that takes no point.

    Raises:
        InputError: why, and what to do.
    """
    if not run.is_sweep:
        raise InputError(f"{run.folder} is one direct run, which tries no points: start a sweep")
    if run.is_population:
        raise InputError(
            f"{run.folder} trains a population, whose members follow from those before them: it"
            " takes no point"
        )
    budget, confirming = run.trial_budget, split_confirmation(run.events)[1]
    if driver is None and not ending_of(run).goes_on:
        _refuse(run, point, "is over")
    if confirming or is_out_of_time(run):
        _refuse(run, point, "has ended its search")
    if budget is not None and len(run.searched_histories) >= budget:
        _refuse(run, point, f"has started all its {budget} trials")


def _refuse(run: Run, point: Path, why: str) -> NoReturn:
    folder, file = shlex.quote(str(run.folder)), shlex.quote(str(point))
    raise InputError(
        f"the run in {run.folder} {why}, so it takes no point: try it in a new run that learns from"
        f" this one, with  automl run --prior {folder} --enqueue {file}"
    )


def _check_new(run: Run, plan: Plan, points: list[dict[str, Any]]) -> None:
    """Refuse a configuration that a trial of the run has, or that is given twice.

    Raises:
        InputError: which.
    """
    assert plan.space is not None
    keys = {plan.space.canonical(h.start.params): h.number for h in run.searched_histories}
    for number, point in enumerate(points, start=1):
        key = plan.space.canonical(point)
        if key in keys:
            of = f"trial {keys[key]:04d}" if keys[key] >= 0 else "an earlier point"
            raise InputError(f"--point: point {number} equals {of}: leave it out")
        keys[key] = -1
