"""``automl status`` on runs that go on, died, or are done."""

import json
import os
import time
from pathlib import Path

import pytest
import yaml

from automl.cli.main import run_command_line
from automl.launch.running.driver_lock import only_driver
from automl.results.progress import run_progress
from automl.results.run import Run
from automl.results.tables import write_tables
from automl.space import Choice, Float, Parameter, Space
from automl.trial.ledger.writer import Ledger

KINDS = Choice(name="train.kind", default="a", choices=("a", "b"))
RATES = Float(name="train.lr", default=0.1, low=0.1, high=0.5)


def _plan(folder: Path, parameter: Parameter | None, **facts: object) -> None:
    space = Space((parameter,)).to_json() if parameter else None
    base = {"train": {"kind": "a", "lr": 0.1}}
    plan = {"metric": "score", "direction": "maximize", "space": space, "spec": base, **facts}
    (folder / "plan.yaml").write_text(yaml.safe_dump(plan))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    _plan(tmp_path, RATES, trials=5)
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.session(host="here", pid=1)
    for number, score in enumerate((0.25, 0.75, 0.5)):
        ledger.start(number, "default" if number == 0 else "search", {"train.lr": 0.1 * number})
        ledger.epoch(number, 1, {"score": score})
    ledger.end(0, "finished")
    ledger.end(1, "finished")
    return tmp_path


def test_a_dead_run_says_how_to_go_on(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["status", str(run)]) == 0
    printed = capsys.readouterr().out
    assert "2 of 5 ended (2 finished, 1 interrupted)" in printed
    assert "under way  trial 0002  epoch 1  score 0.5000\n" in printed
    assert "curve      0.2500 ▁█ 0.7500  best so far, 2 trials" in printed
    assert "pace" not in printed
    assert "best       trial 0001  score 0.7500  (defaults: 0.2500)" in printed
    assert f"automl run --resume {run}" in printed


def test_whole_tables_show_that_an_older_versions_sweep_is_done(run: Path) -> None:
    Ledger(run / "ledger.jsonl").end(2, "finished")
    _plan(run, RATES, trials=3)
    assert run_progress(Run(run)).ending.state == "interrupted"
    write_tables(Run(run))
    assert run_progress(Run(run)).ending.state == "done"
    os.utime(run / "trials.parquet", (0, 0))
    assert run_progress(Run(run)).ending.state == "interrupted"


def test_the_curve_follows_the_ledger_though_the_clock_was_set_back(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - 86400)
    ledger = Ledger(run / "ledger.jsonl")
    ledger.session(host="here", pid=1)
    ledger.end(2, "finished")
    assert run_progress(Run(run)).curve == (0.25, 0.75, 0.75)


def test_a_run_that_was_killed_before_its_report(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Ledger(run / "ledger.jsonl").closed("done")
    for written in (False, True):
        if written:
            (run / "report.html").touch()
        assert run_command_line(["status", str(run)]) == 0
        printed = capsys.readouterr().out
        assert (f"report     none yet: write it with  automl report {run}" in printed) != written


def test_a_trial_under_way_is_no_measure_for_another(tmp_path: Path) -> None:
    _plan(tmp_path, RATES, trials=5)
    ledger = Ledger(tmp_path / "ledger.jsonl")
    for number, epochs in enumerate((1, 2)):
        ledger.start(number, "search", {"train.lr": 0.1 + 0.1 * number})
        for epoch in range(epochs):
            ledger.epoch(number, epoch + 1, {"score": 0.5})
    assert run_progress(Run(tmp_path)).longest == 0
    ledger.end(1, "finished")
    assert run_progress(Run(tmp_path)).longest == 2


def test_before_the_plan_is_written_a_run_is_starting(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with only_driver(tmp_path):
        assert run_command_line(["status", str(tmp_path)]) == 0
        assert capsys.readouterr().out.startswith("state      starting\ndriver     process ")
        assert run_command_line(["status", str(tmp_path), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["state"] == "starting"
    assert run_command_line(["status", str(tmp_path)]) == 2
    capsys.readouterr()


def test_a_running_run_names_its_driver(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with only_driver(run):
        run_command_line(["status", str(run), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert told["driver"].startswith(f"process {os.getpid()} on ")
    assert told["best"]["trial_id"] == "0001"
    assert told["under_way"] == {"0002": 1}
    assert told["curve"] == [0.25, 0.75]
    assert told["seconds_left"] == pytest.approx(3 / told["trials_per_hour"] * 3600)
    assert told["probed_seconds_left"] is None


def test_before_the_first_end_the_probe_says_what_is_left(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = yaml.safe_load((run / "plan.yaml").read_text())
    plan |= {"probed_trial_s": [3600.0, 7200.0], "resources": {"concurrency": 2}}
    (run / "plan.yaml").write_text(yaml.safe_dump(plan))
    (run / "ledger.jsonl").unlink()
    with only_driver(run):
        run_command_line(["status", str(run)])
        assert (
            "pace       about 3 h 0 min to 6 h 0 min left, by the probe" in capsys.readouterr().out
        )


@pytest.mark.parametrize(
    ("parameter", "facts", "state", "goes_on"),
    [
        (RATES, {"trials": 3}, "finished", True),
        (RATES, {"trials": 2}, "finished", False),
        (RATES, {"trials": 2}, "interrupted", True),
        (None, {"trials": 1}, "interrupted", False),
        (KINDS, {"trials": None}, "finished", False),
        (KINDS, {"trials": 9}, "failed", False),
        (RATES, {"trials": None, "time_budget_s": 1e9}, "finished", True),
        (RATES, {"trials": None, "time_budget_s": 0.0}, "finished", False),
    ],
)
def test_going_on_is_advised_where_something_is_left(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    parameter: Parameter | None,
    facts: dict[str, object],
    state: str,
    goes_on: bool,
) -> None:
    _plan(tmp_path, parameter, **facts)
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.session(host="here", pid=1)
    for number, kind in enumerate(("a", "b")):
        ledger.start(number, "search", {"train.kind": kind})
        ledger.end(number, state if number else "finished")
    ledger.closed("failed", "the disk is nearly full")
    assert run_command_line(["status", str(tmp_path)]) == 0
    assert ("--resume" in capsys.readouterr().out) == goes_on


def test_no_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["status", str(tmp_path)]) == 2
    assert "is no run's folder" in capsys.readouterr().err


def test_a_run_that_nobody_drives_is_watched_once(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["status", str(run), "--watch"]) == 0
    assert "2 of 5 ended" in capsys.readouterr().out
    assert run_command_line(["status", str(run), "--watch", "--json"]) == 2
