"""``automl repair`` keeps what can be read and a copy, and every reader points to it."""

import json
import shutil
from pathlib import Path

import pytest
from odd_runs import write_run

import automl
from automl.cli.main import run_command_line
from automl.launch.repair import repair_run
from automl.launch.running.driver_lock import only_driver
from automl.results.run import Run
from automl.results.tables import write_tables
from automl.trial.ledger.events import ClosedEvent
from automl.trial.ledger.lines import seal, unseal

READERS = [
    ["trials"], ["trials", "--epochs"], ["trials", "--pareto"], ["trials", "--format", "csv"],
    ["status"], ["status", "--json"], ["best"], ["report"], ["compare"], ["dashboard"],
    ["run", "--resume"],
]  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of six trials with numbered lines, folders of trials, tables and a champion."""
    further = [{"metric": "loss", "direction": "minimize"}]
    folder = write_run(tmp_path_factory.mktemp("runs") / "run", 6, epochs=3, further=further)
    ledger = folder / "ledger.jsonl"
    lines = [unseal(line) for line in ledger.read_bytes().splitlines()]
    ledger.write_bytes(b"".join(seal(n, line) + b"\n" for n, line in enumerate(lines, 1)))
    for number in range(6):
        (folder / "trials" / f"{number:04d}").mkdir(parents=True)
    (folder / "best").mkdir()
    (folder / "best" / "provenance.yaml").write_text("trial: {}\n")
    write_tables(Run(folder))
    return folder


@pytest.fixture
def run(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "run"))


def _lines(run: Path) -> list[bytes]:
    return (run / "ledger.jsonl").read_bytes().splitlines(keepends=True)


def _damage(run: Path, *lines: int) -> None:
    found = _lines(run)
    for line in lines:
        found[line - 1] = found[line - 1].replace(b'"time": 1', b'"time": 2')
    (run / "ledger.jsonl").write_bytes(b"".join(found))


@pytest.mark.parametrize("command", READERS, ids=" ".join)
@pytest.mark.parametrize("damage", ["flipped", "shape", "shorter", "empty", "missing"])
def test_every_reader_says_so_in_one_error(
    run: Path, capsys: pytest.CaptureFixture[str], command: list[str], damage: str
) -> None:
    ledger = run / "ledger.jsonl"
    made = {
        "flipped": lambda: _damage(run, 3),
        "shape": lambda: ledger.write_bytes(b'{"time": 1.0, "event": "start"}\n' * 9999),
        "shorter": lambda: ledger.write_bytes(b"".join(_lines(run)[:-9])),
        "empty": lambda: ledger.write_bytes(b""),
        "missing": ledger.unlink,
    }
    made[damage]()
    assert run_command_line(_words(command, run)) == 2
    printed = capsys.readouterr()
    assert printed.out.startswith('{"error": ' if "--json" in command else "")
    assert printed.out == "" or "--json" in command
    assert printed.err.startswith("automl: ")
    assert str(ledger) in printed.err or f"{run}: ledger.jsonl is" in printed.err
    repairable = damage not in ("empty", "missing")
    assert (f"automl repair {run}" in printed.err) == repairable
    assert not (run / "report.html").exists()


def _words(command: list[str], run: Path) -> list[str]:
    if command[0] == "run":
        return [*command, str(run), "--yes"]
    return [command[0], str(run), *command[1:]]


def test_one_bad_run_spoils_no_other(
    run: Path, whole: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = len(automl.load_trials(whole))
    _damage(run, 3)
    for words in (["trials", "--format", "csv"], ["compare"], ["trials", "--epochs"]):
        assert run_command_line([words[0], str(run), str(whole), *words[1:]]) == 0
        printed = capsys.readouterr()
        assert printed.err.startswith(f"left out: {run}/ledger.jsonl is damaged at line 3")
        assert printed.err.count("\n") == 1
        assert "Traceback" not in printed.out
    assert run_command_line(["report", str(run), str(whole), "--output", f"{run}.html"]) == 0
    with pytest.warns(UserWarning, match="left out: .* is damaged at line 3"):
        assert len(automl.load_trials([run, whole])) == before
    with pytest.warns(UserWarning, match="left out: .* is damaged at line 3"):
        assert len(automl.compare([run, whole])) == 1
    assert run_command_line(["trials", str(run)]) == 2


def test_a_repair_keeps_the_rest_and_a_copy(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = automl.load_trials(run)
    _damage(run, 2, 8)  # the start of trial 0000, and an epoch of trial 0001
    damaged = (run / "ledger.jsonl").read_bytes()
    assert run_command_line(["repair", str(run)]) == 0
    told = capsys.readouterr().out
    (copy,) = run.glob("ledger.jsonl.damaged*")
    assert copy.read_bytes() == damaged
    assert str(copy) in told
    assert "line 2: its checksum does not match" in told
    assert "trial 0000: the start, epoch 1, epoch 2, epoch 3, the end; left out" in told
    assert "trial 0001: epoch " in told
    after = automl.load_trials(run)
    assert list(after["number"]) == list(before["number"])[1:]
    assert run_command_line(["status", str(run)]) == 0
    assert "automl repair: something is lost of trials 0000, 0001" in capsys.readouterr().out
    assert run_command_line(["repair", str(run)]) == 0
    assert "nothing to repair" in capsys.readouterr().out
    assert len(list(run.glob("ledger.jsonl.damaged*"))) == 1


def test_a_repair_remembers_the_highest_number(run: Path) -> None:
    _damage(run, next(n for n, x in enumerate(_lines(run), 1) if b'"start", "number": 5' in x))
    (run / "trials" / "0005").rmdir()
    (run / "study.journal").write_text('{"op_code":4,"n":0}\n' * 8)
    repair_run(run)
    *_, last = Run(run).events
    assert isinstance(last, ClosedEvent)
    assert (last.status, last.highest) == ("interrupted", 7)
    assert last.time == max(event.time for event in Run(run).events)


def test_a_repair_as_json(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = _lines(run)
    (run / "ledger.jsonl").write_bytes(b"".join([*lines[:1], *lines[6:-1], lines[-1][:9]]))
    assert run_command_line(["repair", str(run), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["damages"] == [{"line": 2, "reason": "lines 2 to 6 are missing before it"}]
    assert told["lost"] == {"0000": "all of it; left out; its folder and number stay its own"}
    assert (told["torn"], told["repaired"], told["trials"], told["tables"]) == (True, True, 5, True)


def test_a_ledger_that_lost_its_end_is_taken_as_it_is(run: Path) -> None:
    (run / "ledger.jsonl").write_bytes(b"".join(_lines(run)[:-8]))
    done = repair_run(run)
    assert done.copy is not None
    assert any(words.startswith("all of it") for words in done.lost.values())
    assert len(automl.load_trials(run)) == done.trials


def test_a_run_that_a_driver_works_on_is_refused(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _damage(run, 3)
    damaged = (run / "ledger.jsonl").read_bytes()
    with only_driver(run):
        assert run_command_line(["repair", str(run)]) == 2
    assert "is in use by process" in capsys.readouterr().err
    assert (run / "ledger.jsonl").read_bytes() == damaged
    assert not list(run.glob("ledger.jsonl.damaged*"))


@pytest.mark.parametrize("lost", ["empty", "missing", "no run"])
def test_what_no_repair_can_mend_is_refused(
    run: Path, capsys: pytest.CaptureFixture[str], lost: str
) -> None:
    ledger = run / "ledger.jsonl"
    ledger.write_bytes(b"") if lost == "empty" else ledger.unlink()
    if lost == "no run":
        (run / "plan.yaml").unlink()
    before = sorted(path.name for path in run.iterdir())
    assert run_command_line(["repair", str(run)]) == 2
    assert "automl: " in capsys.readouterr().err
    assert sorted(path.name for path in run.iterdir() if path.name != ".driver.lock") == before
