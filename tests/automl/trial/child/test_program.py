"""Programs of skills: on the PATH, or beside this Python."""

import sys
from pathlib import Path

import pytest

from automl.trial.child.program import fill_placeholders, find_program


def _program(folder: Path, name: str) -> str:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def test_the_path_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "venv" / "python"))
    assert find_program("trainer") is None
    beside = _program(tmp_path / "venv", "trainer")
    assert find_program("trainer") == beside
    on_path = _program(tmp_path / "path", "trainer")
    assert find_program("trainer") == on_path


def test_placeholders_are_quoted_in_a_shells_script_alone() -> None:
    values = {"config_path": "/a run/x.yaml", "results_dir": "/a run"}
    plain = fill_placeholders(["train", "-e", "{config_path}", "{other}"], values)
    assert plain == ["train", "-e", "/a run/x.yaml", "{other}"]
    script = "cd {results_dir} && train -e \"{config_path}\" --note '{results_dir}'"
    filled = fill_placeholders(["bash", "-lc", script, "{config_path}"], values)
    assert filled == [
        "bash",
        "-lc",
        "cd '/a run' && train -e \"/a run/x.yaml\" --note '/a run'",
        "/a run/x.yaml",
    ]
