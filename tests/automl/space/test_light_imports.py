"""Looking at a space imports no heavy library (issue B)."""

import subprocess
import sys
from pathlib import Path

import pytest
from project_paths import ROOT

from automl.constants import LEDGER_FILE, PLAN_FILE
from automl.trial.ledger.writer import Ledger

ENGINES = ("torch", "ray", "optuna")
HEAVY = (*ENGINES, "pandas", "numpy", "scipy", "pyarrow", "matplotlib")


def loaded(code: str) -> set[str]:
    """Modules among the heavy ones that a fresh interpreter has after ``code``."""
    report = f"{code}\nimport sys\nprint(*(set(sys.modules) & set({HEAVY!r})))"
    done = subprocess.run(
        [sys.executable, "-c", report], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


def loaded_by_command(*arguments: str) -> set[str]:
    """The same after a command, which has to succeed."""
    code = "from automl.cli.main import run_command_line as run\n"
    return loaded(f"{code}code = run({list(arguments)!r})\nassert code == 0, code")


def test_the_packages_are_light() -> None:
    assert loaded("import automl, automl.skill, automl.spec, automl.space") == set()


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [["--help"], ["run", "--help"], ["space"], ["validate", str(ROOT)]]
)
def test_the_commands_are_light(arguments: list[str]) -> None:
    assert loaded_by_command(*arguments) == set()


def test_the_trial_table_needs_pandas_and_no_engine(tmp_path: Path) -> None:
    (tmp_path / PLAN_FILE).write_text("metric: score\ndirection: maximize\n")
    ledger = Ledger(tmp_path / LEDGER_FILE)
    ledger.start(0, "default", {"train.lr": 0.1})
    ledger.epoch(0, 1, {"score": 0.5})
    ledger.end(0, "finished")
    assert loaded_by_command("trials", str(tmp_path)) & set(ENGINES) == set()
