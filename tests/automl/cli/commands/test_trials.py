"""``automl trials`` on runs without trials, several runs, and runs that cannot be compared."""

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from automl.cli.commands.trials import _SUFFIXES
from automl.cli.main import run_command_line
from automl.results.table.files import BINARY
from automl.trial.ledger.writer import Ledger


def _run(folder: Path, scores: tuple[float, ...], metric: str = "score") -> str:
    folder.mkdir()
    plan = {"metric": metric, "direction": "maximize", "trials": 5}
    (folder / "plan.yaml").write_text(yaml.safe_dump(plan))
    ledger = Ledger(folder / "ledger.jsonl")
    for number, score in enumerate(scores):
        ledger.start(number, "default", {"train.lr": 0.1})
        ledger.epoch(number, 1, {metric: score})
        ledger.end(number, "finished")
    return str(folder)


def test_runs_without_trials(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = _run(tmp_path / "one", ()), _run(tmp_path / "two", ())
    for runs in ([one], [one, two]):
        assert run_command_line(["trials", *runs]) == 0
        assert capsys.readouterr().out == "no trial has started\n"
        assert run_command_line(["trials", *runs, "--format", "json"]) == 0
        assert json.loads(capsys.readouterr().out) == []
        assert run_command_line(["trials", *runs, "--format", "csv"]) == 0
        capsys.readouterr()


def test_several_runs_are_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = [_run(tmp_path / "one", (0.5,)), _run(tmp_path / "two", (0.75,))]
    assert run_command_line(["trials", *runs, _run(tmp_path / "none", ())]) == 0
    header, _, first, second = capsys.readouterr().out.splitlines()[-4:]
    assert header.split()[0] == "run"
    assert first.split()[:2] == ["two", "0000"]
    assert second.split()[:2] == ["one", "0000"]


def test_runs_that_optimise_different_things(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [_run(tmp_path / "one", (0.5,)), _run(tmp_path / "two", (0.75,), metric="mAP")]
    assert run_command_line(["trials", *runs]) == 2
    complaint = capsys.readouterr().err
    assert "optimise different things" in complaint
    assert f"{runs[1]}: maximize mAP" in complaint
    assert run_command_line(["trials", *runs, "--format", "csv"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_sorted_filtered_and_in_every_format(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [_run(tmp_path / "one", (0.5, 0.7)), _run(tmp_path / "two", (0.25, 0.75))]
    chosen = ["--columns", "run,number,score", "--where", "score > 0.3 and lr < 1"]
    assert run_command_line(["trials", *runs, *chosen, "--sort=-run,score", "--format=csv"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows == ["run,number,score", "two,1,0.75", "one,0,0.5", "one,1,0.7"]
    assert run_command_line(["trials", *runs, *chosen, "--format", "markdown"]) == 0
    assert capsys.readouterr().out.splitlines()[2] == "| two | 1 | 0.7500 |"
    assert run_command_line(["trials", *runs, "--epochs", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["score"] == 0.5
    assert run_command_line(["trials", *runs, "--where", "score > 2"]) == 0
    assert capsys.readouterr().out == "no row meets the condition\n"


def test_the_ending_of_the_file_chooses_the_format(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, file = _run(tmp_path / "one", (0.5, 0.7)), tmp_path / "rows.parquet"
    assert run_command_line(["trials", run, "--output", str(file)]) == 0
    assert pd.read_parquet(file)["score"].tolist() == [0.5, 0.7]
    assert run_command_line(["trials", run, "--output", str(tmp_path / "no" / "rows.csv")]) == 2
    assert "there is no folder" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert run_command_line(["trials", run, "--format", "parquet"]) == 2
    assert "--output FILE.parquet" in capsys.readouterr().err


@pytest.mark.parametrize("ending", _SUFFIXES)
def test_every_ending_writes_its_format(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], ending: str
) -> None:
    run, file = _run(tmp_path / "one", (0.5, 0.7)), tmp_path / f"rows{ending.upper()}"
    assert run_command_line(["trials", run, "--output", str(file)]) == 0
    assert capsys.readouterr().out == f"2 rows in {file}\n"
    form = _SUFFIXES[ending]
    assert run_command_line(["trials", run, "--format", form, "--output", f"{file}.mine"]) == 0
    if form != "xlsx":  # a sheet holds the time at which it was written
        assert file.read_bytes() == Path(f"{file}.mine").read_bytes()
    whole = {"markdown": "lr", "table": "lr"}.get(form, "param.train.lr")
    assert form in BINARY or whole in file.read_text()


@pytest.mark.parametrize(
    ("name", "option", "told"),
    [
        ("rows.xls", [], "no ending '.xls' is known; it may be .csv, .tsv, .json,"),
        ("rows", [], "the name has no ending"),
        ("rows.xlsx", ["--format", "csv"], "--format csv does not go with --output"),
        (".", [], "it is a folder"),
        ("no/rows.csv", [], "there is no folder"),
        ("one/ledger.jsonl", [], "it is the run's own file"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_before_any_run_is_read(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    option: list[str],
    told: str,
) -> None:
    run = _run(tmp_path / "one", (0.5,))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    for named in (run, str(tmp_path / "no-run")):
        words = ["trials", named, "--output", str(tmp_path / name), *option]
        assert run_command_line(words) == 2
        complaint = capsys.readouterr()
        assert told in complaint.err
        assert complaint.out == ""
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_a_dash_is_standard_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = _run(tmp_path / "one", (0.5,))
    assert run_command_line(["trials", run, "--format", "csv", "--output", "-"]) == 0
    assert capsys.readouterr().out.startswith("trial_id,")


def test_all_columns_are_shown_by_their_short_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = _run(tmp_path / "one", (0.5,))
    assert run_command_line(["trials", run, "--columns", "all"]) == 0
    head = capsys.readouterr().out.splitlines()[0].split()
    assert head[:5] == ["trial_id", "number", "state", "source", "score"]
    assert "lr" in head


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--sort", "scor", "did you mean score, "),
        ("--sort", ",", "names no column"),
        ("--columns", "lr,momentum", "no column 'momentum'"),
        ("--where", "learning_rate < 1", "no column 'learning_rate'"),
        ("--sort", "xyzzy", "no column 'xyzzy'; all names: automl trials RUN --format csv | head"),
    ],
)
def test_wrong_columns(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, value: str, told: str
) -> None:
    assert run_command_line(["trials", _run(tmp_path / "one", (0.5,)), option, value]) == 2
    assert told in capsys.readouterr().err


def test_repeated_options_add_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = _run(tmp_path / "one", (0.5, 0.75, 0.25, 0.75))
    words = ["--columns", "trial_id", "--columns", "score,lr", "--json"]
    conditions = ["--where", "score > 0.3", "--where", "number > 0"]
    order = ["--sort", "-score", "--sort", "-number"]
    assert run_command_line(["trials", run, *words, *conditions, *order]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["trial_id"] for row in rows] == ["0003", "0001"]
    assert list(rows[0]) == ["trial_id", "score", "param.train.lr"]
    assert (
        run_command_line(["compare", run, "--columns", "run", "--columns", "best", "--json"]) == 0
    )
    assert list(json.loads(capsys.readouterr().out)["runs"][0]) == ["run", "best"]


def test_json_into_a_file_leaves_standard_output_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, file = _run(tmp_path / "one", (0.5,)), tmp_path / "rows.json"
    assert run_command_line(["trials", run, "--json", "--output", str(file)]) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", f"1 rows in {file}\n")
    assert json.loads(file.read_text())[0]["score"] == 0.5
