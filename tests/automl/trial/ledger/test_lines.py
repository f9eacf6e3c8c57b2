"""No damage of a ledger goes unseen, wherever it is; a half-written last line is no damage."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from project_paths import SKILLS

from automl.errors import InputError
from automl.trial.ledger.events import LedgerEvent
from automl.trial.ledger.writer import Ledger, parse_ledger, read_ledger

GOLDEN = sorted((SKILLS.parent / "ledgers").glob("*.jsonl"))
NUMBERED = SKILLS.parent / "ledgers" / "numbered" / "demo.jsonl"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The ledger of a run of two trials."""
    found = tmp_path / "run" / "ledger.jsonl"
    found.parent.mkdir()
    ledger = Ledger(found)
    ledger.session("here", 1, "automl run")
    for number in range(2):
        ledger.start(number, "search", {"lr": 0.1}, number)
        ledger.epoch(number, 1, {"score": 0.5 + number})
        ledger.end(number, "finished", host="here")
    ledger.closed("done")
    return found


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def test_each_line_has_its_number_and_a_checksum(path: Path) -> None:
    lines = [json.loads(line) for line in _lines(path)]
    assert [line["n"] for line in lines] == list(range(1, 9))
    assert all(len(line["crc"]) == 8 for line in lines)


def test_a_golden_ledger_of_this_version_is_read() -> None:
    """Another codec would refuse it: runs of today must be read tomorrow."""
    kinds = [event.kind for event in read_ledger(NUMBERED)]
    assert kinds == ["session", "start", "epoch", "unfit", "end", "closed", "session"]


def test_every_flipped_bit_is_seen(path: Path) -> None:
    whole, events, words = path.read_bytes(), read_ledger(path), set()
    for place in range(len(whole)):
        for bit in range(8):
            content = bytearray(whole)
            content[place] ^= 1 << bit
            try:
                found = parse_ledger(bytes(content), path)
            except InputError as error:
                words.add(str(error).partition(" at line ")[0])
            else:  # one more line's end harms nothing
                assert found == events, (place, bit)
    assert words == {f"{path} is damaged"}


@pytest.mark.parametrize("line", range(8))
@pytest.mark.parametrize("damage", ["missing", "twice", "swapped", "cut", "zeros"])
def test_lines_out_of_order_are_seen(path: Path, line: int, damage: str) -> None:
    lines = _lines(path)
    follower = lines[line + 1] if line < 7 else b""
    made: dict[str, Callable[[], list[bytes]]] = {
        "missing": lambda: [],
        "twice": lambda: [lines[line], lines[line], follower],
        "swapped": lambda: [follower, lines[line]],
        "cut": lambda: [lines[line][:20], follower[-20:] or b"\n"],
        "zeros": lambda: [b"\0" * (len(lines[line]) - 1), b"\n", follower],
    }
    content = b"".join([*lines[:line], *made[damage](), *lines[line + 2 :]])
    if damage == "missing":
        content = b"".join([*lines[:line], *lines[line + 1 :]])
    if (damage, line) in (("missing", 7), ("swapped", 7)):  # a shorter ledger is a whole one
        assert len(parse_ledger(content, path)) in (7, 8)
        return
    with pytest.raises(InputError, match=r"ledger.jsonl is damaged at line \d+: .*; lost: "):
        parse_ledger(content, path)


def test_what_is_lost_is_named(path: Path) -> None:
    lines = _lines(path)

    def lost(*kept: bytes) -> str:
        with pytest.raises(InputError) as caught:
            parse_ledger(b"".join(kept), path)
        return str(caught.value).partition("; lost: ")[2].partition(";")[0]

    start = lines[1].replace(b"0.1", b"0.2")
    assert lost(lines[0], start, *lines[2:]) == "the start of trial 0000"
    assert lost(*lines[:5], lines[5].replace(b"1.5", b"9.5"), *lines[6:]) == "epoch 1 of trial 0001"
    assert lost(*lines[:2], *lines[4:]) == "line 3, line 4"
    assert lost(*lines[:2], lines[3], lines[2], *lines[4:]) == "nothing"
    assert lost(*lines[:3], *lines[2:]) == "nothing"


def test_every_prefix_is_a_ledger(path: Path) -> None:
    whole, events = path.read_bytes(), read_ledger(path)
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        lines = whole[:length].count(b"\n")
        assert read_ledger(path) == events[:lines]
        assert Ledger(path).mended == (not whole[:length].endswith(b"\n") and length > 0)
        assert path.read_bytes() == b"".join(whole.splitlines(keepends=True)[:lines])


def test_a_damaged_ledger_is_never_written(path: Path) -> None:
    damaged = path.read_bytes().replace(b"0.5", b"0.6") + b'{"n": 9, "cr'
    path.write_bytes(damaged)
    with pytest.raises(InputError, match="is damaged at line 3: its checksum does not match"):
        Ledger(path)
    assert path.read_bytes() == damaged


