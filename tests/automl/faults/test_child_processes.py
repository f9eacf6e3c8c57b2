"""Script trials: a killed driver, a killed leader, a stop. No child is ever left behind."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from drivers import WITHOUT_RAY, events, resume_command, start, status, trainers
from processes import PATIENCE_S, wait_until
from project_paths import SKILLS

pytestmark = pytest.mark.slow


def _start(
    output: Path, *, own_group: bool = False, side_by_side: int = 1
) -> subprocess.Popen[str]:
    return start(
        "--skill-dir", str(SKILLS / "peer_script"), "--output", str(output), "--trials", "4",
        "--set", "epoch_s=0.7", "--max-concurrent", str(side_by_side), "--algorithm", "random",
        own_group=own_group,
    )  # fmt: skip


def test_killed_drivers_and_leaders(tmp_path: Path) -> None:
    output = tmp_path / "run"
    driver = _start(output)
    wait_until(lambda: len(events(output, "epoch")) >= 2, driver)
    assert trainers(output)
    driver.send_signal(signal.SIGKILL)
    driver.communicate()
    wait_until(lambda: not trainers(output))

    driver = start("--resume", str(output), program=WITHOUT_RAY)
    wait_until(lambda: trainers(output), driver)
    os.kill(trainers(output)[0], signal.SIGKILL)
    printed, _ = driver.communicate(timeout=PATIENCE_S)
    assert json.loads(printed)["status"] == "done"
    states: dict[int, list[str]] = {}
    for event in events(output, "end"):
        states.setdefault(event["number"], []).append(event["state"])
    assert sorted(states) == [0, 1, 2, 3]
    assert sorted(map(tuple, states.values())) == [("finished",)] * 3 + [("retried", "finished")]
    (retried,) = (event for event in events(output, "end") if event["state"] == "retried")
    assert retried["fault"] == "infrastructure"
    assert "was killed by SIGKILL" in retried["failure"]
    assert not trainers(output)


def test_a_signal_to_the_group_stops_the_children_too(tmp_path: Path) -> None:
    """As from a terminal that is closed."""
    output = tmp_path / "run"
    driver = _start(output, own_group=True, side_by_side=2)
    wait_until(lambda: trainers(output) and events(output, "epoch"), driver)
    os.killpg(driver.pid, signal.SIGHUP)
    printed, _ = driver.communicate(timeout=PATIENCE_S)
    assert driver.returncode == 130
    assert json.loads(printed)["status"] == "interrupted"
    assert not trainers(output)
    assert {event["state"] for event in events(output, "end")} <= {"finished", "interrupted"}
    told, _ = status(output)
    assert (told["state"], told["resume"]) == ("interrupted", resume_command(output))
