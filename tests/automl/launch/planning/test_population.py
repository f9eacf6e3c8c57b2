"""Population based training through the whole of automl, on a trainer that follows checkpoints."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from processes import wait_until
from project_paths import SKILLS
from sweep_here import no_ray

import automl
from automl.errors import InputError
from automl.launch.plan import Plan, make_plan
from automl.launch.plan_codec import plan_to_dict
from automl.launch.request import RunRequest
from automl.launch.resume import resume_plan
from automl.results.run import read_run

LINEAGE = SKILLS / "lineage"
LR = "param.train.optim.lr"


@pytest.fixture
def plan(tmp_path: Path) -> Any:
    def make(skill: Path = LINEAGE, **options: Any) -> Plan:
        given = {"algorithm": "pbt", "output": tmp_path / "run", **options}
        return make_plan(RunRequest(skill_dir=skill, **given))

    return make


def test_the_plan_says_how_the_budget_is_split(plan: Any) -> None:
    found = plan(trials=19)
    assert found.trials == 18
    assert found.algorithm_reason.startswith("6 members train 3 epochs in each of 3 generations")
    assert found.population.mutable == ("train.optim.lr",)
    content = plan_to_dict(found)
    assert yaml.safe_load(yaml.safe_dump(content)) == content


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"trials": 6}, "pbt needs 8 trials or more"),
        ({"overrides": ["num_epochs=1"]}, "one epoch cannot be"),
        ({"scheduler": "asha"}, "pbt replaces poor trials itself: use --scheduler none"),
        ({"metric": ("score", "train_time_s:min")}, "pbt optimises one metric, not 2"),
        ({"search": ["kind"]}, "none that is searched may change then"),
        ({"enqueue": [{"lr": 0.2 + i / 50} for i in range(9)]}, "first generation has 5 members"),
    ],
)
def test_what_a_population_cannot_do_is_refused(plan: Any, options: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        plan(**options)


def test_a_skill_that_cannot_go_on_is_refused(plan: Any, bowl: Path, data: Path) -> None:
    with pytest.raises(InputError, match="skill test-bowl names no spec key for that"):
        plan(bowl, data=str(data))


def _check_lineages(folder: Path, table: pd.DataFrame) -> None:
    """Each trial's checkpoint says what its ancestors did: two epochs each, with their rates."""
    rates = table.set_index("trial_id")[LR].to_dict()
    parents = table.set_index("trial_id")["parent"].to_dict()
    left = list(folder.glob("trials/*/*.pth"))
    assert left
    for path in left:
        state, trial = json.loads(path.read_text()), path.parent.name
        line = [trial]
        while isinstance(parents[line[0]], str):
            line.insert(0, parents[line[0]])
        expected = [[trial, rates[trial]] for trial in line for _ in range(2)]
        assert state["seen"] == expected[: state["epoch"]]


@pytest.mark.usefixtures("shared_ray")
@pytest.mark.slow
def test_a_population_follows_the_best_and_resumes_after_a_kill(tmp_path: Path) -> None:
    killed, calm = tmp_path / "killed", tmp_path / "calm"
    child = _start(
        [
            "--skill-dir", str(LINEAGE), "--algorithm", "pbt", "--trials", "16", "--seed", "5",
            "--max-concurrent", "1", "--yes", "--json", "--set", "fault=sleep",
            "--output", str(killed),
        ]
    )  # fmt: skip
    _await_trial(killed, 6, child)
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    with pytest.raises(InputError, match="ends with its last epoch, so --add-trials"):
        resume_plan(read_run(killed), add_trials=3)
    assert automl.resume(killed).status == "done"
    with no_ray():
        options: dict[str, Any] = {"trials": 16, "seed": 5, "max_concurrent": 1, "output": calm}
        automl.run(skill_dir=LINEAGE, algorithm="pbt", **options)
    table, expected = automl.load_trials(killed), automl.load_trials(calm)
    assert set(table["state"]) == {"finished"}
    columns = ["trial_id", "parent", LR, "score", "epochs"]
    pd.testing.assert_frame_equal(table[columns], expected[columns])
    assert table["epochs"].tolist() == [2] * 4 + [4] * 4 + [6] * 4 + [8] * 4
    assert table["parent"].isna().sum() == 4
    _check_lineages(killed, table)


@pytest.mark.usefixtures("shared_ray")
@pytest.mark.slow
def test_a_lost_worker_and_a_bug_in_one_member(tmp_path: Path) -> None:
    table = automl.run(
        skill_dir=LINEAGE, algorithm="pbt", trials=8, output=tmp_path / "run",
        overrides=["fault=kill-0005,crash-0001"], max_concurrent=1,
    ).trials.set_index("trial_id")  # fmt: skip
    assert (tmp_path / "run" / "trials" / "0005" / "killed-once").exists()
    assert table.loc["0005", "state"] == "finished"
    assert table["state"].value_counts().to_dict() == {"finished": 7, "failed": 1}
    assert table.loc["0001", "state"] == "failed"
    assert "0001" not in set(table["parent"].dropna())


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
def test_a_trainer_without_checkpoints_runs_on_and_says_so(tmp_path: Path) -> None:
    result = automl.run(
        skill_dir=LINEAGE, algorithm="pbt", trials=8, output=tmp_path / "run",
        overrides=["train.save=false"], max_concurrent=1,
    )  # fmt: skip
    assert result.trials["epochs"].tolist() == [8] * 4
    log = (tmp_path / "run" / "trials" / "0000" / "log.txt").read_text()
    assert "no checkpoint of epoch 4 yet: the trial runs on" in log


def _start(arguments: list[str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "automl", "run", *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


def _await_trial(folder: Path, number: int, child: subprocess.Popen[bytes]) -> None:
    wait_until((folder / "trials" / f"{number:04d}" / "spec.yaml").exists, child)
