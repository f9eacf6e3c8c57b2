"""A run's plan and ledger are opened once: by each command, and at the end of a run."""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from odd_runs import write_run

import automl
from automl.cli.main import run_command_line
from automl.launch.plan import make_plan
from automl.launch.plan_codec import save_plan
from automl.launch.request import RunRequest
from automl.trial.ledger.writer import Ledger

_FILES = ("plan.yaml", "ledger.jsonl")
_counters: list[Counter[str]] = []


def _count_open(event: str, arguments: tuple[Any, ...]) -> None:
    """Count an open for reading in every counter that is at work; see PEP 578."""
    if event == "open" and _counters and isinstance(arguments[0], str | os.PathLike):
        path, mode = Path(arguments[0]), arguments[1]
        if path.name in _FILES and mode in ("r", "rb"):
            for counter in _counters:
                counter[path.name] += 1


sys.addaudithook(_count_open)  # there is no way to take one away, so it is one for all tests


@contextmanager
def counted_reads() -> Iterator[Counter[str]]:
    """Count how often the block opens a plan or a ledger for reading."""
    counter: Counter[str] = Counter()
    _counters.append(counter)
    try:
        yield counter
    finally:
        _counters.remove(counter)


@pytest.fixture
def sweep(bowl: Path, data: Path, tmp_path: Path) -> Path:
    """A sweep whose one trial is over, and whose driver was killed before anything followed it."""
    options = {"skill_dir": bowl, "data": str(data), "algorithm": "random", "trials": 1}
    plan = make_plan(RunRequest(**options, output=tmp_path / "sweep"))
    trial = plan.output / "trials" / "0000"
    trial.mkdir(parents=True)
    (trial / "spec.yaml").write_text("{}")
    save_plan(plan, {})
    ledger = Ledger(plan.output / "ledger.jsonl")
    ledger.session(host="here", pid=1, command="automl run")
    assert plan.space is not None
    ledger.start(0, "default", plan.space.defaults(plan.spec), 0)
    ledger.epoch(0, 1, {"score": 0.5})
    ledger.end(0, "finished")
    return plan.output


def test_the_end_of_a_sweep_reads_each_once(sweep: Path) -> None:
    with counted_reads() as reads:
        assert run_command_line(["run", "--resume", str(sweep), "--yes"]) == 0
    assert (sweep / "best").is_dir()
    assert (sweep / "report.html").is_file()
    # the resumed plan and the end of the run; the ledger is also read, and its lines are counted,
    # once the run is this driver's alone
    assert reads == {"plan.yaml": 2, "ledger.jsonl": 4}


def test_a_disk_that_was_full_after_the_trials_leaves_the_end_to_do(sweep: Path) -> None:
    Ledger(sweep / "ledger.jsonl").closed("failed", "the disk of the run failed")
    assert run_command_line(["run", "--resume", str(sweep), "--yes"]) == 0
    assert (sweep / "best").is_dir()
    assert (sweep / "report.html").is_file()
    assert run_command_line(["run", "--resume", str(sweep), "--yes"]) == 0, "it is done"


def test_a_direct_run_reads_each_once(bowl: Path, data: Path, tmp_path: Path) -> None:
    with counted_reads() as reads:
        result = automl.run(skill_dir=bowl, data=str(data), output=tmp_path / "run", policy="off")
        assert len(result.trials) == 1
        assert len(result.epochs) == 3
        assert (result.best or {})["trial_id"] == "0000"
    assert reads == {"plan.yaml": 1, "ledger.jsonl": 1}
    with counted_reads() as reads:
        assert run_command_line(["best", str(tmp_path / "run")]) == 0
    assert reads == {"plan.yaml": 1, "ledger.jsonl": 1}


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
def test_a_sweep_reads_each_once(bowl: Path, data: Path, tmp_path: Path) -> None:
    words = [
        "run",
        "--skill-dir",
        str(bowl),
        "--data",
        str(data),
        "--output",
        str(tmp_path / "run"),
    ]
    with counted_reads() as reads:
        assert run_command_line([*words, "--trials", "2", "--max-concurrent", "1", "--yes"]) == 0
    assert reads == {"plan.yaml": 1, "ledger.jsonl": 1}


@pytest.mark.parametrize(
    "command",
    [["trials"], ["trials", "--epochs"], ["trials", "--pareto"], ["status"], ["report"]],
    ids=" ".join,
)
def test_a_command_reads_each_once(tmp_path: Path, command: list[str]) -> None:
    further = [{"metric": "loss", "direction": "minimize"}]
    folder = write_run(tmp_path / "run", 12, further=further)
    with counted_reads() as reads:
        assert run_command_line([command[0], str(folder), *command[1:]]) == 0
    assert reads == {"plan.yaml": 1, "ledger.jsonl": 1}


@pytest.mark.parametrize("command", [["trials"], ["compare"], ["report", "--output", "both.html"]])
def test_a_command_of_several_runs_reads_each_of_them_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    folders = [str(write_run(tmp_path / name, 12)) for name in "ab"]
    with counted_reads() as reads:
        assert run_command_line([command[0], *folders, *command[1:]]) == 0
    assert reads == {"plan.yaml": 2, "ledger.jsonl": 2}
