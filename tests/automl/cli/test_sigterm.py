"""SIGTERM and SIGHUP end a direct run the way Ctrl-C does, also where its group gets them."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from processes import PATIENCE_S, wait_until

import automl
from automl.trial.ledger.writer import read_ledger


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_direct_run_that_is_told_to_end(
    bowl: Path, data: Path, tmp_path: Path, number: signal.Signals
) -> None:
    output = tmp_path / "run"
    options = ["--skill-dir", str(bowl), "--data", str(data), "--output", str(output)]
    settings = ["--policy", "off", "--json", "--set", "fault=sleep", "--set", "num_epochs=900"]
    child = subprocess.Popen(
        [sys.executable, "-m", "automl", "run", *options, *settings],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_until(lambda: len(read_ledger(output / "ledger.jsonl")) >= 3, child)
    os.killpg(child.pid, number)
    printed, said = child.communicate(timeout=PATIENCE_S)
    assert child.returncode == 130
    assert "automl: stopping train; again to stop now" in said.splitlines()
    assert json.loads(printed)["status"] == "interrupted"
    assert list(automl.load_trials(output)["state"]) == ["interrupted"]
    assert (output / "trials.parquet").exists()
