"""A driver that dies before any write, taken up again, tries what an undisturbed one does."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from automl.search.journal import SweepJournal
from automl.search.study import Study
from automl.space import Choice, Float, Space
from automl.sweep.recorder import Recorder
from automl.sweep.restore import restore
from automl.sweep.retention import Retention
from automl.sweep.stop_rules import StopRule
from automl.trial.history import trial_histories
from automl.trial.ledger import Ledger, read_ledger
from automl.trial.objective import Objective

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

    def _counting(self, write: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any) -> Any:
            self.writes += 1
            if self.writes == self.due:
                raise Death
            return write(*arguments)

        return counted


def _session(folder: Path, algorithm: str, parameters: tuple[Any, ...], trials: int) -> None:
    """What a driver at concurrency 1 does, from opening the run to the budget's end."""
    folder.mkdir(exist_ok=True)
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
