"""A table is read where it is what the ledger says, whatever the times of the files."""

import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml

import automl
from automl.errors import InputError
from automl.results.run import Run
from automl.results.table.stamp import is_fresh
from automl.results.tables import write_tables
from automl.trial.ledger.lines import seal, unseal
from automl.trial.ledger.writer import Ledger


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run of two trials with its tables."""
    folder = tmp_path / "run"
    folder.mkdir()
    plan = {"metric": "score", "direction": "maximize", "trials": 3, "skill": {}, "seed": 1}
    (folder / "plan.yaml").write_text(yaml.safe_dump({**plan, "versions": {}}))
    ledger = Ledger(folder / "ledger.jsonl")
    for number in range(2):
        _trial(ledger, number)
    write_tables(Run(folder))
    return folder


def _trial(ledger: Ledger, number: int) -> None:
    ledger.start(number, "search", {"lr": 0.1}, number)
    ledger.epoch(number, 1, {"score": 0.5 + number / 10})
    ledger.end(number, "finished")


def _fresh(run: Path) -> bool:
    return is_fresh(Run(run), "trials.parquet")


def test_the_last_word_of_a_run_leaves_its_tables_fresh(run: Path) -> None:
    assert _fresh(run)
    ledger = Ledger(run / "ledger.jsonl")
    ledger.closed("done")
    ledger.session(host="here", pid=1)
    assert _fresh(run)
    ledger.start(2, "search", {"lr": 0.1}, 2)
    assert not _fresh(run)


@pytest.mark.parametrize("newer", ["trials.parquet", "ledger.jsonl"])
def test_a_copied_run_shows_the_same_trials(run: Path, tmp_path: Path, newer: str) -> None:
    Ledger(run / "ledger.jsonl").session(host="here", pid=1)
    _trial(Ledger(run / "ledger.jsonl"), 2)
    copied = Path(shutil.copytree(run, tmp_path / "copied"))
    for name in ("trials.parquet", "epochs.parquet", "ledger.jsonl"):
        os.utime(copied / name, (2000, 2000) if newer in name else (1000, 1000))
    trials = automl.load_trials(copied)
    assert list(trials["score"]) == [0.5, 0.6, 0.7]
    original = automl.load_trials(run)
    pd.testing.assert_frame_equal(trials.drop(columns="run"), original.drop(columns="run"))
    assert list(automl.load_epochs(copied)["number"]) == [0, 1, 2]


def test_another_ledger_of_the_same_length_makes_the_tables_anew(run: Path) -> None:
    ledger = run / "ledger.jsonl"
    lines = [unseal(line).replace(b"0.6", b"0.9") for line in ledger.read_bytes().splitlines()]
    ledger.write_bytes(b"".join(seal(n, line) + b"\n" for n, line in enumerate(lines, 1)))
    assert not _fresh(run)
    assert list(automl.load_trials(run)["score"]) == [0.5, 0.9]


@pytest.mark.parametrize("damage", ["cut", "flipped", "text", "empty"])
def test_a_damaged_table_is_made_anew(run: Path, damage: str) -> None:
    table = run / "trials.parquet"
    content = bytearray(table.read_bytes())
    if damage == "flipped":
        content[len(content) // 3] ^= 0xFF
    cut = {"cut": content[: len(content) // 2], "text": b"no table", "empty": b""}
    before = automl.load_trials(run)
    table.write_bytes(cut.get(damage, bytes(content)))
    pd.testing.assert_frame_equal(automl.load_trials(run), before)


def test_no_flipped_bit_shows_another_value(run: Path) -> None:
    table = run / "trials.parquet"
    whole, before = table.read_bytes(), automl.load_trials(run)
    for place in range(0, len(whole), len(whole) // 60):
        content = bytearray(whole)
        content[place] ^= 1 << place % 8
        table.write_bytes(bytes(content))
        pd.testing.assert_frame_equal(automl.load_trials(run), before)


def test_a_damaged_stamp_makes_the_tables_anew(run: Path) -> None:
    before = automl.load_trials(run)
    stamp = (run / ".tables.json").read_bytes()
    longer = stamp.replace(b'"bytes": ', b'"bytes": 9')
    for content in (b"", b"[]", b"{", b'{"ledger": {"bytes": "9"}}', b"[" * 100_000, longer):
        (run / ".tables.json").write_bytes(content)
        assert not _fresh(run)
        pd.testing.assert_frame_equal(automl.load_trials(run), before)


def test_a_ledger_that_lost_its_end_is_an_error(run: Path) -> None:
    ledger = run / "ledger.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(b"".join(lines[:-2]))
    with pytest.raises(InputError, match="ends before what the tables were made of.*automl repair"):
        automl.load_trials(run)


@pytest.mark.parametrize("lost", ["missing", "empty"])
def test_tables_without_a_ledger_are_an_error(run: Path, lost: str) -> None:
    (run / "ledger.jsonl").write_bytes(b"") if lost == "empty" else (run / "ledger.jsonl").unlink()
    with pytest.raises(InputError, match=f"ledger.jsonl is {lost} beside trials.parquet: copy it"):
        automl.load_trials(run)
