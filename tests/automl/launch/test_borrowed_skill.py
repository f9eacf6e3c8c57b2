"""A skill as others package one: it is read, planned with warnings, and run as it stands."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from project_paths import SKILLS

import automl
from automl.errors import InputError
from automl.launch.plan import Plan, make_plan
from automl.launch.plan_codec import plan_to_dict
from automl.launch.request import RunRequest
from automl.trial.data.cache import CACHE_VARIABLE


@pytest.fixture
def skill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The borrowed skill, its weights at a link that can be fetched, its trainer importable."""
    directory = Path(shutil.copytree(SKILLS / "borrowed", tmp_path / "borrowed"))
    weights = tmp_path / "store" / "defect.pth"
    weights.parent.mkdir()
    weights.write_bytes(b"weights")
    edit(directory, lambda info: linked(info).update(link=f"file://{weights}"))
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONPATH", str(directory))
    return directory


def linked(info: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = info["spec_params"]["train"]["model.weights"]
    return found


def edit(directory: Path, change: Any) -> None:
    path = directory / "references/skill_info.yaml"
    info = yaml.safe_load(path.read_text())
    change(info)
    path.write_text(yaml.safe_dump(info))


def plan(skill: Path, tmp_path: Path, **options: Any) -> Plan:
    return make_plan(RunRequest(skill_dir=skill, output=tmp_path / "run", **options))


def test_what_does_not_fit_together_is_a_warning_of_the_plan(skill: Path, tmp_path: Path) -> None:
    found = plan(skill, tmp_path)
    assert (found.skill.info.name, found.route.kind) == ("defect_net", "sweep")
    assert found.warnings == (
        "model.gru_hidden: unknown key",
        "evaluate: unknown key",
        "train.precision: is required and missing",
    )
    assert plan_to_dict(found)["warnings"] == list(found.warnings)
    with pytest.raises(InputError, match=r"(?s)--strict: 3 warning.*model.gru_hidden: unknown key"):
        plan(skill, tmp_path, strict=True)


@pytest.mark.parametrize(
    ("override", "fault"),
    [
        ("model.gru_widht=3", "unknown key"),
        ("train.lr=7", "train.lr: must be at most 1.0, is 7"),
        ("train.cls_weight[1]=500", r"train.cls_weight\[1\]: must be at most 100.0, is 500"),
        ("model.kind=HugeNet", "model.kind: must be one of"),
    ],
)
def test_what_the_user_sets_stays_strict(
    skill: Path, tmp_path: Path, override: str, fault: str
) -> None:
    with pytest.raises(InputError, match=fault):
        plan(skill, tmp_path, overrides=[override])


def test_a_key_that_only_the_template_has_may_be_set(skill: Path, tmp_path: Path) -> None:
    found = plan(skill, tmp_path, overrides=["model.gru_hidden=80"])
    assert found.spec["model"]["gru_hidden"] == 80


def test_a_linked_pretrained_file_is_fetched_to_the_name_that_the_skill_gives_it(
    skill: Path, tmp_path: Path
) -> None:
    found = plan(skill, tmp_path)
    place = Path(found.spec["model"]["weights"])
    assert place.is_relative_to(tmp_path / "cache")
    assert (place.name, place.read_bytes()) == ("small.pth", b"weights")
    assert found.sources["model.weights"].location.startswith("file://")
    assert any(note.startswith(f"model.weights = {place} (from file://") for note in found.notes)


def test_a_pretrained_file_of_the_user_or_of_the_container_is_not_fetched(
    skill: Path, tmp_path: Path
) -> None:
    own = plan(skill, tmp_path, overrides=["model.weights=/mine.pth"])
    assert (own.spec["model"]["weights"], own.sources) == ("/mine.pth", {})
    there = tmp_path / "ptm.pth"
    there.write_bytes(b"built in")
    edit(skill, lambda info: linked(info).update(destination_path=str(there)))
    assert plan(skill, tmp_path).spec["model"]["weights"] == str(there)


def test_a_packaged_path_without_a_file_is_replaced_by_the_linked_file(
    skill: Path, tmp_path: Path
) -> None:
    template = skill / "references/spec_template_train.yaml"
    template.write_text(template.read_text().replace('weights: ""', "weights: /data/small.pth"))
    assert Path(plan(skill, tmp_path).spec["model"]["weights"]).read_bytes() == b"weights"


def test_a_pretrained_file_that_cannot_be_fetched_names_key_and_remedy(
    skill: Path, tmp_path: Path
) -> None:
    (tmp_path / "store" / "defect.pth").unlink()
    with pytest.raises(InputError, match="cannot fetch file:") as caught:
        plan(skill, tmp_path)
    assert str(caught.value).startswith("model.weights: ")
    assert "--set model.weights=FILE, or put it at /ptm/defect_net/small.pth" in str(caught.value)


def test_a_word_of_spec_params_may_be_the_value_itself(skill: Path, tmp_path: Path) -> None:
    (skill / "references/spec_template_train.yaml").unlink()
    found = plan(skill, tmp_path, policy="off")
    assert found.spec["model"]["kind"] == "SmallNet"
    assert "model.kind = SmallNet (skill_info)" in found.notes


def test_a_word_that_means_nothing_is_a_warning(skill: Path, tmp_path: Path) -> None:
    edit(skill, lambda info: info["spec_params"]["train"].update({"train.lr": "learning_rate"}))
    found = plan(skill, tmp_path)
    assert "'learning_rate' in spec_params is no inference rule" in found.warnings[0]


def test_without_a_schema_a_direct_run_says_why_there_is_no_sweep(
    skill: Path, tmp_path: Path
) -> None:
    (skill / "schemas/train.schema.json").unlink()
    found = plan(skill, tmp_path)
    assert found.route.kind == "direct"
    assert "schemas/train.schema.json is missing" in found.route.reason


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
def test_a_sweep_over_an_element_of_a_list_and_commands_by_module(
    skill: Path, tmp_path: Path
) -> None:
    result = automl.run(skill_dir=skill, output=tmp_path / "run", trials=3, max_concurrent=1)
    frame = result.trials
    assert list(frame["state"]) == ["finished"] * 3
    assert frame["param.train.cls_weight[1]"].between(1, 100).all()
    assert frame["val_3DIoU"].max() == result.best["val_3DIoU"]


def test_an_action_of_its_own_schema_is_swept(skill: Path, tmp_path: Path) -> None:
    found = plan(skill, tmp_path, action="tune_threshold", policy="on")
    assert found.space is not None
    assert found.space.names == ("inference.threshold",)
    assert (found.objective.metric, found.objective.direction) == ("f1_score", "maximize")


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
def test_a_sweep_over_an_action_that_trains_nothing(skill: Path, tmp_path: Path) -> None:
    result = automl.run(
        skill_dir=skill,
        output=tmp_path / "run",
        action="tune_threshold",
        policy="on",
        trials=3,
        max_concurrent=1,
    )
    assert list(result.trials["state"]) == ["finished"] * 3
    assert result.best["f1_score"] == result.trials["f1_score"].max()


def test_an_action_that_cannot_be_swept_is_run_directly_and_says_why(
    skill: Path, tmp_path: Path
) -> None:
    edit(skill, lambda info: info["actions"]["tune_threshold"].pop("metric"))
    options = {"action": "tune_threshold", "policy": "on"}
    found = plan(skill, tmp_path, **options)
    assert found.route.kind == "direct"
    assert "nothing says what to optimise; give --metric NAME" in found.route.reason
    assert plan(skill, tmp_path, metric="f1_score", **options).route.kind == "sweep"
    schema = skill / "schemas/tune_threshold.schema.json"
    schema.write_text(schema.read_text().replace('"automl_enabled": true', '"title": "x"'))
    found = plan(skill, tmp_path, metric="f1_score", **options)
    assert "its schema has no parameter to search" in found.route.reason
    named = plan(skill, tmp_path, metric="f1_score", search=["threshold"], **options)
    assert named.route.kind == "sweep"
    assert plan(skill, tmp_path, action="report", policy="on").route.kind == "direct"


def test_the_metric_comes_from_the_prose_and_the_plan_says_so(skill: Path, tmp_path: Path) -> None:
    found = plan(skill, tmp_path)
    assert (found.objective.metric, found.objective.direction) == ("val_3DIoU", "maximize")
    assert "metric val_3DIoU as SKILL.md, 'Monitoring metrics' says" in found.notes
    with pytest.raises(InputError, match=r"did you mean val_3DIoU\?"):
        plan(skill, tmp_path, metric="val_3D_IoU")


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
def test_a_sweep_for_a_metric_that_is_not_reported_ends_with_its_first_trial(
    skill: Path, tmp_path: Path
) -> None:
    result = automl.run(
        skill_dir=skill, output=tmp_path / "run", metric="accuracy", trials=5, max_concurrent=1
    )
    assert result.status == "failed"
    (failure,) = result.trials["failure"]
    words = "the trainer does not report the metric accuracy; it reports: val/loss, val_3DIoU"
    assert failure == words
    assert words in (tmp_path / "run" / "ledger.jsonl").read_text().splitlines()[-1]


@pytest.mark.parametrize(("word", "policy"), [("off", "off"), ("on", "on"), ("auto", "auto")])
def test_a_spec_file_may_hold_the_policy(
    skill: Path, tmp_path: Path, word: str, policy: str
) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(f"automl_policy: {word}\ntrain: {{lr: 0.02}}\n")
    found = plan(skill, tmp_path, spec_file=spec, request="no HPO")
    assert (found.policy.policy, found.policy.reason) == (policy, f"automl_policy of {spec}")
    assert "automl_policy" not in found.spec
    assert plan(skill, tmp_path, spec_file=spec, policy="off").policy.reason == "as given"


def test_a_script_without_a_file_is_run_by_a_shell(skill: Path, tmp_path: Path) -> None:
    folder = tmp_path / "a run"
    result = automl.run(skill_dir=skill, output=folder, action="report")
    assert result.status == "done"
    assert (folder / "trials/0000/report.txt").read_text() == "defects"
    assert "bash runs the command of report" in plan(skill, tmp_path, action="report").notes
