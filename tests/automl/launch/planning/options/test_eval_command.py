"""``--eval-command``: a program of the user's measures each trained trial."""

import sys
from pathlib import Path
from typing import Any

import pytest
from project_paths import SKILLS

import automl
from automl.errors import InputError
from automl.launch.execute import execute
from automl.launch.plan import Plan, make_plan
from automl.launch.request import RunRequest

SCORE = """
import sys
from pathlib import Path
folder = Path(sys.argv[-1])
if folder.name == "0001":
    sys.exit("no model in " + folder.name)
assert (folder / "spec.yaml").is_file()
print("measured", folder, "in 3: s")
print(f"f1: 0.{int(folder.name) + 3}", "size_mb: 1e1", "note: none", sep="\\n")
"""


@pytest.fixture
def plan(tmp_path: Path) -> Any:
    script = tmp_path / "score.py"
    script.write_text(SCORE)

    def make(**options: Any) -> Plan:
        given = {
            "skill_dir": SKILLS / "peer_script",
            "output": tmp_path / "run",
            "eval_command": f"{sys.executable} '{script}'",
            "metric": ("evaluate.f1:max",),
        }
        return make_plan(RunRequest(**{**given, **options}))

    return make


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
def test_the_sweep_optimises_what_the_command_prints(plan: Any) -> None:
    found = plan(trials=3, retries=0)
    assert "--eval-command" in found.scheduler.reason
    result: Any = execute(found)
    table = result.trials.set_index("trial_id")
    assert list(table["state"]) == ["finished", "failed", "finished"]
    assert table.loc["0001", "failure"].startswith("evaluation: score.py ended with exit code 1")
    assert "no model in 0001" in table.loc["0001", "failure"]
    assert result.best["trial_id"] == "0002"
    assert result.best["evaluate.f1"] == 0.5
    assert result.best["evaluate.size_mb"] == 10.0
    log = result.folder / "trials" / "0002" / "evaluation" / "log.txt"
    assert "measured" in log.read_text()
    more: Any = automl.resume(result.folder, add_trials=1)
    assert more.best["evaluate.f1"] == 0.6


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
def test_a_metric_that_the_command_does_not_print_fails_the_trial(plan: Any) -> None:
    result: Any = execute(plan(metric=("evaluate.f2:max",), trials=1, retries=0))
    assert result.trials["failure"][0].startswith("metric evaluate.f2 was never reported")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"metric": ()}, "name what it prints by --metric evaluate.NAME:max"),
        ({"metric": ("evaluate.f1:max", "loss:min")}, "no metric of the trainer beside it"),
        ({"metric": ("evaluate.f1:max",), "scheduler": "asha"}, "--scheduler asha needs curves"),
        ({"algorithm": "bohb"}, "--algorithm bohb needs curves"),
        ({"eval_command": None}, "evaluate.f1:max is what a command of yours prints"),
        ({"eval_command": None, "metric": "evaluate.f1"}, "give the command with --eval-command"),
        ({"eval_command": "score 'a"}, "No closing quotation"),
        ({"eval_command": ""}, "--eval-command is empty"),
        ({"eval_command": "not-there x"}, "'not-there' is no program that can be run"),
    ],
)
def test_a_command_that_cannot_measure_is_refused(
    plan: Any, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        plan(**options)
