"""``automl dashboard`` as a user runs it: it prints its address, answers, and ends at Ctrl-C."""

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import yaml

from automl.cli.main import run_command_line
from automl.constants import STUDY_FILE
from automl.search.study import Study
from automl.space import Float, Space

pytest.importorskip("optuna_dashboard", reason="the extra `dashboard` is not installed")


def _run(folder: Path) -> Path:
    (folder / "plan.yaml").write_text(yaml.safe_dump({"metric": "score", "direction": "maximize"}))
    return folder


@pytest.mark.slow
def test_it_serves_until_ctrl_c(tmp_path: Path) -> None:
    space = Space((Float(name="lr", default=0.1, low=1e-4, high=1.0, log=True),))
    Study(
        _run(tmp_path) / STUDY_FILE, space=space, base={"lr": 0.1}, algorithm="random",
        direction="maximize", seed=1,
    ).ask()  # fmt: skip
    command = [sys.executable, "-m", "automl", "dashboard", str(tmp_path), "--port", "0"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[0]
        assert address.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(address) as answer:
            assert b"<html" in answer.read()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert process.stdout.read() == "ended\n"


def test_a_run_without_a_study(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["dashboard", str(_run(tmp_path))]) == 2
    assert "a direct run has no study to show" in capsys.readouterr().err
    assert run_command_line(["dashboard", str(tmp_path / "nowhere")]) == 2
    assert "is no run's folder" in capsys.readouterr().err
