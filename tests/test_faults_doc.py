"""docs/faults.md names a test for every fault, and every test that it names exists."""

import re

from project_paths import ROOT

FAULTS = (
    "driver is killed", "trial's worker is killed", "leader of a child process", "node of the",
    "an exception in a trial", "metric is NaN", "never reported", "hangs", "disk is full",
    "away for 30 s", "torn last line", "second driver", "damaged checkpoint", "Ctrl-C once",
    "Ctrl-C twice", "clock jumps", "out of memory",
)  # fmt: skip


def _rows() -> list[list[str]]:
    lines = (ROOT / "docs" / "faults.md").read_text().splitlines()
    table = [line for line in lines if line.startswith("| ")][1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def test_every_fault_has_a_row_with_tests_that_exist() -> None:
    rows = _rows()
    assert all(len(row) == 5 and all(row) for row in rows)
    for fault in FAULTS:
        assert any(fault in row[0] for row in rows), fault
    for row in rows:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row[4])
        assert named, row[0]
        for file, function in named:
            assert f"def {function}(" in (ROOT / file).read_text(), f"{file}::{function}"
