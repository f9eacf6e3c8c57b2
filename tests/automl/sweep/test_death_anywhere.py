"""A driver that dies before any write, taken up again, tries what an undisturbed one does."""

import importlib
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from automl.constants import TrialState
from automl.search.journal import SweepJournal
from automl.search.samplers.factory import SAMPLERS
from automl.search.study import Study
from automl.skill import Action, Execution
from automl.space import Choice, Float, Space
from automl.sweep.recorder import Recorder
from automl.sweep.restore import restore
from automl.sweep.retention import Retention
from automl.sweep.stop_rules import StopRule
from automl.trial.faults import failure_cause
from automl.trial.history import trial_histories
from automl.trial.job import TrialJob
from automl.trial.ledger.writer import Ledger, read_ledger
from automl.trial.mode import TrialMode
from automl.trial.objective import Objective
from automl.trial.run import run_trial

WIDE = tuple(Float(name=name, low=0.0, high=1.0, default=0.5) for name in ("lr", "wd"))
NARROW = tuple(Choice(name=name, choices=(0.0, 0.5, 1.0), default=0.5) for name in ("lr", "wd"))
BASE = {"lr": 0.5, "wd": 0.5}


class Death(BaseException):
    """Nothing in the code under test catches it."""


class Fate:
    """Counts writes to the disk and dies before the one that is due."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.writes = 0
        self.due = 0
        for owner, name in ((Ledger, "_append"), (SweepJournal, "append_logs")):
            monkeypatch.setattr(owner, name, self._counting(getattr(owner, name)))

    def count(self) -> None:
        """Die if this moment is the one that is due."""
        self.writes += 1
        if self.writes == self.due:
            raise Death

    def _counting(self, write: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any) -> Any:
            self.count()
            return write(*arguments)

        return counted


def _recorder(folder: Path, algorithm: str, parameters: tuple[Any, ...], trials: int) -> Recorder:
    """The recorder of a session, brought to where the ledger ends."""
    objective = Objective("score", "maximize")
    study = Study(
        folder / "study.journal", space=Space(parameters=parameters), base=BASE,
        algorithm=algorithm, direction="maximize", seed=1,
    )  # fmt: skip
    recorder = Recorder(
        study=study,
        ledger=Ledger(folder / "ledger.jsonl"),
        objective=objective,
        listener=lambda event: None,
        budget=trials,
        run_dir=folder,
        retention=Retention(folder, objective),
        stop_rule=StopRule(objective, None, None),
    )
    restore(recorder, read_ledger(folder / "ledger.jsonl"))
    if not recorder.started:
        study.enqueue(BASE, "default")
    return recorder


def _session(folder: Path, algorithm: str, parameters: tuple[Any, ...], trials: int) -> None:
    """What a driver at concurrency 1 does, from opening the run to the budget's end."""
    folder.mkdir(exist_ok=True)
    recorder = _recorder(folder, algorithm, parameters, trials)
    while not recorder.spent:
        start = recorder.start()
        assert start is not None
        recorder.epoch(start.number, 1, {"score": start.values["lr"] - start.values["wd"] ** 2})
        recorder.end(start.number, "finished")


def _trials(folder: Path) -> list[tuple[Any, ...]]:
    histories = trial_histories(read_ledger(folder / "ledger.jsonl"))
    return [
        (h.number, h.start.source, h.start.params, h.state, h.count_ends("finished"))
        for h in histories
    ]


