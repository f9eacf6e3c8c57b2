"""One trial through each way of running it: in process, by command, by script."""

import json
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from project_paths import SKILLS

from automl.errors import SkillError, TrialError
from automl.skill import Action, Execution, load_skill
from automl.space.inactive import InactiveDefault
from automl.trial.child_start import command_line
from automl.trial.job import TrialJob
from automl.trial.mode import TrialMode
from automl.trial.run import run_trial
from automl.trial.status_record import StatusRecord

BOWL = SKILLS / "bowl"
TRAIN = load_skill(BOWL).schema("train").defaults()["train"]
SPEC = {
    "train": {**TRAIN, "num_epochs": 2, "lr": 0.01, "momentum": 0.9},
    "results_dir": "",
    "empty": None,
}
SCRIPT = """
import sys
sys.path.insert(0, {bowl!r})
import {reader} as reader
import bowl_trainer
path, results, job = sys.argv[1:]
spec = reader.{load}
assert spec["results_dir"] == results and results.endswith(job)
bowl_trainer.run(spec)
"""


def _job(
    tmp_path: Path, action: Action, mode: TrialMode = TrialMode.CHILD, **train: Any
) -> TrialJob:
    return TrialJob(
        action=action,
        skill_dir=BOWL,
        run_dir=tmp_path,
        spec={**SPEC, "train": {**SPEC["train"], **train}},
        placed={"results_dir": "."},
        resume_keys=(),
        metric="score",
        needs_metric=True,
        mode=mode,
    )


def _entrypoint() -> Action:
    execution = Execution("python_entrypoint", entrypoint="bowl_trainer:run")
    return Action("train", ("false",), execution=execution)


def test_in_process(tmp_path: Path) -> None:
    epochs: list[Any] = []
    job = _job(tmp_path, _entrypoint(), mode=TrialMode.IN_PROCESS)
    run_trial(job, 7, {"train.momentum": 0.4}, lambda epoch, kpi: epochs.append((epoch, kpi)))
    folder = tmp_path / "trials" / "0007"
    spec = yaml.safe_load((folder / "spec.yaml").read_text())
    assert spec["train"]["momentum"] == 0.4
    assert spec["results_dir"] == str(folder)
    assert [epoch for epoch, _ in epochs] == [1, 2]
    assert "training of 0007" in (folder / "log.txt").read_text()
    assert job.spec["train"]["momentum"] == 0.9


@pytest.mark.parametrize(("kind", "momentum"), [("flat", 0.9), ("round", 0.5)])
def test_a_value_that_does_not_exist_in_a_trial_rests(
    tmp_path: Path, kind: str, momentum: float
) -> None:
    inactive = (InactiveDefault("train.momentum", 0.5, ({"train.kind": ("flat",)},)),)
    job = replace(_job(tmp_path, _entrypoint(), in_process=True), inactive=inactive)
    assert job.trial_spec(0, {"train.kind": kind})["train"]["momentum"] == momentum


@pytest.mark.parametrize(
    ("form", "reader", "load"),
    [
        ("yaml", "yaml", "safe_load(open(path))"),
        ("json", "json", "load(open(path))"),
        ("toml", "tomllib", "load(open(path, 'rb'))"),
    ],
)
def test_as_a_command(tmp_path: Path, form: str, reader: str, load: str) -> None:
    code = SCRIPT.format(bowl=str(BOWL), reader=reader, load=load)
    command = (sys.executable, "-c", code, "{config_path}", "{results_dir}", "{job_id}")
    epochs: list[int] = []
    run_trial(
        _job(tmp_path, Action("train", command, config_format=form)),
        1,
        {},
        lambda epoch, kpi: epochs.append(epoch),
    )
    assert epochs == [1, 2]


def test_toml_and_json_say_the_same(tmp_path: Path) -> None:
    from automl.trial.job import write_config

    toml = tomllib.loads(write_config(tmp_path, SPEC, "toml").read_text())
    full = json.loads(write_config(tmp_path, SPEC, "json").read_text())
    assert {**toml, "empty": None} == full


def test_a_script_of_the_skill_runs_in_the_skill(tmp_path: Path) -> None:
    execution = Execution("python_script", script="train.py", args=("--c", "{config_path}"))
    job = _job(tmp_path, Action("train", execution=execution))
    argv, cwd = command_line(job, tmp_path / "spec.yaml", tmp_path, "0000")
    assert argv == [sys.executable, str(BOWL / "train.py"), "--c", str(tmp_path / "spec.yaml")]
    assert cwd == BOWL


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("nan", "metric score is nan at epoch 1"),
        ("silent", "metric score was never reported; reported: train_loss"),
    ],
)
def test_trials_without_a_usable_metric_fail(tmp_path: Path, fault: str, words: str) -> None:
    job = _job(tmp_path, _entrypoint(), mode=TrialMode.IN_PROCESS, fault=fault)
    with pytest.raises(TrialError, match=words):
        run_trial(job, 0, {}, lambda epoch, kpi: None)


def test_an_entrypoint_that_is_not_there(tmp_path: Path) -> None:
    for reference, words in (("nowhere:run", "module nowhere"), ("json:no_such", "no function")):
        action = Action("train", execution=Execution("python_entrypoint", entrypoint=reference))
        with pytest.raises(SkillError, match=words):
            run_trial(
                _job(tmp_path, action, mode=TrialMode.IN_PROCESS), 0, {}, lambda epoch, kpi: None
            )


