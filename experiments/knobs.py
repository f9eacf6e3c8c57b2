"""Prints what every key of the trainer's spec does: key, backbone family, acts or refused.

    python experiments/knobs.py                 the whole schema
    python experiments/knobs.py -k "osnet"      what pytest selects

The rows are those of the knob tests, which set one key after the other away from its default and
compare what happens (parameters, outputs, optimiser groups, batches, files), so the list cannot say
what was not observed. Here every key that is read while a network is built meets all three
families; `make test` asks the families only of keys in which the network has a part. "any": the key
does its work before there is a network, or after. It takes minutes; the exit code is pytest's.
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from pathlib import Path
from typing import cast

import pytest
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
TESTS = ("tests/reid_model/test_knobs.py", "tests/reid_model/actions/test_use_knobs.py")

Row = tuple[str, str, str]


class Collector:
    """A pytest plugin that keeps what the knob tests record."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """See pytest."""
        if report.when == "call":
            for name, value in report.user_properties:
                if name == "knob":
                    self.rows.append(cast(Row, value))


def merged(rows: list[Row]) -> list[Row]:
    """Families of a key to which the same happened, in one row."""
    families: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, family, told in rows:
        families[name, told].append(family)
    return [(name, ", ".join(found), told) for (name, told), found in families.items()]


def shown(rows: list[Row]) -> Table:
    """The list as a table."""
    acting = sum("acts" in told for _, _, told in rows)
    table = Table(title=f"{len({name for name, _, _ in rows})} keys: {acting} of {len(rows)} act")
    for name in ("key", "family", "what happened"):
        table.add_column(name, overflow="fold")
    for row in merged(rows):
        table.add_row(*row)
    return table


def main() -> int:
    """Run the knob tests and print their list."""
    os.environ["KNOBS"] = "all"
    found = Collector()
    paths = [str(ROOT / path) for path in TESTS]
    arguments = ["-q", "--no-header", "-p", "no:cacheprovider", f"--rootdir={ROOT}"]
    code = pytest.main([*arguments, *paths, *sys.argv[1:]], plugins=[found])
    Console(width=160 if not sys.stdout.isatty() else None).print(shown(found.rows))
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