@pytest.mark.parametrize(
    ("algorithm", "parameters", "trials"),
    [
        pytest.param("tpe", WIDE, 4, id="each suggestion is new"),
        pytest.param("gp", WIDE, 4, id="its sampler fails"),
        pytest.param("qmc", NARROW, 9, id="many were made before", marks=pytest.mark.slow),
    ],
)
def test_the_same_trials_whatever_the_moment(
    algorithm: str,
    parameters: tuple[Any, ...],
    trials: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if algorithm == "gp":
        monkeypatch.setitem(SAMPLERS, "gp", None)  # type: ignore[misc]
    fate = Fate(monkeypatch)
    _session(tmp_path / "calm", algorithm, parameters, trials)
    calm, writes = _trials(tmp_path / "calm"), fate.writes
    assert len(calm) == trials
    assert writes > 5 * trials
    for moment in range(1, writes + 1):
        folder = tmp_path / f"death-{moment}"
        fate.due, fate.writes = moment, 0
        with pytest.raises(Death):
            _session(folder, algorithm, parameters, trials)
        _session(folder, algorithm, parameters, trials)
        assert _trials(folder) == calm, f"death before write {moment} of {writes}"


TRAINER = """
import json
from pathlib import Path

def run(spec, report):
    folder, lr = Path(spec["results_dir"]), spec["lr"]
    epoch = int(Path(spec["resume"]).name.split("_")[2]) if spec["resume"] else 0
    while epoch < 3:
        epoch += 1
        if epoch == 2 and folder.name == "0001" and not (folder / "once").exists():
            (folder / "once").touch()
            raise OSError(28, "No space left on device")
        (folder / f"model_epoch_{epoch:03d}_step_1.pth").write_bytes(b"whole")
        record = {"status": "RUNNING", "epoch": epoch, "kpi": {"score": lr * epoch}}
        with (folder / "status.json").open("a") as stream:
            stream.write(json.dumps(record) + "\\n")
        DIE()
        report(record)
    report({"status": "SUCCESS", "kpi": {"score": lr * epoch}})
"""


@pytest.fixture
def skill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the trainer, whose ``DIE`` does nothing yet."""
    folder = tmp_path / "skill"
    folder.mkdir()
    (folder / "dying_trainer.py").write_text(TRAINER)
    monkeypatch.syspath_prepend(folder)
    trainer = importlib.import_module("dying_trainer")
    monkeypatch.setattr(trainer, "DIE", lambda: None, raising=False)
    return folder


def _trained(folder: Path, skill: Path, trials: int) -> None:
    """A session at concurrency 1 whose trials run a trainer with epochs and checkpoints."""
    folder.mkdir(exist_ok=True)
    recorder = _recorder(folder, "tpe", WIDE, trials)
    execution = Execution("python_entrypoint", entrypoint="dying_trainer:run")
    job = TrialJob(
        action=Action("train", ("false",), execution=execution),
        skill_dir=skill,
        run_dir=folder,
        spec={**BASE, "results_dir": "", "resume": None, "epochs": 3},
        placed={"results_dir": "."},
        resume_keys=("resume",),
        metric="score",
        needs_metric=True,
        mode=TrialMode.IN_PROCESS,
        epochs_key="epochs",
    )
    while not recorder.spent:
        start = recorder.start()
        assert start is not None
        number = start.number
        try:
            run_trial(job, number, start.values, partial(recorder.epoch, number), start.lineage)
        except OSError as error:
            recorder.end(number, TrialState.FAILED, failure_cause(error))
        else:
            recorder.end(number, TrialState.FINISHED)


def _tables(folder: Path) -> list[tuple[Any, ...]]:
    histories = trial_histories(read_ledger(folder / "ledger.jsonl"))
    return [
        (h.number, h.start.params, h.state, [(e.epoch, e.kpi) for e in h.epochs]) for h in histories
    ]


def test_epochs_checkpoints_and_a_retry_survive_a_death_at_any_moment(
    tmp_path: Path, skill: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fate = Fate(monkeypatch)
    monkeypatch.setattr("dying_trainer.DIE", fate.count)
    _trained(tmp_path / "calm", skill, 3)
    calm, moments = _tables(tmp_path / "calm"), fate.writes
    assert [state for *_, state, _ in calm] == ["finished"] * 3
    assert all([epoch for epoch, _ in epochs] == [1, 2, 3] for *_, epochs in calm)
    for moment in range(1, moments + 1):
        folder = tmp_path / f"death-{moment}"
        fate.due, fate.writes = moment, 0
        with pytest.raises(Death):
            _trained(folder, skill, 3)
        _trained(folder, skill, 3)
        assert _tables(folder) == calm, f"death at moment {moment} of {moments}"


def test_a_last_trial_whose_events_are_lost_ends_as_it_had(tmp_path: Path, skill: Path) -> None:
    """The ledger is cut after each line of its last trial, and at each byte of its last line."""
    _trained(tmp_path / "calm", skill, 3)
    calm, ledger = _tables(tmp_path / "calm"), (tmp_path / "calm" / "ledger.jsonl").read_bytes()
    ends = [index + 1 for index, byte in enumerate(ledger) if byte == ord("\n")]
    started = ledger.index(b"\n", ledger.rindex(b'"event": "start"'))
    for length in [end for end in ends if end > started] + [*range(ends[-2] + 1, ends[-1])]:
        folder = tmp_path / f"prefix-{length}"
        shutil.copytree(tmp_path / "calm", folder)
        (folder / "ledger.jsonl").write_bytes(ledger[:length])
        _trained(folder, skill, 3)
        assert _tables(folder) == calm, f"the first {length} bytes"