def test_half_a_line_of_a_full_disk_is_cut_before_the_next(path: Path) -> None:
    ledger, events = Ledger(path), read_ledger(path)
    with path.open("ab") as stream:
        stream.write(b'{"n": 9, "crc": "0000')
    session = ledger.session()
    assert read_ledger(path) == [*events, session]


@pytest.mark.parametrize("old", GOLDEN, ids=lambda path: path.stem)
def test_a_ledger_without_numbers_goes_on_with_them(tmp_path: Path, old: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(old.read_bytes())
    events, count = read_ledger(path), len(_lines(path))
    session = Ledger(path).session("here")
    assert read_ledger(path) == [*events, session]
    assert json.loads(_lines(path)[-1])["n"] == count + 1
    path.write_bytes(b"".join(_lines(path)[1:]))
    with pytest.raises(InputError, match="is damaged"):
        read_ledger(path)


@pytest.mark.parametrize("old", GOLDEN, ids=lambda path: path.stem)
def test_a_lost_start_is_seen_without_numbers_too(tmp_path: Path, old: Path) -> None:
    lines = old.read_bytes().splitlines(keepends=True)
    start = next(n for n, line in enumerate(lines) if b'"event": "start"' in line)
    with pytest.raises(InputError, match=r"trial 0000 has no start; lost: the start of trial 0000"):
        parse_ledger(b"".join(lines[:start] + lines[start + 1 :]), old)


START: dict[str, Any] = {"time": 1.0, "event": "start", "number": 0, "ticket": 0, "params": {}}
EPOCH: dict[str, Any] = {"time": 1.0, "event": "epoch", "number": 0, "epoch": 1, "kpi": {}}
END: dict[str, Any] = {"time": 1.0, "event": "end", "number": 0, "state": "finished"}


@pytest.mark.parametrize(
    "line",
    [
        [], 5, "text", None, True, {}, {"time": 1.0}, {"event": "start"},
        {**START, "time": "now"}, {**START, "time": None}, {**START, "time": 1e300},
        {**START, "time": float("nan")}, {**START, "time": -1.0}, {**START, "event": 3},
        {**START, "number": "0"}, {**START, "number": -1}, {**START, "number": 0.5},
        {**START, "number": 2**70}, {**START, "number": True}, {**START, "params": []},
        {**START, "params": None}, {**START, "ticket": "x"}, {**START, "source": 3},
        {**START, "changed": 3}, {"time": 1.0, "event": "start", "params": {}},
        {**EPOCH, "epoch": "1"}, {**EPOCH, "epoch": 2**70}, {**EPOCH, "kpi": []},
        {**EPOCH, "kpi": {"score": "high"}}, {**EPOCH, "kpi": {"score": None}},
        {**EPOCH, "ran_s": "x"}, {**EPOCH, "number": None},
        {**END, "state": "odd"}, {**END, "state": []}, {**END, "failure": None},
        {**END, "gpu_count": "two"}, {"time": 1.0, "event": "end", "number": 0},
        {"time": 1.0, "event": "closed"}, {"time": 1.0, "event": "closed", "status": []},
    ],
    ids=repr,
)  # fmt: skip
def test_json_of_another_shape_is_damage(path: Path, line: Any) -> None:
    old = "".join(json.dumps(each) + "\n" for each in (START, line))
    with pytest.raises(InputError, match=r"is damaged at line 2: .*automl repair"):
        parse_ledger(old.encode(), path)


def test_a_deeply_nested_line_is_damage(path: Path) -> None:
    with pytest.raises(InputError, match="is damaged at line 1: it is no JSON"):
        parse_ledger(b"[" * 100_000 + b"\n", path)


def test_a_whole_number_beyond_every_float_is_infinite(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    kpi = {"far": 10**309, "low": -(10**400), "near": 10**300, "small": 7}
    lines = [START, {**EPOCH, "kpi": kpi}]
    path.write_text("".join(json.dumps(each) + "\n" for each in lines))
    epoch: Any = read_ledger(path)[1]
    assert epoch.kpi == {"far": float("inf"), "low": float("-inf"), "near": 10**300, "small": 7}


def test_random_damage_is_an_error_or_changes_nothing(path: Path) -> None:
    """Bytes are removed, added and overwritten in pieces of any length."""
    whole, events, dice = path.read_bytes(), read_ledger(path), random.Random(15)
    seen = 0
    for _ in range(2000):
        first, length = dice.randrange(len(whole)), dice.choice([1, 2, 7, 60, 300])
        new = dice.choice([b"", dice.randbytes(length), whole[first - length : first]])
        content = whole[:first] + new + whole[first + dice.choice([0, length]) :]
        try:
            found = parse_ledger(content, path)
        except InputError:
            seen += 1
            continue
        assert _is_prefix(found, events), content
    assert seen > 1500


def _is_prefix(found: list[LedgerEvent], events: list[LedgerEvent]) -> bool:
    return found == events[: len(found)]
