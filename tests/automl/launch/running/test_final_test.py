"""The final test of a sweep with a holdout: champion and defaults, trained again and measured."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from skills.holdout_skill import make_holdout_skill

import automl
from automl.cli.commands.best import best
from automl.cli.commands.status import status
from automl.cli.views.result import render_result
from automl.launch.execute import execute
from automl.launch.plan import Plan, make_plan
from automl.launch.plan_codec import save_plan
from automl.launch.planning.parents.find import read_parent
from automl.launch.request import RunRequest
from automl.launch.result import RunResult
from automl.launch.running import evaluation
from automl.launch.running.refit import refit_plan
from automl.results.champion.refit import refits_of
from automl.results.champion.verdict import verdict_lines
from automl.results.run import Run, read_run
from automl.spec.nested import get_path
from automl.trial.job import trial_id
from automl.trial.ledger.writer import Ledger

LR, DEFAULT, BEST = "train.lr", 0.1, 0.01


@pytest.fixture
def plan(bowl: Path, data: Path, tmp_path: Path) -> Plan:
    make_holdout_skill(bowl, data)
    request = RunRequest(
        skill_dir=bowl, data=str(data), output=tmp_path / "run", trials=2, search=["lr"]
    )
    return make_plan(request)


def trial(run: Path, number: int, source: str, lr: float, score: float, state: str) -> None:
    """Write a trial with one epoch into a run's ledger, and its checkpoint."""
    ledger = Ledger(run / "ledger.jsonl")
    ledger.start(number, source, {LR: lr}, ticket=number)
    ledger.epoch(number, 1, {"score": score, "score_se": 0.02})
    ledger.end(number, state, "" if state == "finished" else "all data are too much")
    folder = run / "trials" / trial_id(number)
    folder.mkdir(parents=True)
    held = 0.0 if run.name == "final" else 0.25
    facts = json.dumps({"score": score, "held": held})
    (folder / "model_epoch_001_step_00001.pth").write_text(facts)


def searched(plan: Plan, defaults: float = 0.5, best: float = 0.75) -> Path:
    """Write a search that is over: the defaults as trial 0, another one as trial 1."""
    plan.output.mkdir()
    save_plan(plan, {})
    Ledger(plan.output / "ledger.jsonl").session(host="h", pid=1)
    trial(plan.output, 0, "default", DEFAULT, defaults, "finished")
    trial(plan.output, 1, "search", BEST, best, "finished")
    return plan.output


def refitted(plan: Plan, *, state: str = "finished") -> None:
    """Write the two trainings on all data that follow."""
    final = refit_plan(plan)
    final.output.mkdir()
    save_plan(final, {})
    Ledger(final.output / "ledger.jsonl").session(host="h", pid=1)
    trial(final.output, 2, "search", BEST, 0.875, "finished")
    trial(final.output, 3, "default", DEFAULT, 0.625, state)


def lines(run: Run) -> str:
    return "\n".join(f"{label}: {words}" for label, words in verdict_lines(run, {}))


