"""Whole runs of the bowl skill, with everything that a run's folder holds, made without Ray."""

from pathlib import Path
from typing import Any

from automl.constants import TrialState
from automl.launch.execute import execute
from automl.launch.plan import Plan, make_plan
from automl.launch.plan_codec import save_plan
from automl.launch.request import RunRequest
from automl.launch.running.assembly import trial_job
from automl.launch.running.finish import finish_run
from automl.launch.running.search import resumed_recorder
from automl.results.run import Run
from automl.sweep.recorder import Recorder, TrialStart
from automl.trial.faults import Cause
from automl.trial.run import run_trial


def make_sweep(folder: Path, bowl: Path, data: Path, *, done: bool, **options: Any) -> Path:
    """Run a sweep of four trials; where it is not ``done``, its driver dies in the third.

    The second trial fails. A sweep that is ``done`` has a champion, tables and a report.
    """
    given = {"skill_dir": bowl, "data": str(data), "output": folder, "trials": 4, **options}
    plan = make_plan(RunRequest(**given))
    folder.mkdir(parents=True)
    save_plan(plan, {"concurrency": 1})
    recorder = resume(plan)
    for number in range(4 if done else 3):
        start = recorder.start()
        assert start is not None
        if number == 1:
            recorder.end(number, TrialState.FAILED, Cause("the bowl broke", "bug"))
        elif number == 2 and not done:
            recorder.epoch(number, 1, {"score": 0.25, "train_loss": 0.75})
        else:
            _run(plan, recorder, start)
    if done:
        finish_run(plan, execute, recorder.ledger, interrupted=False, message="")
    return folder


def make_direct_run(folder: Path, bowl: Path, data: Path) -> Path:
    """Run the skill's training once."""
    request = RunRequest(skill_dir=bowl, data=str(data), output=folder, policy="off")
    execute(make_plan(request))
    return folder


def resume(plan: Plan) -> Recorder:
    """Return the recorder with which a sweep goes on."""
    return resumed_recorder(plan, lambda notice: None, Run(plan.output).events, None, 0.0)


def _run(plan: Plan, recorder: Recorder, start: TrialStart) -> None:
    def on_epoch(epoch: int, kpi: dict[str, float]) -> None:
        recorder.epoch(start.number, epoch, kpi)

    run_trial(trial_job(plan, 0), start.number, start.values, on_epoch)
    recorder.end(start.number, TrialState.FINISHED)
