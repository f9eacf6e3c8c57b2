"""Which runs a glob names: evaluations and exports are no trials beside trainings."""

from pathlib import Path

import pytest
import yaml

import automl
from automl.cli.main import run_command_line
from automl.results.run import Run
from automl.trial.ledger.writer import Ledger


def _run(folder: Path, action: str, route: str) -> Path:
    folder.mkdir(parents=True)
    plan = {"action": action, "route": route, "policy": "auto", "metric": "score"}
    plan = {**plan, "direction": "maximize", "trials": 1}
    (folder / "plan.yaml").write_text(yaml.safe_dump(plan, sort_keys=False))
    ledger = Ledger(folder / "ledger.jsonl")
    ledger.start(0, "default", {})
    ledger.epoch(0, 1, {"score": 0.5})
    ledger.end(0, "finished")
    return folder


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    folder = tmp_path / "runs"
    _run(folder / "a-sweep", "train", "sweep")
    _run(folder / "b-plain", "train", "direct")
    _run(folder / "c-evaluation", "evaluate", "direct")
    _run(folder / "d-swept", "distill", "sweep")
    return folder


def test_a_glob_names_what_was_trained(runs: Path) -> None:
    for load in (automl.load_trials, automl.load_epochs):
        assert list(load(f"{runs}/*")["run"]) == ["a-sweep", "b-plain", "d-swept"]
    assert list(automl.compare(f"{runs}/*")["run"]) == ["a-sweep", "b-plain", "d-swept"]


def test_named_alone_or_among_their_like_they_are_there(runs: Path) -> None:
    assert len(automl.load_trials(runs / "c-evaluation")) == 1
    other = _run(runs / "e-export", "export", "direct")
    both = automl.load_trials([runs / "c-evaluation", other])
    assert list(both["run"]) == ["c-evaluation", "e-export"]


@pytest.mark.parametrize("command", [["trials", "--format", "csv"], ["compare"]])
def test_the_command_line_says_what_it_leaves_out(
    runs: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    assert run_command_line([command[0], *map(str, sorted(runs.iterdir())), *command[1:]]) == 0
    printed = capsys.readouterr()
    assert "c-evaluation" not in printed.out
    assert printed.err == "left out, since they train nothing: c-evaluation (evaluate)\n"


def test_a_run_in_the_working_directory_has_its_name(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(runs / "a-sweep")
    assert Run(Path(".")).label == "a-sweep"
