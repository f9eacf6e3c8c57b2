"""A run that an error ends says so in its ledger."""

import errno
import os
from pathlib import Path

import pytest

from automl.errors import RunError
from automl.launch.running.failures import failure_recorded
from automl.trial.ledger.events import ClosedEvent
from automl.trial.ledger.writer import Ledger, read_ledger


def _begin_and_raise(path: Path, error: Exception) -> None:
    Ledger(path).session()
    raise error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (RunError("the storage failed"), "the storage failed"),
        (ValueError("odd"), "ValueError: odd"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "the disk of "),
    ],
)
def test_the_reason_is_kept(tmp_path: Path, error: Exception, words: str) -> None:
    path = tmp_path / "ledger.jsonl"
    with pytest.raises(type(error)), failure_recorded(tmp_path):
        _begin_and_raise(path, error)
    last = read_ledger(path)[-1]
    assert isinstance(last, ClosedEvent)
    assert last.status == "failed"
    assert last.reason.startswith(words)


def test_a_torn_line_that_is_cut_hides_no_failure_and_none_is_told_twice(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    Ledger(path).closed("interrupted")
    with path.open("a") as stream:
        stream.write('{"event": "start", "params": "' + "x" * 1000)
    error = RunError("bad: https://me:pass-word@host")
    with pytest.raises(RunError), failure_recorded(tmp_path), failure_recorded(tmp_path):
        _begin_and_raise(path, error)
    events = read_ledger(path)
    assert [event.kind for event in events] == ["closed", "session", "closed"]
    assert isinstance(events[-1], ClosedEvent)
    assert events[-1].status == "failed"


def test_a_run_that_was_refused_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(RunError), failure_recorded(tmp_path):
        raise RunError("no cluster")
    assert not list(tmp_path.iterdir())
    path = tmp_path / "ledger.jsonl"
    Ledger(path).closed("done")
    before = path.read_bytes()
    with pytest.raises(RunError), failure_recorded(tmp_path):
        raise RunError("no cluster")
    assert path.read_bytes() == before
