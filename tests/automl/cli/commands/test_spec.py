"""``automl spec``: the spec of a run, a trial or a file for another trainer."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from project_paths import SKILLS

from automl.cli.main import run_command_line
from automl.skill import load_skill, packaged_skill_dir
from automl.spec import build_spec
from automl.spec.nested import get_path, merge
from automl.trial.ledger.writer import Ledger


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    """The folder of a sweep of the packaged skill, with a champion and a trial."""
    folder = tmp_path / "run"
    defaults = build_spec(load_skill(packaged_skill_dir()), "train").values
    own = {
        "results_dir": str(folder / "trials" / "0001"),
        "encryption_key": "env:KEY_OF_THE_TEST",
        "train": {"ema_decay": 0.99, "num_epochs": 6, "optim": {"lr_steps": [40, 70]}},
    }
    plan = {"skill": {"directory": str(packaged_skill_dir())}, "action": "train",
            "metric": "cmc_rank_1", "direction": "maximize",
            "space": {"parameters": []}}  # fmt: skip
    for name, feat_dim in (("best", 1024), ("trials/0001", 256)):
        (folder / name).mkdir(parents=True)
        values = merge(merge(defaults, own), {"model": {"feat_dim": feat_dim}})
        (folder / name / "spec.yaml").write_text(yaml.safe_dump(values))
    (folder / "plan.yaml").write_text(yaml.safe_dump(plan))
    ledger = Ledger(folder / "ledger.jsonl")
    ledger.start(1, "search", {})
    ledger.epoch(1, 6, {"cmc_rank_1": 0.5})
    ledger.end(1, "finished")
    return folder


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, Any, str]:
    code = run_command_line(["spec", *map(str, words), "--for", "tao"])
    captured = capsys.readouterr()
    return code, yaml.safe_load(captured.out), captured.err


def test_a_champions_spec_without_what_tao_lacks(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, written, said = run(capsys, finished)
    assert code == 0
    assert "ema_decay" not in written["train"]
    assert not {"evaluate", "inference", "export"} & written.keys()
    assert written["train"]["num_epochs"] == 6
    assert written["train"]["optim"]["lr_steps"] == [40, 70]  # as the trial had them, not scaled
    assert (written["results_dir"], written["encryption_key"]) == ("", "")
    lines = said.splitlines()
    assert "reset     results_dir: it lies in the run's folder" in lines
    assert any(line.startswith("reset     encryption_key: it names an env") for line in lines)
    assert (
        "left out  train.ema_decay 0.99: TAO has no such key, so this has no effect there" in lines
    )
    taken = "TAO takes at most 768; its default acts in place"
    assert f"left out  model.feat_dim 1024: {taken}" in lines
    assert lines[-1].startswith("left out  dataset.augmix_prob, ")
    assert lines[-1].endswith(": TAO has no such keys; all are at their defaults")
    assert "KEY_OF_THE_TEST" not in said


@pytest.mark.parametrize(
    ("key", "value", "takes"),
    [
        ("model.backbone", "timm:vit_small_patch16_224", "one of resnet_18, "),
        ("model.backbone", "osnet_x0_25", "one of resnet_18, "),
        ("model.metric_loss_type", "weighted_triplet", "only 'triplet'"),
        ("model.neck", "no", "only 'bnneck'"),
        ("train.optim.warmup_method", "exp", "one of constant, linear, cosine"),
    ],
)
def test_a_word_that_tao_does_not_know_is_named_and_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], key: str, value: str, takes: str
) -> None:
    *sections, leaf = key.split(".")
    spec: dict[str, Any] = {leaf: value}
    for section in reversed(sections):
        spec = {section: spec}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(spec))
    code, written, said = run(capsys, tmp_path / "mine.yaml")
    assert code == 0
    assert get_path(written, key, None) is None
    assert f"left out  {key} {value!r}: TAO takes {takes}" in said


@pytest.mark.parametrize("name", ["trials/0001", "trials/0001/spec.yaml", "best/spec.yaml"])
def test_a_trial_and_the_spec_files_of_a_run_are_the_runs(
    finished: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    code, written, said = run(capsys, finished / name)
    assert code == 0
    assert get_path(written, "model.feat_dim", None) == (None if "best" in name else 256)
    assert "reset     results_dir" in said


def test_a_spec_file_is_completed_and_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine, written = tmp_path / "mine.yaml", tmp_path / "tao.yaml"
    mine.write_text("train: {num_epochs: 60}\nmodel: {input_width: 64}\n")
    code, printed, said = run(capsys, mine, "--output", written)
    assert (code, printed) == (0, None)
    values = yaml.safe_load(written.read_text())
    assert values["train"]["optim"]["lr_steps"] == [20, 35]  # TAO scales no default schedule
    assert "input_width" not in values["model"]
    assert "left out  model.input_width 64: TAO takes only 128" in said
    mine.write_text("train: {num_epoch: 60}\n")
    assert run(capsys, mine)[0] == 2


def test_the_action_of_a_file_decides_which_sections_stay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.yaml").write_text("evaluate: {batch_size: 32}\n")
    written = run(capsys, tmp_path / "mine.yaml", "--action", "evaluate")[1]
    assert written["evaluate"]["batch_size"] == 32
    assert "inference" not in written


def test_a_skill_without_marks_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.yaml").write_text("{}")
    sink = SKILLS / "kitchen_sink"
    code, written, said = run(capsys, tmp_path / "mine.yaml", "--skill-dir", sink)
    assert code == 0
    assert written == build_spec(load_skill(sink), "train").values
    assert "the schema of kitchen-sink marks nothing that TAO lacks" in said


def test_what_is_no_source_is_one_error(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (finished / "best" / "spec.yaml").unlink()
    for words, said in (
        ([finished], "has no champion (yet)"),
        ([tmp_path], "is no run's and no trial's folder"),
        ([tmp_path / "none.yaml"], "no such file"),
        ([finished / "trials/0001", "--action", "export"], "is the spec of action train"),
        ([finished / "trials/0001", "--output", tmp_path / "no/where.yaml"], "there is no folder"),
        ([tmp_path / "none.yaml", "--output", tmp_path / "x.xlsx"], "it may be .yaml, .yml"),
        ([finished, "--output", finished / "plan.yaml"], "the run's own file"),
    ):
        code, _, error = run(capsys, *words)
        assert code == 2
        assert said in error
