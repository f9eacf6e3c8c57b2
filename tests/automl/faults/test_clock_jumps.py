"""A clock that is set back or forward while a sweep runs changes no duration and no budget."""

import itertools
import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from drivers import events, start
from processes import PATIENCE_S, wait_until
from project_paths import MOVED_CLOCK, SKILLS

import automl
from automl.results.run import Run
from automl.sweep.stopping import SweepStopper
from automl.trial.history import trial_histories
from automl.trial.ledger.writer import Ledger, read_ledger, seconds_used

DAY = 86400.0


@pytest.fixture
def jumping(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every look at the clock is an hour forward or two back."""
    now = time.time()
    jumps = itertools.cycle((3600.0, -7200.0))
    monkeypatch.setattr(time, "time", lambda: now + next(jumps))


@pytest.mark.usefixtures("jumping")
def test_a_trials_seconds_and_the_time_used(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    ledger = Ledger(path)
    ledger.session(host="h")
    ledger.start(0, "default", {})
    for epoch in (1, 2, 3):
        ledger.epoch(0, epoch, {"score": 0.1})
    ledger.end(0, "finished")
    events = read_ledger(path)
    (history,) = trial_histories(events)
    assert 0 <= history.seconds < 60
    assert 0 <= seconds_used(events) < 60
    times = [event.time for event in events]
    assert times == sorted(times)


def test_the_time_budget_goes_by_a_clock_that_does_not_jump() -> None:
    now = 50.0
    recorder: Any = SimpleNamespace(abort_reason="")
    uninterrupted: Any = SimpleNamespace(over=False)
    end = SweepStopper(recorder, uninterrupted, 10.0, lambda: now)
    assert not end.stop_all()
    now = 59.0
    assert not end.stop_all()
    now = 61.0
    assert end.stop_all()
    assert not SweepStopper(recorder, uninterrupted, None, lambda: now).stop_all()


@pytest.mark.slow
def test_a_sweep_and_its_limits_stand_jumps_of_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forth, and later two days back: no limit is reached, no duration shows it, all trials run."""
    clock, output = tmp_path / "clock", tmp_path / "run"
    clock.write_text("0")
    monkeypatch.setenv("MOVED_CLOCK", str(clock))
    before = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), before]))
    (tmp_path / "sitecustomize.py").write_text(MOVED_CLOCK)
    (tmp_path / "crops").mkdir()
    limits = ("--trial-timeout", "1h", "--stall-timeout", "1h", "--time-budget", "2h")
    driver = start(
        "--skill-dir", str(SKILLS / "bowl"), "--set", f"dataset.folder={tmp_path / 'crops'}",
        "--set", "fault=sleep", "--trials", "6", "--output", str(output), *limits,
        "--algorithm", "random", "--max-concurrent", "1",
    )  # fmt: skip
    for ends, offset in ((1, DAY), (3, -DAY)):
        wait_until(lambda: len(events(output, "end")) >= ends, driver)  # noqa: B023
        clock.write_text(str(offset))
    _, complaint = driver.communicate(timeout=PATIENCE_S)
    assert driver.returncode == 0, complaint
    table = automl.load_trials(output)
    assert list(table["state"]) == ["finished"] * 6
    assert table["time_s"].max() < 3600
    run = Run(output)
    assert run.wall_seconds < 3600
    assert [event.time for event in run.events] == sorted(event.time for event in run.events)


@pytest.mark.usefixtures("shared_ray")
@pytest.mark.slow
def test_a_sweep_ends_with_its_time(bowl: Path, data: Path, tmp_path: Path) -> None:
    result = automl.run(
        skill_dir=bowl,
        data=str(data),
        output=tmp_path / "run",
        overrides={"fault": "sleep", "num_epochs": 200},
        time_budget_s=8.0,
        max_concurrent=1,
        algorithm="random",
    )
    assert list(result.trials["state"]) == ["stopped"]
    assert list(result.trials["failure"]) == ["the time budget ended"]
    assert len(result.epochs) < 200
