"""The ledger survives what a death leaves behind."""

from pathlib import Path

from automl.trial.ledger.events import EndEvent, EpochEvent, StartEvent
from automl.trial.ledger.writer import Ledger, read_ledger


def test_events_come_back_in_order(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.start(0, "default", {"train.lr": 0.1, "train.steps": [1, 2]})
    ledger.epoch(0, 1, {"score": 0.5})
    ledger.end(0, "failed", "it broke", host="here")
    events = read_ledger(tmp_path / "ledger.jsonl")
    assert [event.kind for event in events] == ["start", "epoch", "end"]
    start, _, end = events
    assert isinstance(start, StartEvent)
    assert isinstance(end, EndEvent)
    assert start.params == {"train.lr": 0.1, "train.steps": [1, 2]}
    assert end.failure == "it broke"
    assert start.time <= end.time


def test_a_torn_last_line_loses_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    Ledger(path).start(0, "default", {})
    with path.open("a") as stream:
        stream.write('{"event": "epoch", "number": 0, "kp')
    assert [event.kind for event in read_ledger(path)] == ["start"]
    assert Ledger(path).mended
    assert not Ledger(path).mended


def test_no_ledger_is_no_events(tmp_path: Path) -> None:
    assert read_ledger(tmp_path / "none.jsonl") == []


def test_every_number_comes_back_as_it_was(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.start(0, "default", {"huge": 2**70})
    ledger.epoch(0, 1, {"score": 0.1 + 0.2, "odd": float("nan"), "far": float("inf")})
    start, epoch = read_ledger(tmp_path / "ledger.jsonl")
    assert isinstance(start, StartEvent)
    assert isinstance(epoch, EpochEvent)
    assert start.params == {"huge": 2**70}
    assert repr(epoch.kpi) == "{'score': 0.30000000000000004, 'odd': nan, 'far': inf}"