@pytest.mark.parametrize(
    ("mode", "due", "epochs"),
    [(TrialMode.IN_PROCESS, 1, 1), (TrialMode.CHILD, 1, 2), (TrialMode.IN_PROCESS, 2, 2)],
)
def test_a_metric_that_nothing_knows_is_missed_at_the_first_report(
    tmp_path: Path, mode: TrialMode, due: int, epochs: int
) -> None:
    said: list[int] = []
    job = replace(_job(tmp_path, _told(mode), mode, num_epochs=4), metric="skore", metric_due=due)
    words = "the trainer does not report the metric skore; it reports: score, train_loss; did you"
    with pytest.raises(TrialError, match=words):
        run_trial(job, 0, {}, lambda epoch, kpi: said.append(epoch))
    assert said == list(range(1, epochs))


@pytest.mark.parametrize("written", ["each epoch", "at the end"])
def test_an_unknown_metric_may_stand_in_a_file_beside_the_status(
    tmp_path: Path, written: str
) -> None:
    code = """
import json, pathlib, sys, yaml
folder = pathlib.Path(yaml.safe_load(open(sys.argv[1]))["results_dir"])
each, status, lines = sys.argv[2] == "each epoch", folder / "status.json", ""
for epoch in (1, 2, 3):
    lines += json.dumps({"epoch": epoch, "kpi": {"loss": 1 / epoch}}) + "\\n"
    status.write_text(lines)
    if each or epoch == 3:
        number = {"epoch": epoch} if each else {}
        (folder / "metrics.json").write_text(json.dumps({"val_loss": 1 / epoch, **number}))
"""
    action = Action("train", (sys.executable, "-c", code, "{config_path}", written))
    job = _job(tmp_path, action, TrialMode.CHILD)
    said: dict[int, dict[str, float]] = {}

    def hear(epoch: int, kpi: dict[str, float]) -> None:
        said.setdefault(epoch, {}).update(kpi)

    run_trial(replace(job, metric="val_loss", metric_due=1), 0, {}, hear)
    assert sorted(said) == [1, 2, 3]
    assert said[3] == {"loss": 1 / 3, "val_loss": 1 / 3}


def _told(mode: TrialMode) -> Action:
    if mode != TrialMode.CHILD:
        return _entrypoint()
    code = f"import sys; sys.path.insert(0, {str(BOWL)!r}); import bowl_trainer, yaml;"
    code += "bowl_trainer.run(yaml.safe_load(open(sys.argv[1])))"
    return Action("train", (sys.executable, "-c", code, "{config_path}"))


def test_an_epoch_reported_late_keeps_its_number(tmp_path: Path) -> None:
    records = [(1, 0.1), (5, 0.5), (2, 0.2), (None, 0.6), (6, 0.7)]  # None: of the last one
    heard: list[tuple[int, float]] = []

    def call(reference: str, skill_dir: Path, spec: Any, report: Any, log: Path) -> None:
        for epoch, score in records:
            report(StatusRecord("RUNNING", epoch=epoch, kpi={"score": score}))
        report(StatusRecord("SUCCESS", epoch=6, kpi={"score": 0.7}))  # says the last one again

    def on_epoch(epoch: int, kpi: dict[str, float]) -> None:
        heard.append((epoch, kpi["score"]))

    job = _job(tmp_path, _entrypoint(), TrialMode.IN_PROCESS)
    run_trial(job, 0, {}, on_epoch, call=call)
    assert heard == [(1, 0.1), (5, 0.5), (2, 0.2), (5, 0.6), (6, 0.7)]


def test_a_value_that_cannot_be_read_is_told_once_and_noted_in_the_log(tmp_path: Path) -> None:
    code = "print('score: 5/10'); print('score: 6/10'); print('score: 0.5')"
    job = TrialJob(
        action=Action("train", (sys.executable, "-c", code)),
        skill_dir=SKILLS / "bowl",
        run_dir=tmp_path,
        spec={},
        placed={},
        resume_keys=(),
        metric="score",
        needs_metric=True,
        mode=TrialMode.CHILD,
    )
    told: list[str] = []
    epochs: list[dict[str, float]] = []
    run_trial(job, 0, {}, lambda epoch, kpi: epochs.append(kpi), on_unread=told.append)
    assert epochs == [{"score": 0.5}]
    [words] = told
    assert "'score: 5/10'" in words
    log = (tmp_path / "trials" / "0000" / "log.txt").read_text()
    assert log.count("cannot be read for certain") == 1
    assert f"automl: {words}\n" in log


def test_files_of_another_trial_that_had_the_number_are_not_this_ones(tmp_path: Path) -> None:
    job = TrialJob(
        action=Action("train", (sys.executable, "-c", "print('score: 0.5')")),
        skill_dir=SKILLS / "bowl",
        run_dir=tmp_path,
        spec={"lr": 0.1, "resume": None},
        placed={},
        resume_keys=("resume",),
        metric="score",
        needs_metric=True,
        mode=TrialMode.CHILD,
    )
    folder = tmp_path / "trials" / "0000"
    for values, scores in (({"lr": 0.2}, [0.5]), ({"lr": 0.2}, [0.9]), ({"lr": 0.3}, [0.5])):
        epochs: list[float] = []
        run_trial(job, 0, values, lambda epoch, kpi, seen=epochs: seen.append(kpi["score"]))
        assert epochs[:1] == scores, values
        assert yaml.safe_load((folder / "spec.yaml").read_text())["lr"] == values["lr"]
        record = {"status": "RUNNING", "epoch": 1, "kpi": {"score": 0.9}}
        (folder / "status.json").write_text(json.dumps(record) + "\n")
        (folder / "model_epoch_001.pth").write_bytes(b"weights")
