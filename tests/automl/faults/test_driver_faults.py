"""Drivers that are killed, interrupted, or run out of disk: nothing finished is lost."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from drivers import WITHOUT_RAY, events, resume_command, start, status
from processes import PATIENCE_S, wait_until
from project_paths import ROOT, SKILLS

import automl

KILL_RESUME = ROOT / "experiments" / "benchmarks" / "kill_resume.py"

pytestmark = pytest.mark.slow


def _start(
    folder: Path,
    output: Path,
    fault: str = "sleep",
    *further: str,
    own_group: bool = False,
    side_by_side: int = 1,
) -> subprocess.Popen[str]:
    """A sweep by chance, which loads no model; each trial beside others has a worker to start."""
    (folder / "crops").mkdir(exist_ok=True)
    return start(
        "--skill-dir", str(SKILLS / "bowl"), "--output", str(output), "--trials", "50",
        "--set", f"dataset.folder={folder / 'crops'}", "--set", f"fault={fault}",
        "--algorithm", "random", "--max-concurrent", str(side_by_side), *further,
        own_group=own_group,
    )  # fmt: skip


def test_kills_and_a_torn_ledger_lose_nothing() -> None:
    words = ["--kinds", "plain", "--trials", "4", "--kills", "1", "--longest-s", "3"]
    done = subprocess.run(
        [sys.executable, str(KILL_RESUME), *words],
        capture_output=True, text=True, timeout=580, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["states"] == {"finished": 4}
    assert (result["failed"], result["lost"], result["repeated"]) == (0, 0, 0)
    assert (result["same_table"], result["same_champion"]) == (True, True)
    assert result["kills"] == 1
    assert result["starts"] <= 4 + result["kills"]


def _is_halfway(output: Path) -> bool:
    """Whether a trial that has not ended is at most halfway through its twelve epochs."""
    ended = {event["number"] for event in events(output, "end")}
    reached = {event["number"]: event["epoch"] for event in events(output, "epoch")}
    return any(epoch <= 6 for number, epoch in reached.items() if number not in ended)


def test_ctrl_c_once_keeps_what_finished(tmp_path: Path) -> None:
    """As from a terminal, which signals the driver's whole process group."""
    output = tmp_path / "run"
    driver = _start(
        tmp_path, output, "sleep", "--set", "num_epochs=12", own_group=True, side_by_side=2
    )
    wait_until(lambda: events(output, "end") and _is_halfway(output), driver)
    signalled = time.time()
    os.killpg(driver.pid, signal.SIGINT)
    printed, said = driver.communicate(timeout=PATIENCE_S)
    assert driver.returncode == 130
    first = "automl: stopping: trials end their epoch, 15 s at most; again to stop now"
    assert first in said.splitlines()
    assert json.loads(printed)["status"] == "interrupted"
    trials = automl.load_trials(output)
    assert set(trials["state"]) == {"finished", "interrupted"}
    epochs = events(output, "epoch")
    under_way = {event["number"] for event in epochs if event["time"] < signalled}
    under_way -= set(trials.loc[trials["state"] == "finished", "number"])
    assert under_way <= {event["number"] for event in epochs if event["time"] > signalled}
    assert (output / "best" / "spec.yaml").exists()
    told, _ = status(output)
    assert (told["state"], told["resume"]) == ("interrupted", resume_command(output))
    assert set(told["states"]) == {"finished", "interrupted"}


def test_ctrl_c_twice_stops_now_and_loses_nothing(tmp_path: Path) -> None:
    output = tmp_path / "run"
    driver = _start(tmp_path, output, "sleep,hang-at-1")
    wait_until(lambda: events(output, "end") and len(events(output, "start")) >= 2, driver)
    finished = [event["number"] for event in events(output, "end")]
    driver.send_signal(signal.SIGINT)
    assert driver.stderr is not None
    while "stopping: trials end their epoch" not in driver.stderr.readline():
        assert driver.poll() is None
    driver.send_signal(signal.SIGINT)
    _, said = driver.communicate(timeout=PATIENCE_S)
    assert driver.returncode == 130
    assert f"automl: stopping now; go on with  {resume_command(output)}" in said.splitlines()
    assert "Traceback" not in said
    table = automl.load_trials(output).set_index("number")
    assert set(table.loc[finished, "state"]) == {"finished"}
    assert table.loc[1, "state"] in ("interrupted", "running")
    told, _ = status(output)
    assert (told["state"], told["resume"]) == ("interrupted", resume_command(output))
    assert (
        told["states"] == table["state"].replace("running", "interrupted").value_counts().to_dict()
    )


def _fill(path: Path) -> None:
    with suppress(OSError), path.open("wb", buffering=0) as stream:
        while stream.write(bytes(2**20)):
            pass


def test_a_full_disk_ends_the_run_with_one_clear_error(small_disk: Path, tmp_path: Path) -> None:
    output = small_disk / "run"
    driver = _start(tmp_path, output)
    wait_until(lambda: len(events(output, "end")) >= 2, driver)
    finished = {event["number"] for event in events(output, "end")}
    filler = small_disk / "filler"
    _fill(filler)
    printed, complaint = driver.communicate(timeout=PATIENCE_S)
    assert driver.returncode == 1
    assert "disk" in complaint
    assert f"automl run --resume {output}" in complaint
    assert "Traceback" not in complaint
    told, text = status(output)
    assert told["resume"] == resume_command(output)
    if told["state"] == "failed":  # there was room for this last word
        assert told["reason"].startswith(f"the disk of {output} failed: No space left on device")
    else:
        assert told["state"] == "interrupted"
    assert "none: make room on the disk, which is full, then go on with  automl run" in text
    filler.unlink()
    assert "make room" not in status(output)[1]
    resumed = start("--resume", str(output), program=WITHOUT_RAY)
    wait_until(lambda: len(events(output, "end")) > len(finished) + 1, resumed)
    resumed.send_signal(signal.SIGTERM)
    resumed.communicate(timeout=PATIENCE_S)
    table = automl.load_trials(output)
    assert finished <= set(table.loc[table["state"] == "finished", "number"])
