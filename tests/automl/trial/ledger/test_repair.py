"""What can be read of a damaged ledger stays, and what is lost is told of each trial."""

import random
from pathlib import Path

import pytest

from automl.trial.history import trial_histories
from automl.trial.ledger.lines import unseal
from automl.trial.ledger.repair import salvage
from automl.trial.ledger.writer import Ledger, parse_ledger


@pytest.fixture
def lines(tmp_path: Path) -> list[bytes]:
    """A ledger of two trials: its session, then start, epoch, epoch and end of each."""
    path = tmp_path / "ledger.jsonl"
    ledger = Ledger(path)
    ledger.session("here", 1, "automl run")
    for number in range(2):
        ledger.start(number, "search", {"lr": 0.1}, number)
        ledger.epoch(number, 1, {"score": 0.5 + number})
        ledger.epoch(number, 2, {"score": 0.6 + number})
        ledger.end(number, "finished", host="here")
    return path.read_bytes().splitlines(keepends=True)


def _flipped(line: bytes) -> bytes:
    return line.replace(b'"time": 1', b'"time": 2')


def test_a_whole_ledger_stays_as_it_is(lines: list[bytes]) -> None:
    content = b"".join(lines)
    found = salvage(content)
    assert (found.content, found.lines, found.torn) == (content, 9, False)
    assert not found.damages
    assert not found.lost


def test_a_torn_line_is_cut(lines: list[bytes]) -> None:
    found = salvage(b"".join(lines) + lines[-1][:30])
    assert found.torn
    assert found.content == b"".join(lines)


def test_a_lost_start_takes_its_trial_along(lines: list[bytes]) -> None:
    found = salvage(b"".join([lines[0], _flipped(lines[1]), *lines[2:]]))
    assert found.lost == {0: ["the start", "epoch 1", "epoch 2", "the end"]}
    events = parse_ledger(found.content, Path("ledger.jsonl"))
    assert [history.number for history in trial_histories(events)] == [1]


def test_lost_epochs_and_ends_are_named(lines: list[bytes]) -> None:
    found = salvage(b"".join([*lines[:3], _flipped(lines[3]), *lines[4:8], _flipped(lines[8])]))
    assert found.lost == {0: ["epoch 2"], 1: ["the end"]}
    first, second = trial_histories(parse_ledger(found.content, Path("ledger.jsonl")))
    assert [each.epoch for each in first.epochs] == [1]
    assert first.is_over
    assert second.end is None


def test_lines_out_of_place_go_back(lines: list[bytes]) -> None:
    mixed = [lines[0], *lines[5:], *lines[1:5], lines[3]]
    found = salvage(b"".join(mixed))
    assert found.content == b"".join(lines)
    assert found.damages
    assert not found.lost


def test_older_lines_come_before_the_numbered_ones(lines: list[bytes]) -> None:
    old = [unseal(line.rstrip()) + b"\n" for line in lines[:5]]
    found = salvage(b"".join([*old[:2], b"[]\n", *old[3:], *lines[5:]]))
    kept = [*lines[:2], *lines[3:]]
    assert [unseal(line) for line in found.content.splitlines()] == [
        unseal(line.rstrip()) for line in kept
    ]
    assert [damage.line for damage in found.damages] == [3]


def test_whatever_the_damage_the_rest_is_a_ledger(lines: list[bytes]) -> None:
    whole, dice = b"".join(lines), random.Random(3)
    for _ in range(500):
        first, length = dice.randrange(len(whole)), dice.choice([1, 5, 200])
        content = whole[:first] + dice.randbytes(dice.choice([0, length])) + whole[first + length :]
        found = salvage(content)
        events = parse_ledger(found.content, Path("ledger.jsonl"))
        assert salvage(found.content).content == found.content
        assert len(events) >= len(lines) - 6 or found.lost
