"""A run with nothing left to do says so in a line, and nothing is planned, written or started."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

import automl
from automl.cli.main import cli, run_command_line
from automl.errors import InputError
from automl.launch.plan import make_plan
from automl.launch.plan_codec import plan_to_dict
from automl.launch.request import RunRequest
from automl.launch.running.driver_lock import only_driver
from automl.trial.ledger.writer import Ledger

Over = Callable[..., Path]


@pytest.fixture
def over(bowl: Path, data: Path, tmp_path: Path) -> Over:
    """A sweep of one trial that ended with a state."""

    def write(state: str = "done", reason: str = "", early: str = "", **options: Any) -> Path:
        folder = tmp_path / "run"
        given = {"skill_dir": bowl, "data": str(data), "output": folder, "trials": 1, **options}
        plan = make_plan(RunRequest(**given))
        folder.mkdir()
        (folder / "plan.yaml").write_text(yaml.safe_dump(plan_to_dict(plan)))
        ledger = Ledger(folder / "ledger.jsonl")
        ledger.session()
        ledger.start(0, "default", {"train.lr": 0.01, "train.momentum": 0.9})
        ledger.epoch(0, 1, {"score": 0.5})
        ledger.end(0, "finished")
        ledger.closed(state, reason, early)
        (folder / "report.html").touch()
        return folder

    return write


def _files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("options", "more"),
    [
        ({}, "all 1 trials are done: for more  automl run --resume {run} --add-trials N"),
        (
            {"time_budget_s": 1e-9, "trials": None},
            "the time budget is used up: for more start a new run with --prior {run}",
        ),
        (
            {"trials": 9, "stop": "score>=0.4", "early": "trial 0000 reached score>=0.4"},
            "trial 0000 reached score>=0.4: for more start a new run with --prior {run}",
        ),
    ],
)
def test_a_sweep_that_is_done(over: Over, bowl: Path, options: dict[str, Any], more: str) -> None:
    run = over(**options)
    for path in sorted(bowl.rglob("*"), reverse=True):  # it is over without its skill too
        path.unlink() if path.is_file() else path.rmdir()
    before = _files(run)
    told = CliRunner().invoke(cli, ["run", "--resume", str(run)])
    said = f"{run} is done, nothing is left to do: {more.format(run=run)}\n"
    assert (told.exit_code, told.output) == (0, said)
    assert _files(run) == before
    result = automl.resume(run)
    assert (result.status, result.best and result.best["score"]) == ("done", 0.5)
    assert result.early == options.get("early", "")
    told = CliRunner().invoke(cli, ["run", "--resume", str(run), "--json"])
    assert json.loads(told.stdout)["best"]["score"] == 0.5
    assert told.stderr == said


def test_a_sweep_that_failed_keeps_its_exit_code(over: Over) -> None:
    run = over("failed", "the bowl broke")
    (run / "best").mkdir()
    (run / "trials.parquet").touch()
    told = CliRunner().invoke(cli, ["run", "--resume", str(run)], standalone_mode=False)
    assert told.return_value == 1
    assert told.output.startswith(f"{run} has failed, nothing is left to do: all 1 trials are done")
    assert automl.resume(run).message == "the bowl broke"


def test_a_report_that_was_cut_short_is_named(over: Over) -> None:
    run = over()
    (run / "report.html").unlink()
    told = CliRunner().invoke(cli, ["run", "--resume", str(run)])
    assert told.output.endswith(f"--add-trials N (no report yet: automl report {run})\n")


def test_more_trials_are_refused_where_they_would_change_nothing(over: Over) -> None:
    run = over(trials=9, stop="score>=0.4", early="trial 0000 reached score>=0.4")
    with pytest.raises(InputError, match=r"--add-trials cannot go on from it: trial 0000 reached"):
        automl.resume(run, add_trials=2, yes=True)


def test_a_run_that_is_running(over: Over, capsys: pytest.CaptureFixture[str]) -> None:
    run = over("interrupted")
    with only_driver(run):
        for more in ([], ["--add-trials", "1"]):
            assert run_command_line(["run", "--resume", str(run), "--yes", *more]) == 2
            line = capsys.readouterr().err.splitlines()[-1]  # after what is told of its places
            assert line.startswith(f"automl: {run} is in use by process ")
            assert line.endswith(f": automl status {run} shows how far it is")


def test_a_folder_that_is_no_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        assert run_command_line(["run", "--resume", str(folder)]) == 2
        line = capsys.readouterr().err
        assert line == f"automl: {folder} is no run's folder: it has no plan.yaml\n"
    assert not (tmp_path / "none").exists()
