"""``automl status`` after each kind of death: what it was, why, and the command that goes on.

Ctrl-C, SIGTERM, SIGKILL and the full disk: beside their own tests, in test_driver_faults.py,
test_child_processes.py and test_rank_faults.py.
"""

import json
import signal
import time
from pathlib import Path

import pytest
import yaml
from drivers import WITHOUT_RAY, events, resume_command, start, status
from processes import PATIENCE_S, wait_until
from project_paths import SKILLS

from automl.cli.main import run_command_line
from automl.results.tables import load_trials

BROKE = "RuntimeError: the bowl broke"
SLOW_EVALUATION = """

def evaluate_slowly(spec, report=None):
    if "SLOW_EVALUATION" in os.environ:
        time.sleep(600)
    evaluate(spec, report)
"""


def _sweep(folder: Path, fault: str, trials: int = 50) -> list[str]:
    """The options of a sweep of the bowl."""
    (folder / "crops").mkdir()
    return [
        "--skill-dir", str(SKILLS / "bowl"), "--output", str(folder / "run"),
        "--set", f"dataset.folder={folder / 'crops'}", "--set", f"fault={fault}",
        "--trials", str(trials), "--max-concurrent", "1", "--algorithm", "random",
    ]  # fmt: skip


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
def test_a_hopeless_sweep(tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert run_command_line(["run", "--yes", *_sweep(tmp_path, "crash")]) == 1
    told, text = status(run)
    assert told["state"] == "failed"
    assert told["reason"].startswith(f"the first 3 trials all failed: {BROKE}")
    assert told["states"] == {"failed": 3}
    (cause,) = told["failures"]
    expected = {"count": 3, "trial": "0002", "fault": "bug", "reason": BROKE}
    assert {key: cause[key] for key in expected} == expected
    assert cause["trials"] == ["0000", "0001", "0002"]
    assert told["resume"] == resume_command(run)
    assert f"state      failed: the first 3 trials all failed: {BROKE}\n" in text
    assert f"failed     3 trials  bug: {BROKE}  (trials/0002/log.txt)\n" in text
    assert f"none: mend the cause, then go on with  {resume_command(run)}" in text


@pytest.mark.usefixtures("trials_here")
@pytest.mark.slow
def test_a_failed_trial_in_a_sweep_that_spent_its_budget(tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert run_command_line(["run", "--yes", *_sweep(tmp_path, "crash-at-1", trials=3)]) == 0
    told, text = status(run)
    assert (told["state"], told["reason"], told["resume"]) == ("done", "", None)
    assert told["states"] == {"failed": 1, "finished": 2}
    assert told["trials_per_hour"] is told["seconds_left"] is None
    assert "state      done\n" in text
    assert "3 of 3 ended (1 failed, 2 finished)" in text
    assert f"failed     1 trial  bug: {BROKE}  (trials/0001/log.txt)\n" in text
    assert "driver" not in text
    assert "pace" not in text


OVER = "all trials are over; "


def _check_interrupted(run: Path, reason: str) -> None:
    told, text = status(run)
    assert (told["state"], told["reason"]) == ("interrupted", reason)
    assert f"state      interrupted: {reason}\n" in text
    assert f"none: go on with  {resume_command(run)}" in text


@pytest.mark.slow
def test_a_driver_that_ended_while_it_evaluated(
    tmp_path: Path, bowl: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed, then interrupted when it had gone on, then left to finish."""
    run, evaluation = tmp_path / "run", tmp_path / "run" / "best" / "evaluate"
    trainer = bowl / "bowl_trainer.py"
    trainer.write_text(trainer.read_text() + SLOW_EVALUATION)
    info = bowl / "references" / "skill_info.yaml"
    info.write_text(info.read_text().replace("trainer:evaluate", "trainer:evaluate_slowly"))
    (tmp_path / "crops").mkdir()
    monkeypatch.setenv("SLOW_EVALUATION", "yes")
    driver = start(
        "--skill-dir", str(bowl), "--output", str(run), "--confirm", "1", "--repeats", "1",
        "--keep-checkpoints", "none", "--trials", "2", "--max-concurrent", "1",
        "--algorithm", "random",
        "--set", f"dataset.folder={tmp_path / 'crops'}", program=WITHOUT_RAY,
    )  # fmt: skip
    wait_until(lambda: events(evaluation, "start"), driver)
    driver.send_signal(signal.SIGKILL)
    driver.communicate(timeout=PATIENCE_S)
    assert driver.returncode == -signal.SIGKILL
    plan = yaml.safe_load((run / "plan.yaml").read_text())
    used_up = {**plan, "trials": None, "time_budget_s": 0.001}  # its time is over, on any machine
    (run / "plan.yaml").write_text(yaml.safe_dump(used_up))
    left = "what is left: best/, the champion's evaluation, tables and report"
    _check_interrupted(run, OVER + left)

    begun = time.time()
    driver = start("--resume", str(run), program=WITHOUT_RAY)
    wait_until(lambda: any(e["time"] > begun for e in events(evaluation, "start")), driver)
    driver.send_signal(signal.SIGINT)
    printed, _ = driver.communicate(timeout=PATIENCE_S)
    assert driver.returncode == 130
    reason = OVER + "the champion's evaluation was cut short"
    said = json.loads(printed)
    assert (said["status"], said["message"]) == ("interrupted", reason)
    assert said["evaluation"]["failure"] == "interrupted"
    assert "not complete" in (run / "report.html").read_text()
    _check_interrupted(run, reason)

    monkeypatch.delenv("SLOW_EVALUATION")
    trained = len(events(run, "start"))
    driver = start("--resume", str(run), program=WITHOUT_RAY)
    printed, complaints = driver.communicate(timeout=PATIENCE_S)
    assert driver.returncode == 0, complaints
    said = json.loads(printed)
    assert (said["status"], said["message"]) == ("done", "")
    assert said["evaluation"]["metrics"] == {"score": 0.5, "depth": 2.0}
    assert len(events(run, "start")) == trained
    assert Path(said["report"]).is_file()
    assert list((run / "best").glob("*.pth"))
    assert len(load_trials(run)) == trained
    told, text = status(run)
    assert (told["state"], told["reason"], told["resume"]) == ("done", "", None)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("skill_fault", "code", "state", "reason"),
    [("none", 0, "done", ""), ("crash", 1, "failed", BROKE)],
)
def test_a_direct_run(tmp_path: Path, skill_fault: str, code: int, state: str, reason: str) -> None:
    (tmp_path / "crops").mkdir()
    driver = start(
        "--skill-dir", str(SKILLS / "bowl"), "--output", str(tmp_path / "run"), "--policy", "off",
        "--set", f"dataset.folder={tmp_path / 'crops'}", "--set", f"fault={skill_fault}",
    )  # fmt: skip
    driver.communicate(timeout=PATIENCE_S)
    assert driver.returncode == code
    told, text = status(tmp_path / "run")
    assert (told["state"], told["reason"], told["resume"]) == (state, reason, None)
    assert ("none: a direct run starts anew" in text) == (state != "done")
