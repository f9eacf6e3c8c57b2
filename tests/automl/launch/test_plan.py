"""Resolving a request: everything is decided, or one clear error comes and nothing is written."""

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from automl.errors import InputError
from automl.launch.plan import Plan, make_plan
from automl.launch.plan_codec import plan_to_dict
from automl.launch.request import RunRequest
from automl.trial.data.cache import CACHE_VARIABLE


@pytest.fixture
def plan(bowl: Path, data: Path, tmp_path: Path) -> Any:
    def make(**options: Any) -> Plan:
        given = {"skill_dir": bowl, "data": str(data), "output": tmp_path / "run", **options}
        return make_plan(RunRequest(**given))

    return make


def test_a_sweep_is_resolved(plan: Any, tmp_path: Path) -> None:
    found = plan(trials=7)
    assert (found.route.kind, found.trials, found.algorithm) == ("sweep", 7, "portfolio")
    assert set(found.space.names) == {"train.lr", "train.momentum", "train.kind"}
    assert found.spec["results_dir"] == str(tmp_path / "run")
    assert found.data_lines == ("crops in crops",)
    assert not (tmp_path / "run").exists()


def test_the_plan_is_plain_data(plan: Any) -> None:
    content = plan_to_dict(plan(trials=3))
    assert yaml.safe_load(yaml.safe_dump(content)) == content
    assert content["space"]["parameters"]


def test_a_champions_spec_can_be_fed_back(plan: Any, tmp_path: Path) -> None:
    spec = tmp_path / "best.yaml"
    spec.write_text("train: {lr: 0.02}\nresults_dir: /an/earlier/trial\n")
    found = plan(spec_file=spec)
    assert found.spec["results_dir"] == str(tmp_path / "run")
    assert found.spec["train"]["lr"] == 0.02
    assert "results_dir of the spec file is replaced by each trial's folder" in found.notes


def test_what_the_user_fixes_is_not_searched(plan: Any) -> None:
    found = plan(overrides=["lr=0.02"])
    assert "train.lr" not in found.space.names
    assert found.spec["train"]["lr"] == 0.02


def test_trials_default_unless_time_limits_them(plan: Any) -> None:
    assert plan().trials == 20
    assert plan(time_budget_s=60.0).trials is None


@pytest.mark.parametrize("options", [{"policy": "off"}, {"request": "plain training please"}])
def test_a_direct_run(plan: Any, options: dict[str, Any]) -> None:
    found = plan(**options)
    assert (found.route.kind, found.space, found.trials) == ("direct", None, 1)


def test_a_missing_schema_means_one_direct_run_that_says_so(plan: Any, bowl: Path) -> None:
    (bowl / "schemas" / "train.schema.json").unlink()
    found = plan()
    assert found.route.kind == "direct"
    words = "AutoML is enabled but not runnable for this model until schemas are generated"
    assert found.route.reason.count(words) == 1
    assert "schemas/train.schema.json" in found.route.reason
    with pytest.raises(InputError, match="schemas/train.schema.json"):
        plan(policy="on")


def test_a_skill_without_automl_is_validated_too(plan: Any, bowl: Path) -> None:
    info = bowl / "references" / "skill_info.yaml"
    info.write_text(info.read_text().replace("automl_enabled: true", "automl_enabled: false"))
    assert plan().route.kind == "direct"
    template = bowl / "references" / "spec_template_train.yaml"
    template.write_text(_with(template.read_text(), "fault", "???"))
    with pytest.raises(InputError, match="train.fault: is mandatory and not set"):
        plan()


def test_data_given_win_over_a_packaged_path(plan: Any, bowl: Path) -> None:
    template = bowl / "references" / "spec_template_train.yaml"
    template.write_text(_with(template.read_text(), "folder", "/packaged/crops"))
    assert plan().data_lines == ("crops in crops",)
    with pytest.raises(InputError, match="/own does not exist"):
        plan(overrides=["dataset.folder=/own"])


