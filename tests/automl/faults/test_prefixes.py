"""Prefixes of two runs' ledgers, each resumed with Ray to the undisturbed run's end.

One for each kind of line that a ledger may end with, in the search and in the confirmation. Every
prefix of many runs, without Ray: ``tests/automl/launch/running/test_every_prefix.py``.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from project_paths import SKILLS
from sweep_here import outcome

import automl
from automl.constants import BEST_FOLDER, EPOCHS_FILE, LEDGER_FILE, REPORT_FILE, TRIALS_FILE
from automl.results.ledger_file import STAMP_FILE

LATER = (TRIALS_FILE, EPOCHS_FILE, STAMP_FILE, REPORT_FILE)


def _by_last_line(ledger: bytes) -> dict[tuple[str, ...], list[int]]:
    """Kind of a line -> where each of that kind ends; without the ledger's last line."""
    found: dict[tuple[str, ...], list[int]] = {}
    sources: dict[int, str] = {}
    end = 0
    for line in ledger.splitlines(keepends=True)[:-1]:
        event, end = json.loads(line), end + len(line)
        number = event.get("number", -1)
        sources[number] = event.get("source", sources.get(number, ""))
        kind = (event["event"], event.get("state", ""), sources[number])
        found.setdefault(kind, []).append(end)
    return found


@pytest.mark.slow
@pytest.mark.usefixtures("shared_ray")
@pytest.mark.parametrize(
    ("options", "kinds"),
    [
        (
            {"trials": 4, "scheduler": "asha", "seed": 3},
            {("epoch", "", "search"), ("end", "finished", "search"), ("end", "stopped", "search")},
        ),
        (
            {"trials": 2, "confirm": 1, "repeats": 3, "seed": 3},
            {("start", "", "confirm"), ("epoch", "", "confirm"), ("end", "finished", "confirm")},
        ),
    ],
    ids=["rungs", "confirmation"],
)
def test_prefixes(tmp_path: Path, options: dict[str, Any], kinds: set[tuple[str, ...]]) -> None:
    (tmp_path / "crops").mkdir()
    calm = tmp_path / "calm"
    automl.run(
        skill_dir=SKILLS / "bowl", max_concurrent=1, output=calm, **options,
        overrides={"dataset.folder": str(tmp_path / "crops"), "num_epochs": 4, "fault": "noise"},
    )  # fmt: skip
    expected, ledger = outcome(calm), (calm / LEDGER_FILE).read_bytes()
    found = _by_last_line(ledger)
    assert kinds < set(found)
    for length in sorted(ends[len(ends) // 2] for ends in found.values()):
        cut = tmp_path / "cut"
        shutil.copytree(calm, cut)
        shutil.rmtree(cut / BEST_FOLDER)
        for name in LATER:
            (cut / name).unlink()
        (cut / LEDGER_FILE).write_bytes(ledger[:length])
        automl.resume(cut)
        assert outcome(cut) == expected, f"{ledger[:length].count(10)} lines"
        shutil.rmtree(cut)
