"""The objects of a sweep, made from its plan: job, recorder, ledger, stop rules."""

from __future__ import annotations

import os
import re
import shlex
import socket
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from automl.constants import LEDGER_FILE
from automl.launch.plan import Plan
from automl.space.budget import training_length
from automl.spec.nested import flatten, get_path
from automl.sweep.notices import LedgerMended, Listener
from automl.trial.files.disk import DiskWatch
from automl.trial.job import TrialJob
from automl.trial.ledger.events import LedgerEvent
from automl.trial.ledger.writer import Ledger
from automl.trial.objective import TRAIN_TIME
from automl.trial.secrets import mask

_VALIDATION: Final = re.compile(
    r"(?:^|[._])(?:val|valid|validation|eval|evaluation)_(?:interval|every|freq|frequency|period)"
    r"|check_val_every"
)


_DEFAULTS: Final = 0  # the trial that comes first; the final test measures it

if TYPE_CHECKING:
    from automl.search.study import Study
    from automl.sweep.pbt import PopulationProposer
    from automl.sweep.proposer import Proposer
    from automl.sweep.recorder import Recorder
    from automl.sweep.retries import OomRetries
    from automl.sweep.stop_rules import StopRule


def population_proposer(
    plan: Plan, study: Study, events: Sequence[LedgerEvent]
) -> PopulationProposer:
    """Return what proposes the trials of population based training."""
    from automl.sweep.pbt import PopulationProposer

    assert plan.space is not None
    assert plan.population is not None
    return PopulationProposer(
        study,
        plan.population,
        space=plan.space,
        base=plan.spec,
        objective=plan.objective,
        seed=plan.seed,
        events=events,
    )


def make_recorder(
    plan: Plan,
    study: Proposer,
    gpus: float,
    listener: Listener,
    events: Sequence[LedgerEvent],
) -> Recorder:
    """Return the recorder of a search, which tells its study how the trials go."""
    from automl.sweep.recorder import Recorder
    from automl.sweep.retention import Retention
    from automl.sweep.retries import Retries

    trial_options = plan.trial_options
    best = max(trial_options.keep_best, plan.confirm.best if plan.confirm else 0)
    return Recorder(
        study=study,
        ledger=open_ledger(plan, listener),
        objective=plan.objective,
        further=plan.further,
        listener=listener,
        budget=plan.trials,
        gpus=gpus,
        run_dir=plan.output,
        disk=DiskWatch(plan.output),
        retention=Retention(
            plan.output,
            plan.objective,
            trial_options.keep_checkpoints,
            best,
            plan.further,
            always=frozenset({_DEFAULTS} if plan.final and plan.final.action else ()),
        ),
        stop_rule=stop_rule(plan, events),
        retries=Retries(trial_options.retries),
        oom_retries=oom_retries(plan),
        costs=plan.costs,
    )


def stop_rule(plan: Plan, events: Sequence[LedgerEvent]) -> StopRule:
    """Return the rule by which a search ends early, with what it knows from ``events``."""
    from automl.sweep.stop_rules import make_stop_rule

    goal = plan.sweep_options.goal(plan.objective)
    return make_stop_rule(plan.objective, goal, plan.sweep_options.patience, events)


def oom_retries(plan: Plan) -> OomRetries:
    """Return how a trial is tried again that ran out of memory."""
    from automl.sweep.retries import OomRetries

    key = plan.skill.info.memory.accumulate_key
    base = get_path(plan.spec, key, 1) if key else 1
    return OomRetries(key, plan.trial_options.oom_retries, int(base or 1))


def open_ledger(plan: Plan, listener: Listener) -> Ledger:
    """Open the run's ledger and record the session in it."""
    ledger = Ledger(plan.output / LEDGER_FILE)
    if ledger.mended:
        listener(LedgerMended())
    ledger.session(host=socket.gethostname(), pid=os.getpid(), command=mask(shlex.join(sys.argv)))
    return ledger


def trial_job(plan: Plan, gpus: float) -> TrialJob:
    """Return the job that runs each trial of a plan, with ``gpus`` for one trial."""
    return TrialJob(
        action=plan.skill.action(plan.action),
        skill_dir=plan.skill.directory,
        run_dir=plan.output,
        spec=plan.spec,
        placed=plan.placed,
        resume_keys=plan.resume_keys,
        metric=plan.objective.metric,
        further=tuple(o.metric for o in plan.further if o.metric != TRAIN_TIME),
        needs_metric=plan.space is not None,
        metric_due=_metric_due(plan),
        epochs_key=_epochs_key(plan),
        mode=plan.mode.mode,
        pattern=plan.trial_options.metric_pattern,
        limits=plan.trial_options.limits,
        venv=plan.trial_options.home,
        gpus=gpus,
        inactive=plan.space.inactive if plan.space is not None else (),
        sources=plan.sources,
        storage=plan.storage,
        container=plan.container,
        eval_command=plan.trial_options.eval_command if plan.space is not None else None,
        evaluation=plan.evaluation,
        trained_metric=plan.trained_metric,
    )


def _epochs_key(plan: Plan) -> str | None:
    """The spec key of a trial's epochs; None for an action whose schema is not packaged."""
    if plan.space is None:
        return None
    length = training_length(plan.skill.schema(plan.action), plan.spec)
    return length.key if length else None


def _metric_due(plan: Plan) -> int | None:
    """The epochs of the first validation for a metric that the skill does not name, else None."""
    if plan.objective.metric in plan.skill.info.known_metrics:
        return None
    intervals = (v for k, v in flatten(plan.spec).items() if _VALIDATION.search(k))
    return max([1, *(value for value in intervals if type(value) is int)])
