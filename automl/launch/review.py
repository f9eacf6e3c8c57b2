"""The launch review: what a user sees of a plan before a sweep costs money."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from automl.constants import PLAN_FILE, STUDY_FILE
from automl.launch.plan import Plan
from automl.launch.running.capacity import DiskNeed, check_disk, trial_resources
from automl.launch.running.study import open_study, seed_study
from automl.results.throughput import probed_seconds
from automl.spec.build import packaged_spec
from automl.spec.nested import flatten
from automl.sweep.cluster.resources import TrialResources, this_machine

FIRST: Final = 3
YOU, PARENT, RUN = "you", "the parent", "the run"
_CHANGED_BY: Final = (YOU, PARENT, RUN)
_ABSENT: Final = object()


@dataclass(frozen=True)
class Change:
    """A spec key whose value differs from the skill's packaged one.

    ``by``: ``you``, ``the parent`` run that the action goes on from, or ``the run``.
    """

    key: str
    packaged: Any
    value: Any
    by: str


@dataclass(frozen=True)
class FirstTrial:
    """A trial whose parameters are known before anything runs."""

    source: str
    params: Mapping[str, Any]


@dataclass(frozen=True)
class Review:
    """What the launch review shows beside the plan itself.

    Attributes:
        changes: how the spec differs from the packaged one, the user's changes first.
        first: the first trials' exact parameters; empty for a direct run, a run that goes on and
            an algorithm whose first trials depend on what runs beside them.
        resources: what each trial gets on this machine; None for a direct run and on a cluster,
            whose nodes are known once it is joined.
        disk: what the checkpoints take; None for a direct run.
        probed_s: how long the sweep takes by its probe, at least and at most; None without.
    """

    changes: tuple[Change, ...]
    first: tuple[FirstTrial, ...]
    resources: TrialResources | None
    disk: DiskNeed | None = None
    probed_s: tuple[float, float] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the review as plain data."""
        return {
            "changes": [asdict(change) for change in self.changes],
            "first_trials": [asdict(trial) for trial in self.first],
            "resources": asdict(self.resources) if self.resources else None,
            "disk": self.disk.to_dict() if self.disk else None,
            "probed_s": self.probed_s,
        }


def make_review(plan: Plan) -> Review:
    """Return the review of a plan; nothing of the run is written.

    Raises:
        InputError: this machine cannot give what one trial needs, or its disk is too small.
    """
    resources = _resources(plan)
    at_once = resources.concurrency if resources else 1
    probed_s = probed_seconds(plan.costs.trial_s, plan.trials, at_once)
    disk = _disk(plan, resources)
    return Review(_changes(plan), _first_trials(plan), resources, disk, probed_s)


def _disk(plan: Plan, resources: TrialResources | None) -> DiskNeed | None:
    """The disk that checkpoints take; on a cluster, whose nodes are known later, the least."""
    if plan.space is None:
        return None
    return check_disk(plan, resources.concurrency if resources else 1)


def _changes(plan: Plan) -> tuple[Change, ...]:
    packaged = flatten(packaged_spec(plan.skill, plan.action))
    values = flatten(plan.spec)
    changed = [key for key, value in values.items() if packaged.get(key, _ABSENT) != value]
    shown = [key for key in changed if key in plan.user_keys or key not in plan.placed]
    changes = [Change(key, packaged.get(key), values[key], _by(key, plan)) for key in shown]
    return tuple(sorted(changes, key=lambda change: _CHANGED_BY.index(change.by)))


def _by(key: str, plan: Plan) -> str:
    if key in plan.user_keys:
        return YOU
    return PARENT if plan.inherited and key in plan.inherited.keys else RUN


def _first_trials(plan: Plan) -> tuple[FirstTrial, ...]:
    """The first suggestions of a throw-away study with the same seed."""
    if plan.space is None or plan.algorithm == "pbt" or (plan.output / PLAN_FILE).exists():
        return ()
    count = min(FIRST, plan.trials or FIRST)
    options = plan.sweep_options
    if options.advisor is not None or options.weighed:  # what they propose is not known before
        count = min(count, 1 + len(options.enqueue))
    with tempfile.TemporaryDirectory() as folder:
        study = open_study(plan, Path(folder) / STUDY_FILE)
        seed_study(study, plan.sweep_options, plan.space, plan.spec, plan.objectives)
        asked = [study.ask() for _ in range(count)]
    return tuple(FirstTrial(each.source, each.values) for each in asked if each is not None)


def _resources(plan: Plan) -> TrialResources | None:
    if plan.space is None or plan.resource_options.address is not None:
        return None
    return trial_resources(plan, this_machine())