def test_champion_and_defaults_are_trained_on_all_data_and_measured(plan: Plan) -> None:
    run = searched(plan)
    wanted = refits_of(read_run(run))
    assert [(each.source, dict(each.params)) for each in wanted] == [
        ("search", {LR: BEST}),
        ("default", {LR: DEFAULT}),
    ]
    whole = refit_plan(plan)
    assert get_path(whole.spec, "dataset.holdout") == 0
    assert Path(get_path(whole.spec, "dataset.test")).name == "test"
    assert "dataset.test" in whole.sources
    assert whole.output == run / "final"
    refitted(plan)
    result = execute(plan)
    assert result.status == "done"
    final = result.run.final
    assert final is not None
    assert (final.refit, final.action, final.failure) == (True, "evaluate", "")
    assert (final.selected, final.selected_defaults) == (0.75, 0.5)
    assert (final.reached, final.defaults, final.gain) == (0.75, 0.5, 0.25)
    assert (final.se, final.defaults_se, final.gain_se) == (0.03, 0.03, pytest.approx(0.0424, 0.01))
    words = (
        "test: the champion, trained again on all data, has score 0.7500 ± 0.0300 on data that"
        " selected nothing, the defaults 0.5000 ± 0.0300: +0.2500 ± 0.0424; selected with 0.7500"
    )
    assert words in lines(result.run)
    assert "cost: 2 trials, 2 trainings on all data and 2 evaluations in" in lines(result.run)
    assert len(verdict_lines(result.run, {})) <= 8
    assert words.removeprefix("test: ")[:60] in render_result(result)
    assert words.removeprefix("test: ") in (run / "report.html").read_text()

    told = CliRunner().invoke(best, [str(run)]).output
    assert f"test       {words.removeprefix('test: ')}" in told
    assert "(trained again: final/trials/0002)" in told
    assert words.removeprefix("test: ") in CliRunner().invoke(status, [str(run)]).output
    for command in (best, status):
        content = json.loads(CliRunner().invoke(command, [str(run), "--json"]).output)
        assert content["final"] == final.to_dict()

    # best/ holds the training on all data, and says so
    facts = yaml.safe_load((run / "best" / "provenance.yaml").read_text())
    assert (facts["refit"]["folder"], facts["refit"]["epoch"]) == ("final/trials/0002", 1)
    assert (facts["value"], facts["checkpoint_value"]) == (0.75, None)
    assert json.loads((run / "best" / facts["checkpoint"]).read_text())["held"] == 0
    spec = yaml.safe_load((run / "best" / "spec.yaml").read_text())
    assert (spec["dataset"]["holdout"], spec["train"]["lr"]) == (0.0, BEST)
    assert read_parent(run).last == run / "final/trials/0002"
    (run / "best" / "provenance.yaml").unlink()  # made anew, it says the same
    assert read_parent(run).last == run / "final/trials/0002"

    # the search's tables know nothing of it
    assert list(result.trials["number"]) == [0, 1]


def test_without_refit_the_checkpoints_of_the_search_are_measured(
    bowl: Path, data: Path, tmp_path: Path
) -> None:
    make_holdout_skill(bowl, data)
    plan = make_plan(
        RunRequest(
            skill_dir=bowl, data=str(data), output=tmp_path / "run", trials=2, search=["lr"],
            refit=False,
        )
    )  # fmt: skip
    run = searched(plan)
    assert refits_of(read_run(run)) == ()
    result = execute(plan)
    final = result.run.final
    assert final is not None
    assert (final.refit, final.reached, final.defaults) == (False, 0.5, 0.25)
    assert "trained again" not in final.words
    facts = yaml.safe_load((run / "best" / "provenance.yaml").read_text())
    assert (facts["refit"], facts["checkpoint_value"]) == (None, 0.75)


def test_kept_defaults_are_trained_and_measured_once(plan: Plan) -> None:
    run = searched(plan, defaults=0.75, best=0.5)
    (wanted,) = refits_of(read_run(run))
    assert (wanted.source, dict(wanted.params)) == ("default", {LR: DEFAULT})
    whole = refit_plan(plan)
    whole.output.mkdir()
    save_plan(whole, {})
    Ledger(whole.output / "ledger.jsonl").session(host="h", pid=1)
    trial(whole.output, 2, "default", DEFAULT, 0.875, "finished")
    result = execute(plan)
    final = result.run.final
    assert final is not None
    assert (final.reached, final.defaults, final.gain) == (0.75, 0.75, 0.0)
    assert not (run / "best" / "evaluate-defaults").exists()
    assert lines(result.run).startswith("verdict: keep the defaults")
    assert "the defaults, trained again on all data, have score 0.7500" in lines(result.run)
    assert "cost: 2 trials, 1 training on all data and 1 evaluation in" in lines(result.run)


def test_a_failed_training_on_all_data_loses_nothing(plan: Plan) -> None:
    run = searched(plan)
    refitted(plan, state="failed")
    result = execute(plan)
    assert result.status == "done"
    final = result.run.final
    assert final is not None
    assert (final.refit, final.reached, final.defaults) == (False, 0.5, 0.25)  # of the search
    assert final.failure == "training again on all data failed: all data are too much"
    assert final.failure in final.words
    facts = yaml.safe_load((run / "best" / "provenance.yaml").read_text())
    assert json.loads((run / "best" / facts["checkpoint"]).read_text())["held"] == 0.25


