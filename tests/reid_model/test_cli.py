"""The console script: exit codes, one-line errors, templates."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from reid_model import cli


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Run the console script with arguments; returns its exit code."""

    def run(*arguments: object) -> int:
        monkeypatch.setattr(sys, "argv", ["re_identification", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        return int(caught.value.code or 0)

    return run


def test_train_runs_a_spec_file_with_overrides(
    call: Callable[..., int], make_spec: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    file = tmp_path / "spec.yaml"
    file.write_text(yaml.safe_dump(make_spec()))
    assert call("train", "-e", file, "train.num_epochs=1") == 0
    assert (tmp_path / "run/train/reid_model_latest.pth").exists()


@pytest.mark.parametrize(
    ("spec", "words"), [({"trian": {}}, "did you mean train"), ({"results_dir": ""}, "is empty")]
)
def test_bad_input_is_one_line_and_exit_code_two(
    call: Callable[..., int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    spec: dict[str, Any],
    words: str,
) -> None:
    file = tmp_path / "spec.yaml"
    file.write_text(yaml.safe_dump(spec))
    assert call("train", "-e", file) == 2
    told = capsys.readouterr().err
    assert words in told
    assert "Traceback" not in told


@pytest.mark.parametrize("action", ["evaluate", "inference", "export"])
def test_the_other_actions_are_commands_too(
    call: Callable[..., int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    action: str,
) -> None:
    file = tmp_path / "spec.yaml"
    file.write_text(yaml.safe_dump({"results_dir": str(tmp_path / "out")}))
    assert call(action, "-e", file, f"{action}.checkpoint=/no/such.pth") == 2
    told = f"re_identification: {action}.checkpoint: /no/such.pth does not exist"
    assert capsys.readouterr().err.startswith(told)
    assert call(action, "--help") == 0
    assert f"re_identification {action} -e spec.yaml" in " ".join(capsys.readouterr().out.split())
    assert not (tmp_path / "out").exists()


def test_default_specs_are_written_or_printed(
    call: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("default_specs", "--out", tmp_path / "specs") == 0
    assert len(list((tmp_path / "specs").glob("spec_template_*.yaml"))) == 4
    capsys.readouterr()
    assert call("default_specs") == 0
    assert yaml.safe_load(capsys.readouterr().out)["model"]["backbone"] == "resnet_50"
    assert call("default_specs", "--action", "fly") == 2
    assert "'fly' is none of train, evaluate" in capsys.readouterr().err


def test_make_data_writes_the_three_splits(call: Callable[..., int], tmp_path: Path) -> None:
    asked = ["--ids", 8, "--cameras", 2, "--images-per-camera", 2, "--size", "32x16"]
    assert call("make-data", "--out", tmp_path / "data", *asked) == 0
    assert {path.name for path in (tmp_path / "data").iterdir()} == {
        "sample_train",
        "sample_test",
        "sample_query",
    }
    assert call("make-data", "--out", tmp_path / "other", "--size", "wide") == 2
