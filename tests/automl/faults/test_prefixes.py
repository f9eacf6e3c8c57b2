"""Some twenty prefixes of one run's ledger, each resumed with Ray to the undisturbed run's end.

Every prefix of many runs, without Ray: ``tests/automl/launch/running/test_every_prefix.py``.
"""

import shutil
from pathlib import Path

import pytest
from project_paths import SKILLS
from sweep_here import outcome

import automl
from automl.constants import BEST_FOLDER, EPOCHS_FILE, LEDGER_FILE, REPORT_FILE, TRIALS_FILE
from automl.results.ledger_file import STAMP_FILE

PREFIXES = 20
LATER = (TRIALS_FILE, EPOCHS_FILE, STAMP_FILE, REPORT_FILE)


@pytest.mark.slow
@pytest.mark.usefixtures("shared_ray")
def test_twenty_prefixes_of_a_confirmed_search_with_rungs(tmp_path: Path) -> None:
    (tmp_path / "crops").mkdir()
    calm = tmp_path / "calm"
    automl.run(
        skill_dir=SKILLS / "bowl", trials=4, scheduler="asha", confirm=1, repeats=2, seed=3,
        max_concurrent=1, output=calm,
        overrides={"dataset.folder": str(tmp_path / "crops"), "num_epochs": 4, "fault": "noise"},
    )  # fmt: skip
    expected, ledger = outcome(calm), (calm / LEDGER_FILE).read_bytes()
    ends = [index + 1 for index, byte in enumerate(ledger) if byte == ord("\n")][:-1]
    chosen = sorted({ends[place * len(ends) // PREFIXES] for place in range(PREFIXES)})
    assert len(chosen) > PREFIXES / 2
    for length in chosen:
        cut = tmp_path / "cut"
        shutil.copytree(calm, cut)
        shutil.rmtree(cut / BEST_FOLDER)
        for name in LATER:
            (cut / name).unlink()
        (cut / LEDGER_FILE).write_bytes(ledger[:length])
        automl.resume(cut)
        assert outcome(cut) == expected, f"{ledger[:length].count(10)} lines"
        shutil.rmtree(cut)
