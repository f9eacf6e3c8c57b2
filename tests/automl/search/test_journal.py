"""A sampler's journal shows damage; those of earlier versions and other writers are read."""

import json
from pathlib import Path

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from automl.errors import DamagedFileError
from automl.search.journal import check_journal
from automl.search.study import STUDY_NAME, Study
from automl.space import Float, Space

SPACE = Space((Float(name="lr", default=0.1, low=1e-4, high=1.0, log=True),))


def _study(path: Path) -> Study:
    return Study(
        path, space=SPACE, base={"lr": 0.1}, algorithm="random", direction="maximize", seed=1
    )


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "study.journal"
    for _ in range(2):  # two sessions
        study = _study(path)
        suggestion = study.ask()
        assert suggestion is not None
        study.tell(suggestion.ticket, "finished", 0.5)
    return path


def test_every_entry_has_a_number_and_optuna_reads_it(journal: Path) -> None:
    entries = [json.loads(line) for line in journal.read_text().splitlines()]
    assert [entry["n"] for entry in entries] == list(range(len(entries)))
    assert check_journal(journal) == len(entries)
    found = optuna.load_study(
        study_name=STUDY_NAME, storage=JournalStorage(JournalFileBackend(str(journal)))
    )
    assert [trial.value for trial in found.trials] == [0.5, 0.5]


def test_no_flipped_bit_and_no_lost_line_goes_unseen(journal: Path) -> None:
    whole = journal.read_bytes()
    lines = whole.splitlines(keepends=True)
    for place in range(0, len(whole), 7):
        content = bytearray(whole)
        content[place] ^= 1 << place % 8
        journal.write_bytes(bytes(content))
        try:
            known = _study(journal).holds(0, {"lr": 0.1}), _study(journal).is_over(1)
        except DamagedFileError:
            continue
        assert known == (True, True)  # the name of a checksum's key, or the last line's end
    for lost in range(len(lines) - 1):
        journal.write_bytes(b"".join(lines[:lost] + lines[lost + 1 :]))
        with pytest.raises(DamagedFileError, match=f"line {lost + 1} "):
            _study(journal)


def test_entries_without_a_checksum_are_read(journal: Path) -> None:
    entries = [json.loads(line) for line in journal.read_text().splitlines()]
    for entry in entries:
        del entry["n"], entry["crc"]
    journal.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    study = _study(journal)
    assert study.is_over(1)
    assert study.ask() is not None
    assert _study(journal).is_over(1)


def test_a_journal_of_another_shape_is_damaged(journal: Path) -> None:
    for text in ("[]\n", '{"op_code": 99}\n{}\n', '{"op_code": 0}\n[1]\n', "3\n"):
        journal.write_text(text)
        with pytest.raises(DamagedFileError):
            _study(journal)
