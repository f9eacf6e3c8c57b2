"""Options about each trial: kept in the plan, read back, refused where they cannot act."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from project_paths import SKILLS

import automl
from automl.cli.main import run_command_line
from automl.errors import InputError
from automl.launch.plan import make_plan
from automl.launch.plan_codec import save_plan
from automl.launch.planning.options.trial import TrialOptions
from automl.launch.request import RunRequest
from automl.launch.resume import resume_plan
from automl.results.run import read_run

OPTIONS: dict[str, Any] = {
    "retries": 3, "trial_timeout_s": 60.0, "stall_timeout_s": 9.0, "keep_checkpoints": "best",
    "keep_best": 2, "oom_retries": 0, "metric_pattern": "acc ([0-9.]+)", "isolate": True,
}  # fmt: skip


def _request(tmp_path: Path, **options: Any) -> RunRequest:
    return RunRequest(skill_dir=SKILLS / "peer_script", output=tmp_path / "run", **options)


def test_options_stay_with_the_run(tmp_path: Path) -> None:
    plan = make_plan(_request(tmp_path, **OPTIONS))
    assert plan.trial_options == TrialOptions(**OPTIONS)
    plan.output.mkdir()
    save_plan(plan, {})
    assert yaml.safe_load((plan.output / "plan.yaml").read_text())["care"] == {
        **OPTIONS,
        "venv": None,
    }
    assert resume_plan(read_run(plan.output)).trial_options == plan.trial_options


def test_defaults(tmp_path: Path) -> None:
    assert make_plan(_request(tmp_path)).trial_options == TrialOptions()
    assert make_plan(_request(tmp_path)).mode.mode == "child"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"retries": -1}, "--retries must not be negative"),
        ({"oom_retries": -1}, "--oom-retries must not be negative"),
        ({"oom_retries": 1}, "--oom-retries needs a skill whose trainer computes a batch in parts"),
        ({"trial_timeout_s": 0.0}, "--trial-timeout must be positive"),
        ({"stall_timeout_s": -1.0}, "--stall-timeout must be positive"),
        ({"keep_checkpoints": "some"}, "'some' is unknown: best, all, none"),
        ({"keep_best": 0}, "--keep-best must be positive"),
        ({"keep_best": 2, "keep_checkpoints": "all"}, "--keep-best means nothing"),
        ({"metric_pattern": "acc"}, "must have one group"),
    ],
)
def test_values_that_cannot_be(tmp_path: Path, options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        make_plan(_request(tmp_path, **options))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"metric_pattern": "acc (.*)"}, "reports in this process"),
        ({"policy": "off", "stall_timeout_s": 5.0}, "cannot end a direct run in this process"),
    ],
)
def test_options_that_cannot_act_in_process(
    bowl: Path, data: Path, tmp_path: Path, options: dict[str, Any], words: str
) -> None:
    request = {"skill_dir": bowl, "data": str(data), "output": tmp_path / "run", **options}
    with pytest.raises(InputError, match=words):
        make_plan(RunRequest(**request))
    assert make_plan(RunRequest(**request, isolate=True)).mode.mode == "child"


def test_isolate_needs_a_command(bowl: Path, data: Path, tmp_path: Path) -> None:
    info = bowl / "references" / "skill_info.yaml"
    info.write_text(info.read_text().replace('    command: "false"\n', ""))
    with pytest.raises(InputError, match="--isolate needs a command"):
        make_plan(RunRequest(skill_dir=bowl, data=str(data), output=tmp_path / "r", isolate=True))


def test_the_command_line_says_it_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run_command_line(
        ["run", "--skill-dir", str(SKILLS / "peer_script"), "--output", str(tmp_path / "run"),
         "--plan", "--json", "--retries", "3", "--trial-timeout", "1m", "--stall-timeout", "9s",
         "--keep-checkpoints", "best", "--keep-best", "2", "--metric-pattern", "acc ([0-9.]+)",
         "--isolate"]
    )  # fmt: skip
    assert code == 0
    assert json.loads(capsys.readouterr().out)["care"] == {**OPTIONS, "venv": None}


def test_the_command_of_isolated_trials_is_looked_for(
    bowl: Path, data: Path, tmp_path: Path
) -> None:
    info = bowl / "references" / "skill_info.yaml"
    info.write_text(info.read_text().replace('command: "false"', 'command: "no-such-program"'))
    given = {"skill_dir": bowl, "data": str(data), "output": tmp_path / "run"}
    assert make_plan(RunRequest(**given)).mode.mode == "in_process"
    with pytest.raises(InputError, match="runs 'no-such-program', which is not on the PATH"):
        make_plan(RunRequest(**given, isolate=True))


def test_an_isolated_entrypoint_runs_as_its_command(bowl: Path, data: Path, tmp_path: Path) -> None:
    (bowl / "main.py").write_text(
        "import os, sys, yaml, bowl_trainer\n"
        "print('process', os.getpid())\n"
        "bowl_trainer.run(yaml.safe_load(open(sys.argv[1])))\n"
    )
    info = bowl / "references" / "skill_info.yaml"
    command = f"{sys.executable} {bowl / 'main.py'} {{config_path}}"
    info.write_text(info.read_text().replace('command: "false"', f'command: "{command}"'))
    result = automl.run(
        skill_dir=bowl, data=str(data), output=tmp_path / "run", policy="off", isolate=True
    )
    assert result.status == "done", result.message
    assert list(result.epochs["epoch"]) == [1, 2, 3]
    log = (tmp_path / "run" / "trials" / "0000" / "log.txt").read_text()
    assert f"process {os.getpid()}" not in log
    assert "process " in log
