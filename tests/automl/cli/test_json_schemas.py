"""What commands print as JSON is what schemas/cli/*.json say, errors included."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from project_paths import ROOT, SKILLS
from small_runs import make_sweep

from automl.cli.main import run_command_line

SCHEMAS = ROOT / "schemas" / "cli"


def printed(capsys: pytest.CaptureFixture[str], code: int, *words: str) -> Any:
    capsys.readouterr()
    assert run_command_line([*words]) == code, words
    return json.loads(capsys.readouterr().out)


def check(document: Any, name: str) -> None:
    schema = json.loads((SCHEMAS / f"{name}.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document, schema)


def test_every_schema_is_one_and_says_its_version() -> None:
    files = sorted(SCHEMAS.glob("*.json"))
    assert len(files) > 10
    for file in files:
        schema = json.loads(file.read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["title"].endswith("version 1"), file


def test_commands_on_a_run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, bowl: Path, data: Path
) -> None:
    done = str(make_sweep(tmp_path / "done", bowl, data, done=True))
    going = str(make_sweep(tmp_path / "going", bowl, data, done=False))
    for folder in (done, going):
        check(printed(capsys, 0, "status", folder, "--json"), "status")
    check(printed(capsys, 0, "best", done, "--json"), "best")
    check(printed(capsys, 0, "trials", done, "--format", "json"), "trials")
    check(printed(capsys, 0, "compare", done, "--format", "json"), "compare")
    check(printed(capsys, 0, "repair", done, "--json"), "repair")
    check(printed(capsys, 0, "run", "--resume", done, "--json", "--yes"), "run")
    words = ["run", "--skill-dir", str(bowl), "--data", str(data), "--plan", "--json"]
    check(printed(capsys, 0, *words), "plan")


def test_commands_on_skills(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(printed(capsys, 2, "validate", str(SKILLS), "--format", "json"), "validate")
    check(printed(capsys, 0, "space", "--format", "json"), "space")
    monkeypatch.chdir(tmp_path)
    Path("c.yaml").write_text("lr: 0.1")
    words = ["init", "c.yaml", "--command", "python train.py", "--metric", "loss", "--json"]
    check(printed(capsys, 0, *words), "init")


@pytest.mark.parametrize(
    ("words", "where", "remedy"),
    [
        (["status", "nowhere", "--json"], "", ""),
        (["best", "nowhere", "--json"], "", ""),
        (["run", "--data", "nowhere", "--json"], "", ""),
        (["run", "--trials", "many", "--json"], "automl run", ""),
        (["run", "--no-such-option", "--json"], "automl run", ""),
        (["validate", "nowhere", "--format", "json"], "automl validate", "no such directory"),
        (["init", "nowhere.py", "--json"], "", "name a Python script"),
        (["stats", "--json"], "", ""),
    ],
)
def test_an_error_is_json_too(
    capsys: pytest.CaptureFixture[str], words: list[str], where: str, remedy: str
) -> None:
    assert run_command_line(words) == 2
    said = capsys.readouterr()
    found = json.loads(said.out)
    check(found, "error")
    assert where in found["error"]["where"]
    assert remedy in found["error"]["remedy"]
    assert said.err


def test_without_json_an_error_is_text_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["status", "nowhere"]) == 2
    assert capsys.readouterr().out == ""
