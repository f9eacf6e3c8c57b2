"""``--objective evaluate``: the skill's own action measures each trained trial."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from skills.measured_skill import make_hard_data, make_measured_skill

import automl
from automl.cli.views.plan_review import render_plan
from automl.errors import InputError
from automl.launch.execute import execute
from automl.launch.plan import Plan, make_plan
from automl.launch.plan_codec import plan_from_dict, plan_to_dict
from automl.launch.request import RunRequest
from automl.launch.review import make_review
from automl.launch.running.assembly import trial_job
from automl.trial.run import run_trial


@pytest.fixture
def given(tmp_path: Path) -> dict[str, Any]:
    return {
        "skill_dir": make_measured_skill(tmp_path / "skill"),
        "data": make_hard_data(tmp_path / "data", hard=0.5),
        "output": tmp_path / "run",
        "objective": "evaluate",
        "search": ("train.lr", "model.width"),
    }


def planned(given: dict[str, Any], **options: Any) -> Plan:
    return make_plan(RunRequest(**{**given, **options}))


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
def test_the_sweep_optimises_what_the_action_measures(given: dict[str, Any]) -> None:
    found = planned(given, trials=3, metric=("evaluate.size:min",))
    result: Any = execute(found)
    table = result.trials.set_index("trial_id")
    assert list(table["state"]) == ["finished"] * 3
    measured = (table["param.train.lr"] * 2 * 0.5).round(6)  # two epochs, half as hard
    assert list(table["evaluate.val_acc"]) == list(measured)
    assert list(table["evaluate.size"]) == list(table["param.model.width"])
    assert result.best["trial_id"] == measured.idxmax()
    assert (result.folder / "best" / "model_epoch_002.pth").is_file()
    more: Any = automl.resume(result.folder, add_trials=1)
    assert more.trials["evaluate.val_acc"].notna().all()


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
def test_a_confirmed_champion_is_measured_on_the_same_data(given: dict[str, Any]) -> None:
    result = execute(planned(given, trials=1, confirm=1, repeats=1))
    assert result.evaluation is not None
    assert result.evaluation.metrics["val_acc"] == 0.1, result.evaluation.failure


def test_the_plan_shows_what_measures_and_on_which_data(given: dict[str, Any]) -> None:
    found = planned(given)
    assert "--objective measures trials that are trained" in found.scheduler.reason
    said = render_plan(found, make_review(found), width=200)
    assert "objective  maximize evaluate.val_acc" in said
    assert "measured   each trained trial, by action evaluate" in said
    assert "reads no such data" not in said
    assert f"evaluate.data  {given['data']}/hard" in said
    again = plan_from_dict(json.loads(json.dumps(plan_to_dict(found))), found.skill, found.output)
    assert again.evaluation == found.evaluation


@pytest.mark.parametrize("wait", [{"evaluate.wait_s": 0.5}, ("evaluate.wait_s=0.5",)])
def test_keys_of_the_measuring_action_alone_are_set_for_it(
    given: dict[str, Any], wait: Any
) -> None:
    found = planned(given, overrides=wait)
    assert found.evaluation is not None
    assert found.evaluation.spec["evaluate"]["wait_s"] == 0.5
    assert "evaluate" not in found.spec


def run_one(plan: Plan, **values: float) -> dict[str, float]:
    reported: dict[str, float] = {}
    values = values or {"train.lr": 0.2, "model.width": 16}
    run_trial(trial_job(plan, 0.0), 0, values, lambda epoch, kpi: reported.update(kpi))
    return reported


def test_a_trial_whose_measurement_failed_trains_no_second_time(given: dict[str, Any]) -> None:
    (given["data"] / "hard" / "fail_once").touch()
    found = planned(given, policy="on")
    with pytest.raises(Exception, match="^evaluation: evaluate.py ended .*Input/output error"):
        run_one(found)
    folder = found.output / "trials" / "0000"
    assert run_one(found)["evaluate.val_acc"] == 0.2
    assert (folder / "started.txt").read_text() == "x"


def test_an_entrypoint_measures_in_the_trials_own_process(bowl: Path, data: Path) -> None:
    given = {"skill_dir": bowl, "data": data, "output": bowl / "run"}
    found = planned(given, objective="evaluate:depth:max")
    measured = run_one(found, **{"train.momentum": 0.5})
    assert measured["evaluate.depth"] == 2.0
    assert measured["evaluate.score"] == 0.5  # the trainer's own score is another


def test_a_trial_without_checkpoint_says_so(given: dict[str, Any]) -> None:
    script = given["skill_dir"] / "scripts/train.py"
    script.write_text(script.read_text().replace(".pth", ".bin"))
    with pytest.raises(Exception, match="left no checkpoint that evaluate could measure"):
        run_one(planned(given))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"objective": "judge"}, "declares no action 'judge'; those .* checkpoint: evaluate"),
        ({"objective": "train"}, "action train .* starts from no checkpoint"),
        ({"objective": "evaluate:val_ac"}, "did you mean val_acc.*evaluate:val_ac:max or :min"),
        ({"objective": "evaluate:knack"}, "write --objective evaluate:knack:max or :min"),
        ({"objective": "evaluate:f1:max", "mode": "min"}, "leave out --mode"),
        ({"eval_command": "true"}, "both measure the trials"),
        ({"metric": ("val_acc",)}, "further values of the same action, as evaluate.NAME"),
        ({"scheduler": "asha"}, "--scheduler asha needs curves"),
        ({"algorithm": "pbt"}, "--algorithm pbt needs curves"),
        ({"data": ()}, "(?s)--objective evaluate: .*evaluate.data"),
        ({"overrides": {"evaluate.wate_s": 1}}, "evaluate.wate_s"),
        ({"policy": "off"}, "--objective, --search act in sweeps alone"),
    ],
)
def test_what_cannot_measure_is_one_error(
    given: dict[str, Any], options: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        planned(given, **options)
    assert not given["output"].exists()


def test_a_skill_that_lists_its_metrics_refuses_others(given: dict[str, Any]) -> None:
    place = given["skill_dir"] / "references/skill_info.yaml"
    info = yaml.safe_load(place.read_text())
    info["metrics"]["reported"] = ["val_acc", "loss"]
    place.write_text(yaml.safe_dump(info))
    with pytest.raises(InputError, match="no metric 'accuracy_hard': it names val_acc, loss"):
        planned(given, objective="evaluate:accuracy_hard")
    named = planned(given, objective="evaluate:accuracy_hard:max")
    assert named.objective.metric == "evaluate.accuracy_hard"


def test_a_skill_without_metric_asks_for_one(given: dict[str, Any]) -> None:
    place = given["skill_dir"] / "references/skill_info.yaml"
    info = yaml.safe_load(place.read_text())
    del info["metrics"]
    place.write_text(yaml.safe_dump(info))
    with pytest.raises(InputError, match="say --objective evaluate:NAME"):
        planned(given)
    assert planned(given, objective="evaluate:loss").objective.direction == "minimize"
