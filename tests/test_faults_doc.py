"""docs/faults.md has a row for every fault; its tests stand in a table of their own, and exist."""

import re
from pathlib import Path

from project_paths import ROOT

FAULTS = (
    "driver is killed", "trial's worker is killed", "leader of a child process", "node of the",
    "an exception in a trial", "metric is NaN", "never reported", "hangs", "disk is full",
    "away for 30 s", "torn last line", "second driver", "damaged checkpoint", "Ctrl-C once",
    "Ctrl-C twice", "clock jumps", "out of memory",
)  # fmt: skip


def _rows(page: Path) -> list[list[str]]:
    lines = [line for line in page.read_text().splitlines() if line.startswith("| ")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in rows if row[0] != "fault"]


def test_every_fault_has_a_row_with_tests_that_exist() -> None:
    rows = _rows(ROOT / "docs" / "faults.md")
    assert all(len(row) == 4 and all(row) for row in rows)
    for fault in FAULTS:
        assert any(fault in row[0] for row in rows), fault
    tested = _rows(ROOT / "docs" / "reference" / "fault-tests.md")
    assert [row[0] for row in tested] == [row[0] for row in rows]
    for fault, tests in tested:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", tests)
        assert named, fault
        for file, function in named:
            assert f"def {function}(" in (ROOT / file).read_text(), f"{file}::{function}"
