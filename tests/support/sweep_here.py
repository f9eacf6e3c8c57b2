"""A sweep without Ray: what Tune does at concurrency 1, here; and what a run then holds."""

import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from automl.constants import PLAN_FILE, TrialState
from automl.launch.plan import Plan
from automl.launch.plan_codec import save_plan
from automl.launch.running import confirmation, refit, search
from automl.results.champion.best_folder import write_best
from automl.results.run import Run
from automl.results.table.rows import epoch_rows
from automl.sweep.cluster import session
from automl.sweep.cluster.background import BackgroundRay
from automl.sweep.cluster.resources import Capacity, Node
from automl.sweep.notices import Listener, Notice
from automl.sweep.recorder import Recorder, TrialStart
from automl.sweep.schedulers import StoppingScheduler
from automl.sweep.tune import EndReason, SweepEnd
from automl.trial.faults import failure_cause
from automl.trial.job import TrialJob
from automl.trial.run import run_trial

MACHINE = Capacity((Node("here", {"CPU": 1.0}),))
TIMES = ("start", "end", "time_s", "host")


def without_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let searches and confirmations of this process run their trials here."""
    for module in (search, confirmation):
        monkeypatch.setattr(module, "run_sweep", _run_sweep)
    monkeypatch.setattr(search, "save_plan", _save_once)


@contextmanager
def no_ray() -> Iterator[None]:
    """Let ``automl.run`` and ``automl.resume`` run the trials of the block here, one at a time."""
    modules = set(sys.modules)
    with pytest.MonkeyPatch.context() as patch:
        for module in (search, confirmation, refit):
            patch.setattr(module, "run_sweep", _run_sweep)
        patch.setattr(session, "ray_running", lambda *_: nullcontext(MACHINE))
        patch.setattr(BackgroundRay, "begin", lambda self: None)
        yield
    for name in set(sys.modules) - modules:
        if name.endswith("_trainer"):
            del sys.modules[name]
    importlib.invalidate_caches()


def _save_once(plan: Plan, resources: Any) -> None:
    if not (plan.output / PLAN_FILE).exists():  # it takes longer than a trial
        save_plan(plan, resources)


def _unheard(notice: Notice) -> None:
    """Hear a notice and do nothing."""


def run_here(plan: Plan, machine: Capacity = MACHINE, listener: Listener = _unheard) -> None:
    """Run what is left of a plan as on ``machine``, and hand its champion over."""
    plan.output.mkdir(parents=True, exist_ok=True)
    before = Run(plan.output)
    search.run_search(plan, listener, before.events, None, machine)
    write_best(Run(plan.output))


def _run_sweep(
    job: TrialJob,
    recorder: Recorder,
    resources: Any,
    time_budget_s: float | None = None,
    scheduler: StoppingScheduler | None = None,
    loggers: Sequence[Any] = (),
) -> SweepEnd:
    while not recorder.spent and (start := recorder.start()) is not None:
        _train(job, recorder, scheduler, start)
    reason = EndReason.ABORTED if recorder.abort_reason else EndReason.BUDGET
    return SweepEnd(reason, recorder.abort_reason)


def _train(
    job: TrialJob, recorder: Recorder, scheduler: StoppingScheduler | None, start: TrialStart
) -> None:
    number = start.number

    def on_epoch(epoch: int, kpi: dict[str, float]) -> None:
        go_on = scheduler is None or scheduler.decide(number, epoch, kpi[job.metric])
        recorder.epoch(number, epoch, kpi)
        if not go_on:
            raise SystemExit

    try:
        run_trial(job, number, {**start.values, **start.changed}, on_epoch, start.lineage)
    except SystemExit:
        recorder.end(number, TrialState.STOPPED)
    except Exception as error:
        recorder.end(number, TrialState.FAILED, failure_cause(error))
    else:
        recorder.end(number, TrialState.FINISHED)


def outcome(folder: Path) -> dict[str, Any]:
    """What no death may change of a run: its tables without times, its champion."""
    run = Run(folder)
    champion = run.champion
    return {
        "trials": [_timeless(row) for row in run.rows],
        "epochs": [_timeless(row) for row in epoch_rows(run.histories)],
        "champion": champion and _timeless(champion),
        "best": sorted(path.name for path in (folder / "best").iterdir()),
    }


def _timeless(row: Any) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in TIMES}
