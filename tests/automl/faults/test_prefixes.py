"""Prefixes of two runs' ledgers, each resumed with Ray to the undisturbed run's end.

Within a trial, after one that a rung stopped, and within the confirmation. Every prefix of many
runs, without Ray: ``tests/automl/launch/running/test_every_prefix.py``.
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


Kind = tuple[str, str, str]  # the event, in which state, of a trial of which source


def _ends(ledger: bytes) -> dict[Kind, list[int]]:
    """Where each line ends, by its kind."""
    found: dict[Kind, list[int]] = {}
    sources: dict[int, str] = {}
    end = 0
    for line in ledger.splitlines(keepends=True):
        event, end = json.loads(line), end + len(line)
        number = event.get("number", -1)
        sources.setdefault(number, event.get("source", ""))
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
            [("epoch", "", "search"), ("end", "stopped", "search")],
        ),
        ({"trials": 2, "confirm": 1, "repeats": 3, "seed": 3}, [("epoch", "", "confirm")]),
    ],
    ids=["rungs", "confirmation"],
)
def test_prefixes(tmp_path: Path, options: dict[str, Any], kinds: list[Kind]) -> None:
    (tmp_path / "crops").mkdir()
    calm = tmp_path / "calm"
    automl.run(
        skill_dir=SKILLS / "bowl", max_concurrent=1, output=calm, **options,
        overrides={"dataset.folder": str(tmp_path / "crops"), "num_epochs": 4, "fault": "noise"},
    )  # fmt: skip
    expected, ledger = outcome(calm), (calm / LEDGER_FILE).read_bytes()
    ends = _ends(ledger)
    for length in sorted(ends[kind][len(ends[kind]) // 2] for kind in kinds):
        cut = tmp_path / "cut"
        shutil.copytree(calm, cut)
        shutil.rmtree(cut / BEST_FOLDER)
        for name in LATER:
            (cut / name).unlink()
        (cut / LEDGER_FILE).write_bytes(ledger[:length])
        automl.resume(cut)
        assert outcome(cut) == expected, f"{ledger[:length].count(10)} lines"
        shutil.rmtree(cut)
