"""Whether machine or cluster can run a plan: resources of a trial, disk for checkpoints, nodes.

The launch review and the sweep decide by the same functions.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl.constants import PLAN_FILE
from automl.errors import InputError
from automl.launch.plan import Plan
from automl.trial.files.disk import in_words
from automl.trial.mode import TrialMode

if TYPE_CHECKING:
    from automl.sweep.cluster.resources import Capacity, TrialResources


def trial_resources(plan: Plan, capacity: Capacity) -> TrialResources:
    """Return what one trial of a sweep's plan gets, and how many run side by side.

    Raises:
        InputError: one trial needs more than any node has, or GPUs where there are none.
    """
    from automl.sweep.cluster.resources import decide_resources

    _check_gpus(plan, capacity)
    demand = plan.demand
    return decide_resources(
        capacity,
        devices=plan.devices,
        ranks=plan.mode.mode == TrialMode.RANKS,
        trials=plan.trials,
        cpus_per_trial=demand.cpus,
        gpus_per_trial=demand.gpus,
        max_concurrent=plan.resource_options.max_concurrent,
        custom=demand.custom,
    )


def _check_gpus(plan: Plan, capacity: Capacity) -> None:
    """Refuse several GPUs for a child process where there are none; ranks run on CPUs as well."""
    from automl.sweep.cluster.resources import GPU

    key, asked = plan.skill.info.gpu_spec_key, plan.resource_options.gpus_per_trial
    gpus = capacity.total(GPU) if asked is None else asked
    child = plan.mode.mode.is_child
    if child and plan.devices > 1 and key in plan.user_keys and not gpus:
        instead = ", or leave out --isolate" if plan.trial_options.isolate else ""
        raise InputError(
            f"{key} is {plan.devices}, but a trial gets no GPU here ({plan.mode.reason}): set"
            f" {key}=1{instead}"
        )


@dataclass(frozen=True)
class DiskNeed:
    """What the checkpoints of a sweep take at most at one time.

    Attributes:
        needed: bytes, None where the skill does not say how large a checkpoint is.
        free: bytes free where the run's folder lies.
        reason: how ``needed`` is computed, in words.
    """

    needed: int | None
    free: int
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"needed": self.needed, "free": self.free, "reason": self.reason}


def disk_need(plan: Plan, concurrency: int) -> DiskNeed:
    """Return the disk that a plan's checkpoints take while ``concurrency`` trials run."""
    free = shutil.disk_usage(_existing_parent(plan.output)).free
    size, kept = plan.checkpoints, _kept(plan)
    if plan.storage is not None:
        return DiskNeed(None, free, f"checkpoints go to {plan.storage}")
    if size is None:
        why = "unknown: the skill does not say how large a checkpoint is; the first trial will show"
        return DiskNeed(None, free, f"{why}; {in_words(free)} free")
    if kept is None:
        trials, whose = concurrency, "and more with every trial, all of which keep theirs"
    else:
        more = ", more where the Pareto table has more" if kept and plan.further else ""
        trials, whose = kept + concurrency, f"{kept} kept{more} and {concurrency} running"
    needed = trials * size.of_trial
    return DiskNeed(
        needed,
        free,
        f"up to {in_words(needed)} for checkpoints ({whose}; {size.per_trial} of"
        f" {in_words(size.bytes)} a trial), {in_words(free)} free",
    )


def check_disk(plan: Plan, concurrency: int) -> DiskNeed:
    """Return the disk that a plan needs.

    A run that goes on is not refused: part of what it needs lies there already.

    Raises:
        InputError: less is free.
    """
    need = disk_need(plan, concurrency)
    goes_on = (plan.output / PLAN_FILE).exists()
    if need.needed is not None and need.needed > need.free and not goes_on:
        raise InputError(
            f"the disk of {plan.output} is too small: {need.reason}; free some, give --output on"
            " another disk, or lower --keep-best, --max-concurrent or what a trial keeps"
        )
    return need


def _kept(plan: Plan) -> int | None:
    """How many trials keep their checkpoints when the sweep is over; None where it is open."""
    if plan.trial_options.keep_checkpoints == "none":
        return 0
    if plan.trial_options.keep_checkpoints == "all":
        return plan.trials
    best = max(plan.trial_options.keep_best, plan.confirm.best if plan.confirm else 0)
    final = plan.final if plan.final and plan.final.action else None
    best += 1 if final else 0  # the defaults
    again = 2 if final and final.refit else 0  # champion and defaults, on all data
    return again + (min(best, plan.trials) if plan.trials else best)


def _existing_parent(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


def check_cluster(plan: Plan) -> None:
    """Ask every node whether it can run the plan's trials, and stage the data there.

    Raises:
        InputError: a node cannot; every node and reason is listed.
    """
    from automl.sweep.cluster.node_checks import check_nodes
    from automl.trial.node_check import NodeQuestion

    skill, seen = plan.skill, plan.output if plan.storage is None else None
    digest = skill.digest()
    sources = {**plan.sources, **(plan.evaluation.sources if plan.evaluation else {})}
    question = NodeQuestion(
        seen, "", skill.directory, digest, sources, plan.storage, plan.containers
    )
    check_nodes(question)