def test_a_failed_evaluation_loses_nothing(plan: Plan, data: Path) -> None:
    run = searched(plan)
    refitted(plan)
    (data / "test" / "seen").unlink()
    result = execute(plan)
    assert result.status == "done"
    assert result.run.final is not None
    assert result.run.final.reached is None
    assert "evaluate failed: " in result.run.final.words
    assert "no test data" in result.run.final.words
    assert list((run / "best").glob("*.pth"))


@pytest.mark.parametrize("cut", [1, 2])
def test_a_final_test_that_is_cut_short_goes_on(
    plan: Plan, monkeypatch: pytest.MonkeyPatch, cut: int
) -> None:
    searched(plan)
    refitted(plan)
    calls: list[Any] = []

    def interrupted(*args: Any, **options: Any) -> Plan:
        calls.append(args)
        if len(calls) == cut:
            raise KeyboardInterrupt
        return make_plan(*args, **options)

    monkeypatch.setattr(evaluation, "make_plan", interrupted)
    result: RunResult = execute(plan)
    assert (result.status, result.message) == ("interrupted", evaluation.LEFT)
    assert result.run.final is None
    monkeypatch.undo()
    again = automl.resume(plan.output)
    assert again.status == "done"
    assert again.run.final is not None
    assert again.run.final.gain == 0.25


def test_what_the_final_data_say_decides_nothing_but_the_report(
    bowl: Path, data: Path, tmp_path: Path
) -> None:
    make_holdout_skill(bowl, data)
    other = tmp_path / "other"
    (other / "test").mkdir(parents=True)
    (other / "test" / "seen").touch()
    plan = make_plan(
        RunRequest(
            skill_dir=bowl, data=str(data), output=tmp_path / "run", trials=2, search=["lr"],
            holdout="off", final_data=str(other),
        )
    )  # fmt: skip
    searched(plan)
    result = execute(plan)
    final = result.run.final
    assert final is not None
    assert (final.refit, final.reached, final.defaults) == (False, 0.5, 0.25)
    spec = yaml.safe_load((plan.output / "best/evaluate/trials/0000/spec.yaml").read_text())
    assert spec["test"] == str(other / "test")


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
def test_a_sweep_with_a_holdout_ends_with_its_final_test(
    bowl: Path, data: Path, tmp_path: Path
) -> None:
    make_holdout_skill(bowl, data)
    result = automl.run(
        skill_dir=bowl, data=str(data), output=tmp_path / "run", trials=3, search=["lr"], seed=1,
        choices={"lr": "0.1,0.01,0.001"}, max_concurrent=1,
    )  # fmt: skip
    assert result.status == "done"
    final = result.run.final
    assert final is not None
    assert final.refit
    assert final.selected == result.run.decision.reached  # type: ignore[union-attr]
    assert final.reached == pytest.approx(final.selected - 0.125)  # no epoch of it was chosen
    assert final.defaults == pytest.approx(final.selected_defaults - 0.125)  # type: ignore[operator]
    assert list(result.trials["number"]) == [0, 1, 2]
    told = read_run(result.folder / "final")
    assert [row["state"] for row in told.rows] == ["finished"] * 2

    # killed while it trained again: the run goes on there, and nothing is searched again
    ledger = result.folder / "final" / "ledger.jsonl"
    text = ledger.read_text().splitlines(keepends=True)
    ends = [place for place, line in enumerate(text) if '"event": "end"' in line]
    ledger.write_text("".join(text[: ends[-1]]))
    main = result.folder / "ledger.jsonl"
    main.write_text("".join(main.read_text().splitlines(keepends=True)[:-1]))
    assert not all(refit.is_over for refit in refits_of(read_run(result.folder)))
    again = automl.resume(result.folder)
    assert again.run.final == final
    assert len(again.trials) == 3
