"""The contract of script skills as nvidia-tao-sdk 7.2 keeps it, point by point, in one trainer."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import automl
from automl.errors import InputError, SkillError
from automl.launch.plan import make_plan
from automl.launch.request import RunRequest
from automl.launch.resume import resume_plan
from automl.results.run import read_run
from automl.skill import load_skill

TRAINER = """
import json, os, sys, tomllib
from pathlib import Path
assert sys.argv[1] == "--config"
spec = tomllib.loads(Path(sys.argv[2]).read_text())
out, model = Path(spec["output"]["dir"]), Path(spec["output"]["model"])
told = {"job": os.environ["TAO_JOB_ID"], "root": os.environ["TAO_RESULTS_ROOT"],
        "prefix": sys.prefix, "venv": os.environ.get("VIRTUAL_ENV"),
        "first": os.environ["PATH"].split(os.pathsep)[0], "out": str(out), "cwd": os.getcwd()}
model.write_text("weights")
(out / "told.json").write_text(json.dumps(told))
(out / "metrics.json").write_text(json.dumps({"val/loss": (spec["lr"] - 0.2) ** 2}))
"""
SCHEMA = {
    "type": "object",
    "default": {"lr": 0.1, "output": {"dir": "/somewhere", "model": "m.pth"}},
    "automl_default_parameters": ["lr"],
    "properties": {
        "lr": {"type": "float", "default": 0.1, "minimum": 0.01, "maximum": 1.0},
        "output": {
            "type": "collection",
            "properties": {
                "dir": {"type": "string", "default": "/somewhere"},
                "model": {"type": "string", "default": "m.pth"},
            },
        },
    },
}
INFO = {
    "name": "contract",
    "automl_enabled": True,
    "actions": {
        "train": {
            "config_format": "yaml",
            "execution": {
                "type": "python_script", "script": "scripts/train.py", "config_format": "toml",
            },
            "outputs": {"output.dir": {"type": "folder"}, "output.model": {"type": "model"}},
        }
    },
    "metrics": {"monitoring_metric": "val_loss"},
}  # fmt: skip


@pytest.fixture
def skill(tmp_path: Path) -> Path:
    """Neither template nor spec_params nor args: the contract has defaults for all of them."""
    folder = tmp_path / "skill"
    for part in ("references", "schemas", "scripts"):
        (folder / part).mkdir(parents=True)
    (folder / "scripts/train.py").write_text(TRAINER)
    (folder / "schemas/train.schema.json").write_text(json.dumps(SCHEMA))
    _write(folder)
    return folder


def _write(skill: Path, **execution: Any) -> None:
    info: dict[str, Any] = json.loads(json.dumps(INFO))
    info["actions"]["train"]["execution"].update(execution)
    (skill / "references/skill_info.yaml").write_text(yaml.safe_dump(info))


def _told(run: Path, number: int = 0) -> dict[str, str]:
    told: dict[str, str] = json.loads(
        (run / f"trials/{number:04d}/output_dir/told.json").read_text()
    )
    return told


def test_a_script_runs_unchanged(skill: Path, tmp_path: Path) -> None:
    result = automl.run(skill_dir=skill, output=tmp_path / "run", policy="off")
    assert (result.status, result.message) == ("done", "")
    folder, told = tmp_path / "run/trials/0000", _told(tmp_path / "run")
    assert (told["job"], told["root"]) == ("0000", str(folder))
    assert (told["out"], told["cwd"]) == (str(folder / "output_dir"), str(skill))
    assert told["prefix"] == sys.prefix
    assert (folder / "output_model").read_text() == "weights"
    assert list(result.epochs["val_loss"]) == [pytest.approx(0.01)]


def test_with_a_template_it_is_a_sweep(skill: Path, tmp_path: Path) -> None:
    (skill / "references/spec_template_train.yaml").write_text("lr: 0.2\n")
    plan = make_plan(RunRequest(skill_dir=skill, output=tmp_path / "run"))
    assert plan.route.kind == "sweep"
    assert plan.placed == {"output.dir": "output_dir", "output.model": "output_model"}
    with pytest.raises(InputError, match="output.dir is set for each trial by the run"):
        make_plan(RunRequest(skill_dir=skill, output=tmp_path / "run", overrides=["output.dir=/x"]))


def test_its_own_virtual_environment(skill: Path, tmp_path: Path) -> None:
    venv, run = tmp_path / "venv", tmp_path / "run"
    command = [sys.executable, "-m", "venv", "--without-pip", str(venv)]
    subprocess.run(command, check=True, capture_output=True)
    automl.run(skill_dir=skill, output=run, policy="off", venv=venv)
    told = _told(run)
    assert (told["prefix"], told["venv"]) == (str(venv), str(venv))
    assert told["first"] == str(venv / "bin")
    assert yaml.safe_load((run / "plan.yaml").read_text())["care"]["venv"] == str(venv)


def test_a_resumed_run_keeps_the_environment(skill: Path, tmp_path: Path) -> None:
    from automl.launch.plan_codec import save_plan

    (tmp_path / "venv/bin").mkdir(parents=True)
    (tmp_path / "venv/pyvenv.cfg").touch()
    shutil.copy(sys.executable, tmp_path / "venv/bin/python")
    (skill / "references/spec_template_train.yaml").write_text("lr: 0.2\n")
    plan = make_plan(RunRequest(skill_dir=skill, output=tmp_path / "run", venv=tmp_path / "venv"))
    plan.output.mkdir()
    save_plan(plan, {})
    assert resume_plan(read_run(plan.output)).trial_options.home == tmp_path / "venv"


def test_what_is_no_environment_or_cannot_act_is_refused(skill: Path, tmp_path: Path) -> None:
    request = {"output": tmp_path / "run", "policy": "off"}
    with pytest.raises(InputError, match="is no virtual environment"):
        make_plan(RunRequest(skill_dir=skill, venv=tmp_path, **request))
    with pytest.raises(InputError, match="--venv is for scripts and commands"):
        make_plan(RunRequest(venv=tmp_path, **request))


@pytest.mark.parametrize(
    ("execution", "words"),
    [
        ({"script": "scripts/absent.py"}, "runs the script .*absent.py, which is no file"),
        ({"cwd": "nowhere"}, "in .*nowhere, which is no folder"),
        ({"args": ["--out", "{output_dir}"]}, r"\{output_dir\} is no placeholder"),
        ({"config_format": "xml"}, "config_format: must be one of yaml, json, toml"),
    ],
)
def test_faults_are_told_before_anything_runs(
    skill: Path, tmp_path: Path, execution: dict[str, Any], words: str
) -> None:
    _write(skill, **execution)
    with pytest.raises(InputError, match=words):
        make_plan(RunRequest(skill_dir=skill, output=tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_script_args_is_the_other_name(skill: Path) -> None:
    _write(skill, script_args=["--config", "{config_path}", '{"a": 1}'])
    execution = load_skill(skill).action("train").execution
    assert execution is not None
    assert execution.args == ("--config", "{config_path}", '{"a": 1}')
    _write(skill, args=[])
    assert load_skill(skill).action("train").execution.args == ()  # type: ignore[union-attr]
    _write(skill, args=["{nothing}"])
    with pytest.raises(SkillError, match="is no placeholder"):
        load_skill(skill)
