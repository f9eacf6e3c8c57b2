"""The examples of docs/service.md are read by what would read them; the script is run."""

import configparser
import json
import os
import shlex
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest
import yaml
from doc_blocks import blocks_of
from project_paths import ROOT

from automl.cli.main import cli
from automl.launch.request import OPTIONS

TEXTS = {block.note: block.text for block in blocks_of(ROOT / "docs" / "service.md")}
FLAGS = {option.flag for option in OPTIONS.values()}


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """sweep.sh, with an `automl` on the PATH that prints its arguments."""
    fake = tmp_path / "bin" / "automl"
    fake.parent.mkdir()
    fake.write_text('#!/bin/sh\necho "$@"\nexit ${CODE:-0}\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")
    path = tmp_path / "sweep.sh"
    path.write_text(TEXTS["sweep.sh"])
    path.chmod(0o755)
    return path


def said(script: Path, *words: str) -> str:
    done = subprocess.run([script, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_script_begins_a_run_or_goes_on(script: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert said(script, str(run), "--trials", "3") == f"run --output {run} --yes --json --trials 3"
    run.mkdir()
    (run / "plan.yaml").touch()
    assert said(script, str(run), "--trials", "3") == f"run --resume {run} --yes --json"


def test_the_script_hands_on_the_exit_code(
    script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODE", "2")
    assert subprocess.run([script, tmp_path / "run"], capture_output=True).returncode == 2


def known_flags(words: list[str]) -> bool:
    return {word for word in words if word.startswith("--")} <= FLAGS


def test_the_unit_of_systemd() -> None:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(TEXTS["automl-sweep.service"])
    service = unit["Service"]
    assert service["RestartPreventExitStatus"] == "2"
    assert known_flags(shlex.split(service["ExecStart"]))


def test_the_line_of_cron() -> None:
    (line,) = [line for line in TEXTS["crontab"].splitlines() if line[0].isdigit()]
    command = line.split(maxsplit=5)[5].replace("\\%", "%")
    assert subprocess.run(["bash", "-n", "-c", command]).returncode == 0
    assert known_flags(shlex.split(command))


def test_the_workflow_of_argo() -> None:
    workflow = yaml.safe_load(TEXTS["argo.yaml"])
    (template,) = workflow["spec"]["templates"]
    assert workflow["spec"]["entrypoint"] == template["name"]
    assert "!= 2" in template["retryStrategy"]["expression"]
    assert known_flags(template["container"]["command"])
    names = {volume["name"] for volume in workflow["spec"]["volumes"]}
    assert {mount["name"] for mount in template["container"]["volumeMounts"]} == names


class Failed(Exception):
    """What stands for both exceptions of Airflow."""


class FailedForGood(Failed):
    """A task that is not repeated."""


@pytest.mark.parametrize(("code", "raises"), [(0, None), (1, Failed), (2, FailedForGood)])
def test_the_task_of_airflow(
    code: int, raises: type[Failed] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decorator(**settings: Any) -> Any:
        return lambda function: function

    modules = {
        "airflow": {},
        "airflow.decorators": {"dag": decorator, "task": decorator},
        "airflow.exceptions": {"AirflowException": Failed, "AirflowFailException": FailedForGood},
    }
    for name, members in modules.items():
        module = types.ModuleType(name)
        module.__dict__.update(members)
        monkeypatch.setitem(sys.modules, name, module)
    scope: dict[str, Any] = {}
    out = json.dumps({"error": {"what": "no data", "where": "", "remedy": ""}, "folder": "runs/1"})
    done = subprocess.CompletedProcess([], code, out, "it broke")
    monkeypatch.setattr(subprocess, "run", lambda *words, **options: done)
    text = TEXTS["airflow_sweep.py"].replace("\n\nautoml_sweep()\n", "\n")
    exec(compile(text, "airflow_sweep.py", "exec"), scope)
    if raises is None:
        assert scope["sweep"]("runs/1", "crops")["folder"] == "runs/1"
    else:
        with pytest.raises(raises, match="it broke|no data"):
            scope["sweep"]("runs/1", "crops")


def test_the_options_are_known() -> None:
    assert cli.get_command(None, "run") is not None  # type: ignore[arg-type]
    assert {"--trials", "--time-budget", "--data"} <= FLAGS
