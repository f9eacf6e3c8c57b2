"""The Optuna study of a plan's sweep: opened, and given its first configurations."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl.checked_yaml import damaged
from automl.constants import TrialSource
from automl.errors import DamagedFileError
from automl.launch.planning.options.sweep import SweepOptions
from automl.launch.planning.priors.known_trials import known_trials
from automl.set_aside import set_aside
from automl.space import Space
from automl.sweep.notices import Listener, StudyMadeAnew
from automl.trial.history import trial_histories
from automl.trial.ledger.events import EpochEvent, LedgerEvent, StartEvent, UnfitEvent
from automl.trial.objective import Objective

if TYPE_CHECKING:
    from automl.launch.plan import Plan
    from automl.search.rewind import RecordedSuggestion
    from automl.search.samplers.failures import SamplerFailed
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


def sound_study(plan: Plan, path: Path, events: Sequence[LedgerEvent], listener: Listener) -> Study:
    """Return the plan's study, made anew where its journal is damaged or lacks trials.

    A journal that is ahead of the ledger is cut back first.

    Args:
        plan: the run's.
        path: the journal, made when missing; a damaged one is set aside.
        events: what the ledger holds of the search.
        listener: is told of a study that is made anew, and of a sampler that fails.

    Raises:
        DamagedFileError: it cannot be made anew.
    """
    from automl.search.rewind import rewind

    assert plan.space is not None
    taken = _taken(events)
    rewind(path, plan.space, _known(events, plan.objective))
    try:
        study = open_study(plan, path, listener)
        lost = [number for number, each in taken.items() if not study.holds(number, each[0])]
        why = f"it lacks {len(lost)} of {len(taken)} trials" if lost else ""
    except DamagedFileError as error:
        why = str(error).partition(";")[0]
    if not why:
        return study
    kept = set_aside(path).name if os.path.lexists(path) else ""
    study = open_study(plan, path, listener)
    _retake(study, plan, path, taken)
    listener(StudyMadeAnew(why, kept))
    return study


Taken = dict[int, tuple[Mapping[str, Any], str]]
"""Ticket -> parameters and source of a suggestion that the ledger holds."""


def _taken(events: Sequence[LedgerEvent]) -> Taken:
    found: Taken = {}
    for event in events:
        if isinstance(event, StartEvent) and event.ticket is not None:
            found.setdefault(event.ticket, (event.params, event.source))
        elif isinstance(event, UnfitEvent):
            found.setdefault(event.ticket, (event.params, TrialSource.SEARCH))
    return dict(sorted(found.items()))


def _known(events: Sequence[LedgerEvent], objective: Objective) -> list[RecordedSuggestion]:
    """What the ledger holds of the study's suggestions."""
    from automl.search.rewind import RecordedSuggestion

    reported: defaultdict[int, set[int]] = defaultdict(set)
    for event in events:
        if isinstance(event, EpochEvent) and objective.metric in event.kpi:
            reported[event.number].add(event.epoch)
    begun = [
        RecordedSuggestion(each.start.ticket, frozenset(reported[each.number]), over=each.is_over)
        for each in trial_histories(events)
        if each.start.ticket is not None
    ]
    unfit = [each.ticket for each in events if isinstance(each, UnfitEvent)]
    return begun + [RecordedSuggestion(ticket, over=True) for ticket in unfit]


def _retake(study: Study, plan: Plan, path: Path, taken: Taken) -> None:
    """Give a new study the suggestions of the ledger, with their tickets."""
    assert plan.space is not None
    if taken:
        seed_study(study, plan.sweep_options, plan.space, plan.spec, plan.objectives)
    for ticket, (values, source) in taken.items():
        if not study.retake(ticket, values, source):
            raise damaged(path, f"trial {ticket} of the study cannot be made anew from the ledger")


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
