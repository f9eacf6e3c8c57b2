"""A population before its study: waiting, lineages, what is kept, and any death."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from automl.search.population.schedule import Population
from automl.search.study import Study
from automl.space import Float, Space
from automl.sweep.pbt import PopulationProposer
from automl.sweep.recorder import Recorder, TrialStart
from automl.sweep.restore import restore
from automl.sweep.retention import Retention
from automl.sweep.stop_rules import StopRule
from automl.trial.faults import Cause
from automl.trial.ledger.events import EndEvent
from automl.trial.ledger.writer import Ledger, read_ledger
from automl.trial.objective import Objective

LR = "train.optim.lr"
SPACE = Space(parameters=(Float(name=LR, low=0.0, high=1.0, default=0.5),))
BASE = {"train": {"optim": {"lr": 0.5}}}
POPULATION = Population(size=4, interval=2, epochs=6, mutable=(LR,))
UP = Objective("score", "maximize")


@pytest.fixture
def open_run(tmp_path: Path) -> Any:
    def opened(name: str = "run") -> Recorder:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        events = read_ledger(folder / "ledger.jsonl")
        study = Study(
            folder / "study.journal", space=SPACE, base=BASE, algorithm="pbt",
            direction="maximize", seed=3,
        )  # fmt: skip
        recorder = Recorder(
            study=PopulationProposer(
                study, POPULATION, space=SPACE, base=BASE, objective=UP, seed=3, events=events
            ),
            ledger=Ledger(folder / "ledger.jsonl"),
            objective=UP,
            listener=lambda event: None,
            budget=POPULATION.trials,
            run_dir=folder,
            stop_rule=StopRule(UP, None, None),
            retention=Retention(folder, UP),
        )
        restore(recorder, events)
        return recorder

    return opened


def _train(recorder: Recorder, start: TrialStart) -> None:
    """Two epochs of a trial: a higher rate scores more; each leaves a checkpoint."""
    assert start.until is not None
    folder = recorder.run_dir / "trials" / f"{start.number:04d}"
    folder.mkdir(parents=True, exist_ok=True)
    for epoch in (start.until - 1, start.until):
        (folder / f"model_epoch_{epoch:03d}.pth").write_bytes(b"w")
        recorder.epoch(start.number, epoch, {"score": epoch + start.values[LR]})
    recorder.end(start.number, "finished")


def _with_checkpoints(folder: Path) -> set[int]:
    return {int(path.parent.name) for path in folder.glob("trials/*/*.pth")}


def test_a_generation_waits_for_the_one_before_it(open_run: Any) -> None:
    recorder = open_run()
    starts = [recorder.start() for _ in range(4)]
    assert all((start.parent, start.until) == (None, 2) for start in starts)
    for start in starts[:3]:
        _train(recorder, start)
        assert recorder.waits
    _train(recorder, starts[3])
    assert not recorder.waits
    after = [recorder.start() for _ in range(4)]
    assert all(start.until == 4 and start.parent in range(4) for start in after)
    lowest = min(starts, key=lambda s: s.values[LR]).number
    assert lowest not in {start.parent for start in after}
    assert recorder.waits


def test_checkpoints_are_kept_while_somebody_may_go_on_from_them(open_run: Any) -> None:
    recorder = open_run()
    for _ in range(4):
        _train(recorder, recorder.start())
    assert _with_checkpoints(recorder.run_dir) == {0, 1, 2, 3}
    for _ in range(3):
        _train(recorder, recorder.start())
    assert _with_checkpoints(recorder.run_dir) >= {0, 1, 2, 3, 4, 5, 6}
    _train(recorder, recorder.start())
    assert _with_checkpoints(recorder.run_dir) == {4, 5, 6, 7}
    while not recorder.spent:
        _train(recorder, recorder.start())
    assert _with_checkpoints(recorder.run_dir) == {recorder.best[1]}


def test_a_death_at_any_point_changes_nothing(open_run: Any) -> None:
    calm, trained = open_run("calm"), []
    while not calm.spent:
        trained.append(calm.start())
        _train(calm, trained[-1])
    again: dict[int, TrialStart] = {}
    for cut in range(1, 3 * POPULATION.trials):  # a new driver after every one or two steps
        recorder = open_run("killed")
        if recorder.spent:
            break
        start = recorder.start()
        again[start.number] = start
        if cut % 3 == 0:
            continue
        _train(recorder, start)
        if cut % 3 == 1 and not recorder.spent:
            recorder.study.ask()
    assert [(s.number, s.parent, s.values) for s in again.values()] == [
        (s.number, s.parent, s.values) for s in trained
    ]
    events = read_ledger(recorder.run_dir / "ledger.jsonl")
    ends = Counter(event.number for event in events if isinstance(event, EndEvent))
    assert set(ends.values()) == {1}
    assert len(ends) == POPULATION.trials


def test_failures_are_replaced_and_a_lost_generation_starts_anew(open_run: Any) -> None:
    recorder = open_run()
    for _ in range(4):
        recorder.end(recorder.start().number, "failed", Cause(f"it broke {id(object())}", "bug"))
    recorder.abort_reason = ""
    fresh = [recorder.start() for _ in range(4)]
    assert all((start.parent, start.until) == (None, 4) for start in fresh)
    recorder.epoch(fresh[1].number, 4, {"score": 1.0})
    for start in fresh:
        recorder.end(start.number, "finished" if start is fresh[1] else "failed", None)
    assert [recorder.start().parent for _ in range(4)] == [fresh[1].number] * 4


def test_members_that_trained_all_their_epochs_are_at_the_end(open_run: Any) -> None:
    recorder = open_run()
    for _ in range(4):
        start = recorder.start()
        recorder.epoch(start.number, 6, {"score": 1.0})
        recorder.end(start.number, "finished")
    assert recorder.start() is None
    assert recorder.exhausted


def test_a_rejected_proposal_shifts_no_number(open_run: Any) -> None:
    recorder = open_run()
    unfit = iter([True, False, False, True, True] + [False] * 20)
    recorder.costs = _Costs(unfit)
    starts = []
    while not recorder.spent:
        start = recorder.start()
        assert start is not None
        starts.append(start)
        _train(recorder, start)
    assert [start.number for start in starts] == list(range(POPULATION.trials))
    for start in starts:
        assert start.until == POPULATION.until(start.number)
        if start.parent is not None:
            first = POPULATION.generation(start.number) * POPULATION.size
            assert first - POPULATION.size <= start.parent < first


class _Costs:
    """Says of the proposals in turn whether they cannot fit into memory."""

    def __init__(self, unfit: Any) -> None:
        self._unfit = unfit

    def unfit(self, values: Any) -> str:
        return "needs 100 GB" if next(self._unfit) else ""
