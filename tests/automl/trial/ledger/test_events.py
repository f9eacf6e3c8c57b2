"""A ledger's lines become events, and events the same lines again."""

import json
from pathlib import Path
from typing import Any

import pytest
from project_paths import SKILLS

from automl.trial.history import trial_histories
from automl.trial.ledger.events import (
    AdviceEvent,
    ClosedEvent,
    EndEvent,
    EpochEvent,
    SessionEvent,
    StartEvent,
    UnfitEvent,
    UnknownEvent,
    decode_event,
    encode_event,
)
from automl.trial.ledger.lines import seal
from automl.trial.ledger.writer import Ledger, read_ledger

GOLDEN = sorted((SKILLS.parent / "ledgers").glob("*.jsonl"))
KINDS = (
    SessionEvent, StartEvent, EpochEvent, UnfitEvent, AdviceEvent, EndEvent, ClosedEvent,
)  # fmt: skip


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_ledger_is_written_as_it_was_read(path: Path) -> None:
    events = read_ledger(path)
    assert "".join(encode_event(event) + "\n" for event in events) == path.read_text()
    assert not any(isinstance(event, UnknownEvent) for event in events)


def test_the_golden_ledgers_hold_every_kind_of_event_and_every_optional_key() -> None:
    events = [event for path in GOLDEN for event in read_ledger(path)]
    assert {type(event) for event in events} == set(KINDS)
    starts = [event for event in events if isinstance(event, StartEvent)]
    assert any(start.parent is not None for start in starts)
    assert any(start.until is not None and start.parent is None for start in starts)
    assert any(start.changed for start in starts)
    assert any(start.ticket is None for start in starts)
    assert any(isinstance(event, EndEvent) and event.changed for event in events)
    assert any(isinstance(event, EpochEvent) and event.ran_s is not None for event in events)


@pytest.mark.parametrize(
    ("old", "now"),
    [
        ({"event": "session"}, SessionEvent(1.0)),
        (
            {"event": "start", "number": 3, "source": "search", "params": {"lr": 0.1}},
            StartEvent(1.0, 3, None, "search", {"lr": 0.1}),
        ),
        (
            {"event": "end", "number": 3, "state": "failed", "failure": "broke"},
            EndEvent(1.0, 3, "failed", "broke"),
        ),
        ({"event": "closed", "status": "done"}, ClosedEvent(1.0, "done")),
    ],
)
def test_keys_that_older_versions_did_not_write_are_empty(old: dict[str, Any], now: Any) -> None:
    assert decode_event({"time": 1.0, **old}) == now


def test_keys_and_events_of_a_newer_version_disturb_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    ledger = Ledger(path)
    start = ledger.start(0, "search", {"lr": 0.1}, 0)
    lines = [
        {"time": start.time + 1, "event": "paused", "number": 0, "why": "lunch"},
        {"time": start.time + 2, "event": "epoch", "number": 0, "epoch": 1, "kpi": {}, "new": 1},
    ]
    with path.open("ab") as stream:
        for number, line in enumerate(lines, 2):
            stream.write(seal(number, json.dumps(line).encode()) + b"\n")
    _, paused, epoch = read_ledger(path)
    assert paused == UnknownEvent("paused", start.time + 1, lines[0])
    assert encode_event(paused) == json.dumps(lines[0])
    assert epoch == EpochEvent(start.time + 2, 0, 1, {})
    (history,) = trial_histories(read_ledger(path))
    assert history.seconds == pytest.approx(2.0)
