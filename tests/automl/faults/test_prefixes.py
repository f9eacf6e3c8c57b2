"""Some twenty prefixes of two runs' ledgers, each resumed with Ray to the undisturbed run's end.

Every prefix of many runs, without Ray: ``tests/automl/launch/running/test_every_prefix.py``.
"""

import shutil
from pathlib import Path
from typing import Any

import pytest
from project_paths import SKILLS
from sweep_here import outcome

import automl
from automl.constants import BEST_FOLDER, EPOCHS_FILE, LEDGER_FILE, REPORT_FILE, TRIALS_FILE
from automl.results.ledger_file import STAMP_FILE

PREFIXES = 11
LATER = (TRIALS_FILE, EPOCHS_FILE, STAMP_FILE, REPORT_FILE)


def _line_ends(ledger: bytes) -> list[int]:
    return [index + 1 for index, byte in enumerate(ledger) if byte == ord("\n")][:-1]


@pytest.mark.slow
@pytest.mark.usefixtures("shared_ray")
@pytest.mark.parametrize(
    ("options", "first"),
    [
        ({"trials": 4, "scheduler": "asha", "seed": 3}, b"{"),
        # one prefix within the search; the others, within the confirmation, start one worker each
        ({"trials": 2, "confirm": 1, "repeats": 3, "seed": 3}, b'"confirm"'),
    ],
    ids=["rungs", "confirmation"],
)
def test_prefixes(tmp_path: Path, options: dict[str, Any], first: bytes) -> None:
    (tmp_path / "crops").mkdir()
    calm = tmp_path / "calm"
    automl.run(
        skill_dir=SKILLS / "bowl", max_concurrent=1, output=calm, **options,
        overrides={"dataset.folder": str(tmp_path / "crops"), "num_epochs": 4, "fault": "noise"},
    )  # fmt: skip
    expected, ledger = outcome(calm), (calm / LEDGER_FILE).read_bytes()
    ends = _line_ends(ledger)
    later = [end for end in ends if end > ledger.index(first)]
    chosen = {ends[len(ends) // 4], *(later[n * len(later) // PREFIXES] for n in range(PREFIXES))}
    assert len(chosen) >= PREFIXES
    for length in sorted(chosen):
        cut = tmp_path / "cut"
        shutil.copytree(calm, cut)
        shutil.rmtree(cut / BEST_FOLDER)
        for name in LATER:
            (cut / name).unlink()
        (cut / LEDGER_FILE).write_bytes(ledger[:length])
        automl.resume(cut)
        assert outcome(cut) == expected, f"{ledger[:length].count(10)} lines"
        shutil.rmtree(cut)
