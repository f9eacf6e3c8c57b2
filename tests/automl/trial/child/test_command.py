"""Child processes: records as they come, failures with a reason, no child left behind."""

import sys
from pathlib import Path

import pytest
from processes import is_alive, wait_until

from automl.errors import TrialError
from automl.trial.child.command import run_command
from automl.trial.status_record import StatusRecord

WRITES_STATUS = """
import json, sys
with open("status.json", "a") as f:
    for epoch in (1, 2):
        record = {"status": "RUNNING", "epoch": epoch, "kpi": {"score": epoch / 2}}
        f.write(json.dumps(record) + "\\n")
        f.flush()
print("hello log")
"""
HAS_A_CHILD = """
import subprocess, sys, time, json
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
open("child.pid", "w").write(str(child.pid))
open("status.json", "w").write(json.dumps({"status": "RUNNING", "kpi": {"score": 1}}) + "\\n")
time.sleep(60)
"""


def _run(folder: Path, code: str, report) -> None:
    run_command([sys.executable, "-c", code], folder, folder / "log.txt", report, folder)


def test_records_and_log(tmp_path: Path) -> None:
    seen: list[StatusRecord] = []
    _run(tmp_path, WRITES_STATUS, seen.append)
    assert [(record.epoch, record.kpi) for record in seen] == [
        (1, {"score": 0.5}),
        (2, {"score": 1.0}),
    ]
    assert "hello log" in (tmp_path / "log.txt").read_text()


def test_a_failing_command_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(TrialError, match=r"exit code 3; last lines of its log: no crops"):
        _run(tmp_path, "import sys; print('no crops'); sys.exit(3)", print)


def test_a_script_is_called_by_its_name_and_an_empty_log_is_said(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("import os; os.kill(os.getpid(), 11)")
    with pytest.raises(TrialError, match="^train.py was killed by SIGSEGV, and its log is empty$"):
        run_command([sys.executable, "train.py"], tmp_path, tmp_path / "log.txt", print, tmp_path)


def test_the_status_files_own_reason_wins(tmp_path: Path) -> None:
    code = """
import json, sys
open("status.json", "w").write(json.dumps({"status": "FAILURE", "message": "out of crops"}) + "\\n")
sys.exit(1)
"""
    with pytest.raises(TrialError, match="^out of crops$"):
        _run(tmp_path, code, print)


def test_a_missing_program(tmp_path: Path) -> None:
    with pytest.raises(TrialError, match="cannot start 'no-such-program'"):
        run_command(["no-such-program"], tmp_path, tmp_path / "log.txt", print, tmp_path)


def test_a_stop_ends_the_whole_group(tmp_path: Path) -> None:
    def stop(record: StatusRecord) -> None:
        raise SystemExit

    with pytest.raises(SystemExit):
        _run(tmp_path, HAS_A_CHILD, stop)
    pid = int((tmp_path / "child.pid").read_text())
    wait_until(lambda: not is_alive(pid))
