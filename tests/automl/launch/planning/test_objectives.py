"""What a run optimises: one metric or several, each in one declared direction."""

from pathlib import Path
from typing import Any

import pytest

import automl
from automl.cli.main import run_command_line
from automl.errors import InputError
from automl.launch.execute import execute
from automl.launch.plan import Plan, make_plan
from automl.launch.planning.objectives import choose_objectives, is_guess
from automl.launch.request import RunRequest
from automl.launch.resume import resume_plan
from automl.results.run import read_run
from automl.skill import Action, SkillInfo
from automl.trial.objective import Objective

TWO = ("score", "train_time_s:min")
SEARCHED = ["param.train.lr", "param.train.momentum", "param.train.kind"]


@pytest.fixture
def plan(bowl: Path, data: Path, tmp_path: Path) -> Any:
    def make(**options: Any) -> Plan:
        output = tmp_path / "run"
        return make_plan(RunRequest(skill_dir=bowl, data=str(data), output=output, **options))

    return make


@pytest.mark.parametrize(
    ("metrics", "mode", "directions"),
    [
        ((), None, ["maximize"]),
        (("val_loss",), None, ["minimize"]),
        (("top1_acc",), None, ["maximize"]),
        (("val_bpb",), "min", ["minimize"]),
        (("val_bpb:max",), None, ["maximize"]),
        (("acc:MIN",), None, ["minimize"]),
        (("acc:minimise",), None, ["minimize"]),
        (("val_bpb",), "Max", ["maximize"]),
        (("cmc_rank_1", "train_time_s", "train_loss:max"), None, ["maximize", "minimize"] * 2),
    ],
)
def test_directions(metrics: tuple[str, ...], mode: str | None, directions: list[str]) -> None:
    info = SkillInfo(name="x", metric="mAP")
    found = choose_objectives(info, Action("train"), metrics, mode, needed=True)
    assert [each.direction for each in found] == directions[: len(found)]


@pytest.mark.parametrize(
    ("metrics", "mode", "words"),
    [
        (("val_bpb",), None, "write --metric val_bpb:max or val_bpb:min"),
        (("score",), "up", "mode 'up' is unknown"),
        (("score:min",), "min", "--mode is for one metric without a direction"),
        (TWO, "max", "--mode is for one metric without a direction"),
        (("score", "score:min"), None, "each metric once"),
        (("train_time_s", "score"), None, "cannot be the first metric"),
    ],
)
def test_what_is_unclear_is_refused(metrics: Any, mode: str | None, words: str) -> None:
    with pytest.raises(InputError, match=words):
        choose_objectives(SkillInfo(name="x"), Action("train"), metrics, mode, needed=True)


def test_an_action_may_have_a_metric_of_its_own() -> None:
    action = Action("tune", metric="bpb", direction="minimize")
    found = choose_objectives(SkillInfo(name="x", metric="mAP"), action, (), None, needed=True)
    assert found == (Objective("bpb", "minimize"),)


@pytest.mark.parametrize(
    ("name", "direction", "guess"),
    [("zap", None, True), ("zap", "minimize", False), ("val_minADE", None, False)],
)
def test_a_direction_that_nothing_tells_is_a_guess(name: str, direction: Any, guess: bool) -> None:
    info = SkillInfo(name="x", metric=name, direction=direction)
    assert is_guess(info, Action("train")) == guess
    assert not is_guess(info, Action("tune", metric="bpb", direction="minimize"))


def test_a_slip_of_a_known_metric_is_refused_before_the_launch() -> None:
    action = Action("train")
    info = SkillInfo(name="x", metric="val_miou", known_metrics=frozenset({"val_miou"}))
    with pytest.raises(InputError, match=r"did you mean val_miou\? \(if not: --metric val_iou:max"):
        choose_objectives(info, action, ("val_iou",), None, needed=True)
    meant = choose_objectives(info, action, ("val_iou:max",), None, needed=True)
    assert meant == (Objective("val_iou", "maximize"),)
    whole = SkillInfo(
        name="x", metric="a", reported=("cmc_rank_1",), known_metrics=frozenset({"cmc_rank_1"})
    )
    with pytest.raises(InputError, match=r"did you mean cmc_rank_1\?$"):
        choose_objectives(whole, action, ("cmc_rank1:max",), None, needed=True)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"algorithm": "cmaes"}, "cmaes optimises one metric, not 2: use --algorithm gp, tpe"),
        ({"algorithm": "bohb", "overrides": ["num_epochs=9"]}, "stops trials by one metric alone"),
        ({"scheduler": "asha", "overrides": ["num_epochs=9"]}, "stops trials by one metric alone"),
        ({"stop": "train_time_s<=3"}, "train_time_s is known only when a trial is over"),
        ({"policy": "off"}, "several metrics are for sweeps"),
    ],
)
def test_what_cannot_weigh_several_is_refused(plan: Any, options: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        plan(metric=TWO, **options)


def test_the_plan_names_them_and_says_what_the_first_decides(plan: Any) -> None:
    found = plan(metric=TWO)
    assert found.algorithm == "gp"
    assert found.objective == Objective("score", "maximize")
    assert found.further == (Objective("train_time_s", "minimize"),)
    assert any(note.startswith("score alone picks the champion") for note in found.notes)
    assert "2 metrics, 3 dimensions" in found.algorithm_reason
    assert plan(metric=(*TWO, "a_loss", "b_loss", "c_loss")).algorithm == "tpe"


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
def test_a_sweep_of_two_metrics_is_taken_up_again(
    plan: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    _check_two_metrics(plan, "tpe", capsys)


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
def test_a_gaussian_process_of_two_metrics_is_taken_up_again(
    plan: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    _check_two_metrics(plan, "gp", capsys)


def _check_two_metrics(plan: Any, algorithm: str, capsys: pytest.CaptureFixture[str]) -> None:
    metrics = ("score", "train_loss:max")  # contrary: more score is less loss
    found = plan(metric=metrics, algorithm=algorithm, trials=6, max_concurrent=1)
    result = execute(found)
    table = result.trials
    assert result.status == "done"
    assert set(table["state"]) == {"finished"}
    assert not table.duplicated(SEARCHED).any()
    assert len(result.pareto) == table[["score", "train_loss"]].drop_duplicates().shape[0] == 6
    assert result.best["score"] == table["score"].max() == result.pareto["score"].iloc[0]
    assert resume_plan(read_run(result.folder)).further == found.further
    more = automl.resume(result.folder, add_trials=1)
    assert len(more.trials) == 7
    capsys.readouterr()  # what trials printed
    assert run_command_line(["trials", str(result.folder), "--pareto", "--format", "csv"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1 + len(more.pareto)


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
def test_our_own_time_is_a_metric(plan: Any) -> None:
    table = execute(plan(metric=TWO, trials=3, max_concurrent=1)).trials
    assert (table["train_time_s"] == table["time_s"]).all()


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
def test_a_metric_that_is_never_reported_fails_the_trial(plan: Any) -> None:
    result = execute(plan(metric=("score", "size_mb:min"), trials=2, max_concurrent=1))
    assert set(result.trials["state"]) == {"failed"}
    assert result.trials["failure"].str.startswith("metric size_mb was never reported").all()
    assert result.pareto.empty
