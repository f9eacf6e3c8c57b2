"""Ranks that crash, are killed, hang or are stopped; drivers that die: no rank outlives a sweep."""

import json
import signal
import subprocess
from pathlib import Path

import pytest
from drivers import events, resume_command, start, status
from processes import PATIENCE_S, is_alive, wait_until
from project_paths import SKILLS

import automl

pytestmark = pytest.mark.slow

FAULTS = "crash-1-at-1,kill-1-at-3,hang-0-at-6"


def _pids(run: Path, number: int) -> list[int]:
    files = [run / "trials" / f"{number:04d}" / f"rank-{rank}.pid" for rank in (0, 1)]
    return [int(file.read_text()) for file in files if file.exists()]


def _all_pids(run: Path) -> list[int]:
    return [int(file.read_text()) for file in run.glob("trials/*/rank-*.pid")]


@pytest.mark.usefixtures("shared_ray")
def test_mishaps_under_a_scheduler(tmp_path: Path) -> None:
    run = tmp_path / "run"
    result = automl.run(
        skill_dir=SKILLS / "allreduce", output=run, trials=8, seed=4, scheduler="asha",
        overrides={"train.num_epochs": 4, "fault": FAULTS}, stall_timeout_s=20.0,
    )  # fmt: skip
    table = result.trials.set_index("number")
    assert table.loc[1, "failure"] == "rank 1 of 2: RuntimeError: the ring broke"
    assert dict(table.loc[[1, 6], "fault"]) == {1: "bug", 6: "timeout"}
    assert set(table.drop(index=[1, 6])["state"]) == {"finished", "stopped"}
    (retried,) = (event for event in events(run, "end") if event["state"] == "retried")
    assert (retried["number"], retried["fault"]) == (3, "infrastructure")
    assert "rank 1 of 2: " in retried["failure"]
    assert "worker process has died" in retried["failure"]
    stopped = [number for number in table.index if table.loc[number, "state"] == "stopped"]
    left = {path.parent.name for path in run.glob("trials/*/rank-1.left")}
    assert stopped
    assert left <= {f"{number:04d}" for number in stopped}, "only a stop makes ranks leave"
    assert left, "ranks leave a stopped trial together, and the next takes them over"
    warm = [_pids(run, number) for number in (4, 5)]
    assert warm[0] == warm[1], "the pool is kept between trials, whether stopped or finished"
    assert "rank 0 of 2 trains 0004" in (run / "trials" / "0004" / "log.txt").read_text()
    wait_until(lambda: not any(map(is_alive, _all_pids(run))))


def _start(run: Path, *more: str) -> subprocess.Popen[str]:
    return start(
        "--skill-dir", str(SKILLS / "allreduce"), "--output", str(run), "--trials", "3",
        "--set", "epoch_s=0.5", "--max-concurrent", "1", "--algorithm", "random", *more,
    )  # fmt: skip


def test_no_rank_outlives_a_driver_that_was_interrupted(tmp_path: Path) -> None:
    run = tmp_path / "run"
    driver = _start(run)
    wait_until(lambda: events(run, "epoch"), driver)
    assert all(map(is_alive, _pids(run, 0)))
    driver.send_signal(signal.SIGINT)
    printed, _ = driver.communicate(timeout=PATIENCE_S)
    wait_until(lambda: not any(map(is_alive, _all_pids(run))))
    assert driver.returncode == 130
    assert json.loads(printed)["status"] == "interrupted"


def test_no_rank_outlives_a_driver_that_was_killed_and_its_status_is_told(tmp_path: Path) -> None:
    run = tmp_path / "run"
    driver = _start(run, "--set", "fault=hang-0-at-1")
    wait_until(lambda: len(_pids(run, 1)) == 2 and len(events(run, "start")) == 2, driver)
    assert all(map(is_alive, _pids(run, 1)))
    told, text = status(run)
    assert (told["state"], told["reason"], told["resume"]) == ("running", "", None)
    assert told["states"] == {"finished": 1, "running": 1}
    assert told["driver"].startswith(f"process {driver.pid} on ")
    assert "state      running\n" in text
    driver.kill()
    driver.wait(PATIENCE_S)  # its Ray ends a little later
    told, text = status(run)
    assert (told["state"], told["reason"]) == ("interrupted", "")
    assert told["resume"] == resume_command(run)
    assert told["states"] == {"finished": 1, "interrupted": 1}
    assert told["driver"] is None
    assert "state      interrupted\n" in text
    assert "1 of 3 ended (1 finished, 1 interrupted)" in text
    assert f"none: go on with  {resume_command(run)}" in text
    wait_until(lambda: not any(map(is_alive, _all_pids(run))))
