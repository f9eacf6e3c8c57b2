"""No child outlives its asker: killed askers, killed leaders, children in sessions of their own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from processes import PATIENCE_S, is_alive, wait_until

from automl.errors import TrialError
from automl.trial.child.command import run_command
from automl.trial.child.process import LOCK_FILE, Child, await_children
from automl.trial.timeouts import Limits

FAMILY = """
import os, subprocess, sys, time
sleep = [sys.executable, "-c", "import time; time.sleep(120)"]
apart = subprocess.Popen(sleep, start_new_session=True)
pids = [os.getpid(), subprocess.Popen(sleep).pid, apart.pid]
open("pids.tmp", "w").write(" ".join(map(str, pids)))
os.rename("pids.tmp", "pids")
time.sleep(120)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, lambda *a: print("asked to stop", flush=True))
print("ready", flush=True)
while True: time.sleep(0.1)
"""
ASKER = """
import sys
from pathlib import Path
from automl.trial.child.command import run_command
folder = Path(sys.argv[1])
run_command([sys.executable, str(folder / "family.py")], folder, folder / "log", print, folder)
"""


def _family(folder: Path) -> list[int]:
    wait_until((folder / "pids").exists)
    return [int(word) for word in (folder / "pids").read_text().split()]


def test_a_killed_asker_takes_the_whole_family_along(tmp_path: Path) -> None:
    (tmp_path / "family.py").write_text(FAMILY)
    asker = subprocess.Popen([sys.executable, "-c", ASKER, str(tmp_path)], cwd=tmp_path)
    pids = _family(tmp_path)
    asker.send_signal(signal.SIGKILL)
    asker.wait()
    wait_until(lambda: not any(map(is_alive, pids)))
    assert await_children([tmp_path], timeout_s=PATIENCE_S)


def test_a_killed_leader_leaves_nobody_and_counts_as_infrastructure(tmp_path: Path) -> None:
    (tmp_path / "family.py").write_text(FAMILY)

    def kill(record: object) -> None:
        os.kill(_family(tmp_path)[0], signal.SIGKILL)

    (tmp_path / "family.py").write_text('print("score: 1", flush=True)\n' + FAMILY)
    with pytest.raises(TrialError, match="was killed by SIGKILL") as caught:
        run_command(
            [sys.executable, "family.py"], tmp_path, tmp_path / "log", kill, tmp_path,
            metric="score",
        )  # fmt: skip
    assert caught.value.fault == "infrastructure"
    assert not any(map(is_alive, _family(tmp_path)))


def test_a_child_that_ignores_sigterm_is_killed_after_the_grace(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("ab") as stream:
        child = Child([sys.executable, "-c", STUBBORN], tmp_path, stream, tmp_path, grace_s=0.5)
    wait_until(lambda: "ready" in log.read_text())
    assert not await_children([tmp_path], timeout_s=0.1)
    child.stop()
    assert child.code == -signal.SIGKILL
    assert "asked to stop" in log.read_text()
    assert await_children([tmp_path], timeout_s=0.1)
    assert (tmp_path / LOCK_FILE).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(trial_s=0.5), "ran longer than --trial-timeout 0.5 s"),
        (Limits(stall_s=0.5), "reported nothing for --stall-timeout 0.5 s"),
    ],
)
def test_a_child_that_takes_too_long(tmp_path: Path, limits: Limits, words: str) -> None:
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    with pytest.raises(TrialError, match=words) as caught:
        run_command(command, tmp_path, tmp_path / "log", print, tmp_path, limits=limits)
    assert caught.value.fault == "timeout"
