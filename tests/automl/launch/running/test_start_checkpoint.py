"""The checkpoint that a sweep with ``--objective`` starts from is measured once."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from skills.json_schemas import check
from skills.measured_skill import make_hard_data, make_measured_skill

import automl
from automl.cli.main import cli as main
from automl.cli.views.plan_review import render_plan
from automl.cli.views.result import render_result
from automl.launch.execute import execute
from automl.launch.plan import Plan, make_plan
from automl.launch.plan_codec import plan_from_dict, plan_to_dict
from automl.launch.request import RunRequest
from automl.launch.result import RunResult
from automl.launch.review import make_review
from automl.launch.running.start_checkpoint import measure_start
from automl.results.champion.decide import decide
from automl.results.champion.start import StartCheckpoint
from automl.results.run import Run
from automl.sweep.notices import StartMeasured
from automl.trial.objective import Objective


@pytest.fixture
def given(tmp_path: Path) -> dict[str, Any]:
    model = tmp_path / "start_model.pth"
    model.write_text(json.dumps({"lr": 0.3, "epoch": 1, "width": 8}))
    return {
        "skill_dir": make_measured_skill(tmp_path / "skill"),
        "data": make_hard_data(tmp_path / "data", hard=0.5),
        "output": tmp_path / "run",
        "objective": "evaluate",
        "search": ("train.lr",),
        "overrides": {"train.pretrained": str(model)},
    }


def planned(given: dict[str, Any], **options: Any) -> Plan:
    return make_plan(RunRequest(**{**given, **options}))


def run_direct(plan: Plan, hear: Any) -> RunResult:
    return execute(plan, hear)


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
def test_it_stands_beside_the_champion_everywhere(given: dict[str, Any]) -> None:
    found = planned(given, trials=2)
    assert "start_model.pth, which is measured first, once" in render_plan(
        found, make_review(found), width=200
    )
    result = execute(found)
    folder, runner = str(result.folder), CliRunner()
    measured = "the start checkpoint has evaluate.val_acc 0.1500"
    assert measured in " ".join(render_result(result).split())
    assert measured in " ".join((result.folder / "report.html").read_text().split())
    for command in ("status", "best"):
        assert measured in runner.invoke(main, [command, folder]).output
        said = json.loads(runner.invoke(main, [command, folder, "--json"]).output)
        check(said, command)
        assert said["start_checkpoint"]["value"] == 0.15
    table = runner.invoke(main, ["trials", folder]).output
    assert [line for line in table.splitlines() if "start  checkpoint" in line and "0.1500" in line]
    assert list(automl.load_trials(folder)["trial_id"]) == ["0000", "0001"]
    ledger = (result.folder / "start" / "ledger.jsonl").read_bytes()
    automl.resume(result.folder, add_trials=1)
    assert (result.folder / "start" / "ledger.jsonl").read_bytes() == ledger


def test_it_runs_again_after_a_fault_that_may_pass(given: dict[str, Any]) -> None:
    (given["data"] / "hard" / "fail_once").touch()
    heard: list[StartMeasured] = []
    found = planned(given)
    found.output.mkdir()
    measure_start(found, heard.append, run_direct)  # type: ignore[arg-type]
    assert heard[-1].words == "the start checkpoint has evaluate.val_acc 0.1500"
    assert not heard[-1].warns


def test_a_model_that_cannot_be_measured_is_told(given: dict[str, Any]) -> None:
    Path(given["overrides"]["train.pretrained"]).write_text("weights of a backbone")
    heard: list[StartMeasured] = []
    found = planned(given)
    found.output.mkdir()
    measure_start(found, heard.append, run_direct)  # type: ignore[arg-type]
    assert heard[-1].warns
    assert heard[-1].words.startswith("the start checkpoint is not measured: evaluate.py ended")
    heard.clear()
    measure_start(found, heard.append, run_direct)  # type: ignore[arg-type]
    assert heard == []  # not again
    start = Run(found.output).start_checkpoint
    assert start is not None
    assert start.value is None


def test_a_start_that_was_cut_short_is_measured_again(given: dict[str, Any]) -> None:
    found = planned(given)
    found.output.mkdir()

    def stop(plan: Plan, hear: Any) -> RunResult:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure_start(found, lambda notice: None, stop)
    back = plan_from_dict(Run(found.output).plan, found.skill, found.output)
    assert back.start_checkpoint == found.start_checkpoint
    measure_start(back, lambda notice: None, run_direct)
    start = Run(found.output).start_checkpoint
    assert start is not None
    assert start.value == 0.15


@pytest.mark.parametrize(
    "options",
    [{"overrides": {}}, {"objective": None}, {"overrides": {"train.pretrained": "/no/such.pth"}}],
)
def test_without_such_a_checkpoint_nothing_is_said(
    given: dict[str, Any], options: dict[str, Any]
) -> None:
    found = planned(given, **options)
    assert found.start_checkpoint is None
    assert "start_checkpoint" not in plan_to_dict(found)
    assert "\nstart " not in render_plan(found, make_review(found), width=200)


@pytest.mark.parametrize(
    ("champion", "words"),
    [
        (0.5, "the champion is better by 0.3500"),
        (0.1, "better than the champion by 0.0500: keep it (m.pth)"),
        (0.15, "the same as the champion"),
    ],
)
def test_the_better_of_the_two_is_named(champion: float, words: str) -> None:
    objective = Objective("evaluate.f1", "maximize")
    row = {"trial_id": "0000", "number": 0, "source": "default", "state": "finished"}
    found = decide([{**row, "evaluate.f1": champion}], objective)
    assert found is not None
    start = StartCheckpoint("m.pth", 0.15)
    said = start.words(objective, found)
    assert said == f"the start checkpoint has evaluate.f1 0.1500, {words}"
