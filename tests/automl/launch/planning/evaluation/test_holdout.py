"""Which share of the training data a sweep holds out, and which data its final test sees."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from skills.holdout_skill import make_holdout_skill

from automl.checked_yaml import parse_mapping
from automl.cli.views.plan_lines import search_lines
from automl.errors import InputError
from automl.launch.plan import Plan, make_plan
from automl.launch.plan_codec import plan_from_dict, plan_to_dict
from automl.launch.request import RunRequest
from automl.launch.review import make_review
from automl.results.champion.final_test import FinalTest
from automl.results.files.shapes import PLAN
from automl.spec.nested import get_path

SAME = "selection and report use the same data"


@pytest.fixture
def held(bowl: Path, data: Path, tmp_path: Path) -> dict[str, Any]:
    make_holdout_skill(bowl, data)
    return {"skill_dir": bowl, "data": str(data), "output": tmp_path / "run"}


@pytest.fixture
def plain(bowl: Path, data: Path, tmp_path: Path) -> dict[str, Any]:
    return {"skill_dir": bowl, "data": str(data), "output": tmp_path / "run"}


def plan_of(options: dict[str, Any], **more: Any) -> Plan:
    return make_plan(RunRequest(**{**options, **more}))


def lines(plan: Plan) -> str:
    found = search_lines(plan, make_review(plan))
    return "\n".join(line for line in found if line.startswith(("holdout", "final")))


def info(bowl: Path, **changed: Any) -> None:
    path = bowl / "references/skill_info.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **changed}))


@pytest.mark.parametrize(
    ("more", "share", "reason"),
    [
        ({}, 0.25, "a quarter of 3 crops"),
        ({"holdout": "auto"}, 0.25, "a quarter of 3 crops"),
        ({"holdout": 0.1}, 0.1, "--holdout 0.1"),
        ({"holdout": "off"}, 0.0, "--holdout off"),
        ({"holdout": False}, 0.0, "--holdout off"),  # what YAML makes of the word off
        ({"overrides": ["dataset.holdout=0.5"]}, 0.5, "you set dataset.holdout"),
        ({"overrides": ["dataset.holdout=0.5"], "holdout": 0.1}, 0.5, "you set dataset.holdout"),
        ({"overrides": ["dataset.holdout=0"]}, 0.0, "you set dataset.holdout"),
    ],
)
def test_who_decides_on_the_share(
    held: dict[str, Any], more: dict[str, Any], share: float, reason: str
) -> None:
    plan = plan_of(held, **more)
    assert plan.final is not None
    assert (plan.final.share, plan.final.reason) == (share, reason)
    assert get_path(plan.spec, "dataset.holdout") == share
    assert get_path(plan.spec, "dataset.test") == (
        "" if share else str(Path(held["data"]) / "test")
    )
    assert plan.final.refit == (share > 0)
    assert (plan.final.action is not None) == (share > 0)
    assert ("dataset.test" in plan.sources) == (share == 0)


def test_the_rule_may_decline(bowl: Path, data: Path, tmp_path: Path) -> None:
    make_holdout_skill(bowl, data, crops=2)
    plan = plan_of({"skill_dir": bowl, "data": str(data), "output": tmp_path / "run"})
    assert lines(plan).splitlines() == [
        "holdout    off: only 2 crops",
        f"final      {SAME}; --final-data ROOT names other data",
    ]


def test_the_plan_says_rule_and_numbers_and_is_read_back(held: dict[str, Any]) -> None:
    plan = plan_of(held)
    assert lines(plan).splitlines() == [
        "holdout    0.25 of the training data validates, and trains nothing: a quarter of 3 crops",
        "final      champion and defaults are trained again on all training data and go through"
        " evaluate on the test data, once, at the end",
    ]
    text = yaml.safe_dump(plan_to_dict(plan))
    content = parse_mapping(text, held["output"] / "plan.yaml", PLAN)
    assert plan_from_dict(content, plan.skill, plan.output).final == plan.final
    content.pop("final")  # a plan of an earlier version
    assert plan_from_dict(content, plan.skill, plan.output).final is None


def test_without_refit_the_checkpoints_of_the_search_are_tested(held: dict[str, Any]) -> None:
    plan = plan_of(held, refit=False)
    assert plan.final is not None
    assert (plan.final.action, plan.final.refit) == ("evaluate", False)
    assert "trained again" not in lines(plan)


def test_a_direct_run_holds_nothing_out(held: dict[str, Any]) -> None:
    plan = plan_of(held, policy="off")
    assert plan.final is None
    assert get_path(plan.spec, "dataset.holdout") == 0.0
    with pytest.raises(InputError, match="--holdout acts in sweeps alone"):
        plan_of(held, policy="off", holdout=0.2)


def test_where_no_test_data_lie_the_search_runs_and_nothing_tests(held: dict[str, Any]) -> None:
    test = Path(held["data"]) / "test"
    (test / "seen").unlink()
    test.rmdir()
    plan = plan_of(held)
    assert plan.final is not None
    assert (plan.final.action, plan.final.share) == (None, 0.25)
    assert "no final test: " in lines(plan)
    assert "dataset.test" in lines(plan)
    with pytest.raises(InputError, match="--refit trains and validates on all data: .*test"):
        plan_of(held, refit=True)
    with pytest.raises(InputError, match="data that the action needs are missing"):
        plan_of(held, holdout="off")


@pytest.mark.parametrize("wrong", [1.0, -0.1, 2, "some", True, float("nan")])
def test_a_share_is_between_0_and_1(held: dict[str, Any], wrong: Any) -> None:
    with pytest.raises(InputError, match="--holdout must be auto, off, or a share between 0 and 1"):
        RunRequest(**held, holdout=wrong)


def test_a_share_beyond_the_trainers_is_refused(held: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="dataset.holdout.*0.5"):
        plan_of(held, holdout=0.9)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("number", "returned 0.2: it must return a share"),
        ("large", "must return a share from 0 to below 1"),
        ("broken", "wrong_rule:broken failed: ZeroDivisionError"),
        ("missing", "wrong_rule has no function 'missing'|missing"),
    ],
)
def test_a_rule_that_fails_is_one_error(held: dict[str, Any], name: str, message: str) -> None:
    (held["skill_dir"] / "wrong_rule.py").write_text(
        "number = lambda spec: 0.2\nlarge = lambda spec: (1.5, 'much')\n"
        "broken = lambda spec: 1 / 0\n"
    )
    info(held["skill_dir"], holdout_rule=f"wrong_rule:{name}")
    with pytest.raises(InputError, match=message):
        plan_of(held)
    assert plan_of(held, holdout="off").final is not None


def test_a_skill_without_a_rule_is_asked_for_a_share(held: dict[str, Any]) -> None:
    info(held["skill_dir"], holdout_rule=None)
    assert "holdout    off: the skill names no holdout_rule; give --holdout SHARE" in lines(
        plan_of(held)
    )


def test_a_skill_without_a_holdout(plain: dict[str, Any], data: Path) -> None:
    plan = plan_of(plain)
    assert plan.final == FinalTest(None, note=f"{SAME}; --final-data ROOT names other data")
    assert plan_of(plain, holdout="auto").final == plan.final
    with pytest.raises(InputError, match="--holdout 0.2: the trainer of test-bowl holds nothing"):
        plan_of(plain, holdout=0.2)
    info(plain["skill_dir"], data_sources={
        "train": {"dataset.folder": {"source": "train_datasets", "path": "crops.tar.gz"}},
        "evaluate": {"test": {"source": "train_datasets", "path": "test"}},
    })  # fmt: skip
    other = data.parent / "other"
    with pytest.raises(InputError, match="--final-data .*other does not exist"):
        plan_of(plain, final_data=str(other))
    (other / "test").mkdir(parents=True)
    final = plan_of(plain, final_data=str(other)).final
    assert final == FinalTest("evaluate", data={"default": str(other), "named": {}})
    final = plan_of(plain, final_data=f"train={other}").final
    assert final is not None
    assert final.data == {"default": None, "named": {"train_datasets": [str(other)]}}


def test_a_skill_that_measures_nothing_says_so(plain: dict[str, Any], data: Path) -> None:
    info(plain["skill_dir"], spec_params={"train": {"results_dir": "output_dir"}})
    final = plan_of(plain).final
    assert final is not None
    assert final.note.startswith(f"{SAME}: test-bowl has no evaluate action")
    with pytest.raises(InputError, match="--final-data: test-bowl has no evaluate action"):
        plan_of(plain, final_data=str(data))
