"""A sweep on noise alone keeps the defaults, and every command tells that one story."""

import importlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from project_paths import SKILLS
from sweep_here import run_here, without_ray

import automl
from automl.cli.main import run_command_line
from automl.cli.views.result import render_result
from automl.launch.execute import execute
from automl.launch.plan import make_plan
from automl.launch.request import RunRequest
from automl.launch.result import RunResult
from automl.launch.running.finish import finish_run
from automl.results.run import Run
from automl.trial.ledger.writer import Ledger

SENTENCE = "keep the defaults: no other configuration is shown to be better"


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunResult]:
    """Twenty trials that differ by luck alone, four fresh trainings, and what follows them."""
    folder, modules = tmp_path_factory.mktemp("noise"), set(sys.modules)
    (folder / "crops").mkdir()
    overrides = {"dataset.folder": str(folder / "crops"), "fault": "luck", "num_epochs": 1}
    plan = make_plan(
        RunRequest(
            skill_dir=SKILLS / "bowl", output=folder / "run", trials=20, confirm="auto", seed=1,
            algorithm="random", search=["lr", "momentum"], overrides=overrides,
        )
    )  # fmt: skip
    plan.output.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        without_ray(patch)
        run_here(plan)
        ledger = Ledger(plan.output / "ledger.jsonl")
        yield finish_run(plan, execute, ledger, interrupted=False, message="")
    for name in set(sys.modules) - modules:
        if name == "bowl_trainer":
            del sys.modules[name]
    importlib.invalidate_caches()


def test_the_luckiest_trial_is_not_the_champion(result: RunResult) -> None:
    champion, frame = result.run.decision, automl.load_trials(result.folder)
    assert champion is not None
    assert (champion.trial, champion.verdict.value) == ("0000", "keep_defaults")
    assert frame.loc[frame["source"] == "search", "score"].max() > champion.searched
    fresh = frame[(frame["source"] == "confirm") & (frame["param.train.lr"] == 0.1)]
    assert champion.reached == champion.defaults == pytest.approx(fresh["score"].mean())
    assert result.best is not None
    assert result.best["trial_id"] in set(fresh["trial_id"])
    assert render_result(result).count(SENTENCE) == 1
    assert result.status == "done"


def test_its_folder_says_what_the_decision_says(result: RunResult) -> None:
    champion, best = result.run.decision, result.folder / "best"
    assert champion is not None
    facts = yaml.safe_load((best / "provenance.yaml").read_text())
    assert facts["champion"] == champion.to_dict()
    assert facts["value"] == facts["baseline"] == champion.reached
    spec = yaml.safe_load((best / "spec.yaml").read_text())
    assert (spec["train"]["lr"], spec["train"]["momentum"]) == (0.1, 0.5)
    assert SENTENCE in (result.folder / "report.html").read_text()


@pytest.mark.parametrize("command", ["best", "status", "trials"])
def test_commands_show_that_champion(
    result: RunResult, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    champion = result.run.decision
    assert champion is not None
    assert run_command_line([command, str(result.folder)]) == 0
    told = capsys.readouterr().out
    reached = f"score {champion.reached:.4f} (mean of 2 fresh trainings)"
    line = f"(champion|best) +trial 0000  {re.escape(reached)}"
    assert re.search(line, told)
    assert (SENTENCE in told) == (command != "trials")


@pytest.mark.parametrize("command", ["best", "status"])
def test_json_holds_the_same(
    result: RunResult, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    champion = result.run.decision
    assert champion is not None
    assert run_command_line([command, str(result.folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["champion"] == champion.to_dict()


def test_runs_side_by_side_show_it_too(result: RunResult) -> None:
    champion = result.run.decision
    assert champion is not None
    (row,) = automl.compare(result.folder).to_dict("records")
    assert (row["verdict"], row["best"], row["baseline"]) == (
        "keep_defaults",
        champion.reached,
        champion.reached,
    )


def test_the_dashboard_has_a_note_of_it(result: RunResult) -> None:
    from automl.cli.commands.dashboard import note_of

    champion = result.run.decision
    assert champion is not None
    assert SENTENCE in note_of(result.run)
    assert f"trial 0000  score {champion.reached:.4f}" in note_of(result.run)


def test_without_a_confirmation_luck_is_named(result: RunResult) -> None:
    searched = [
        event
        for event in result.run.events
        if getattr(event, "number", 0) < 20 and getattr(event, "source", "") != "confirm"
    ]
    plan = {**result.run.plan, "confirm": None}
    found = Run(Path("run"), plan=plan, events=searched).decision
    assert found is not None
    assert (found.trial != "0000", found.verdict.value) == (True, "undecided")
    assert "luck" in found.reasons[0]