def _with(text: str, key: str, value: str) -> str:
    """The template's text with the empty value of ``key`` filled."""
    assert f'{key}: ""' in text
    return text.replace(f'{key}: ""', f"{key}: {value!r}")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"overrides": ["nonsense=1"]}, "nonsense"),
        ({"overrides": ["lr=fast"]}, "train.lr"),
        ({"overrides": ["lr=5"]}, "train.lr: must be at most 1.0, is 5.0"),
        ({"overrides": ["results_dir=/elsewhere"]}, "use --output DIR instead"),
        ({"overrides": ["fault=data"]}, "crops of nobody: add images"),
        ({"data": "/nowhere"}, "does not exist"),
        ({"action": "dance"}, "dance"),
        ({"algorithm": "magic"}, "algorithm 'magic' is unknown"),
        ({"trials": 0}, "trials must be positive"),
        ({"mode": "up"}, "mode 'up' is unknown"),
        ({"search": ["train.nothing"]}, "nothing"),
        ({"overrides": ["lr=0.1", "momentum=0.1", "kind=flat"]}, "nothing is left to search"),
    ],
)
def test_bad_input_is_one_clear_error(
    plan: Any, tmp_path: Path, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        plan(**options)
    assert not (tmp_path / "run").exists()


def test_an_output_that_is_in_use(plan: Any, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "precious.txt").write_text("keep")
    with pytest.raises(InputError, match="exists and is not an empty folder"):
        plan()


def test_no_room_on_the_disk(plan: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("automl.launch.planning.run_folder.MIN_FREE_BYTES", 2**62)
    with pytest.raises(InputError, match="no room for results"):
        plan()


def test_a_program_that_is_not_there(plan: Any, bowl: Path) -> None:
    info = bowl / "references" / "skill_info.yaml"
    content = yaml.safe_load(info.read_text())
    content["actions"]["evaluate"] = {"command": "no-such-program -e {config_path}"}
    info.write_text(yaml.safe_dump(content))
    with pytest.raises(InputError, match="runs 'no-such-program', which is not on the PATH"):
        plan(action="evaluate")


def test_a_program_beside_this_python_counts(
    plan: Any, bowl: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv" / "true").symlink_to("/bin/true")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "venv" / "python"))
    assert plan(action="evaluate").route.kind == "direct"


@pytest.mark.parametrize("policy", ["on", "off"])
def test_an_entrypoint_that_is_not_there(plan: Any, bowl: Path, policy: str) -> None:
    info = bowl / "references" / "skill_info.yaml"
    info.write_text(info.read_text().replace("bowl_trainer:run", "bowl_trainer:walk"))
    with pytest.raises(InputError, match="bowl_trainer has no function 'walk'"):
        plan(policy=policy)
    assert plan(policy=policy, isolate=True).route.kind in ("sweep", "direct")


@pytest.mark.parametrize("devices", ["two", -1, [0, 1], 1.5])
def test_devices_that_are_no_number(plan: Any, bowl: Path, devices: object) -> None:
    info = bowl / "references" / "skill_info.yaml"
    info.write_text(info.read_text() + "gpu_spec_key: train.num_gpus\n")
    (bowl / "schemas" / "train.schema.json").unlink()
    template = bowl / "references" / "spec_template_train.yaml"
    template.write_text(template.read_text().replace("train: {", f"train: {{num_gpus: {devices}, "))
    with pytest.raises(InputError, match="train.num_gpus says how many GPUs a trial takes"):
        plan()


def test_damaged_skill_files_are_named(plan: Any, bowl: Path) -> None:
    (bowl / "references" / "skill_info.yaml").write_text("name: [unclosed")
    with pytest.raises(InputError, match="skill_info.yaml"):
        plan()


@pytest.mark.parametrize(
    ("metric", "mode", "direction"),
    [(None, None, "maximize"), ("train_loss", None, "minimize"), ("score", "min", "minimize")],
)
def test_the_objective(plan: Any, metric: str, mode: str, direction: str) -> None:
    assert plan(metric=metric, mode=mode).objective.direction == direction


def test_staged_data_lie_where_the_user_wants_them(
    plan: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "other"))
    found = plan(cache_dir=tmp_path / "wanted")
    assert Path(found.spec["dataset"]["folder"]).is_relative_to(tmp_path / "wanted")
    assert not (tmp_path / "other").exists()
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"--cache-dir .*below is no folder to write into"):
        plan(cache_dir=tmp_path / "file" / "below")
