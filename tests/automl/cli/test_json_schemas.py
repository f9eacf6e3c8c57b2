"""What commands print as JSON is what schemas/cli/*.json say, errors included."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from project_paths import SKILLS
from skills.json_schemas import SCHEMAS, check
from small_runs import make_sweep

from automl.cli.main import run_command_line


def printed(capsys: pytest.CaptureFixture[str], code: int, *words: str) -> Any:
    capsys.readouterr()
    assert run_command_line([*words]) == code, words
    return json.loads(capsys.readouterr().out)


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
    for words in (["--json"], ["--format", "json"], ["--epochs", "--json"]):
        check(printed(capsys, 0, "trials", done, going, *words), "trials")
    check(printed(capsys, 0, "trials", done, "--json"), "trials")
    check(printed(capsys, 0, "compare", done, done, "--json"), "compare")
    check(printed(capsys, 0, "compare", done, "--json", "--columns", "run,best"), "compare")
    check(printed(capsys, 0, "repair", done, "--json"), "repair")
    check(printed(capsys, 0, "run", "--resume", done, "--json", "--yes"), "run")
    words = ["run", "--skill-dir", str(bowl), "--data", str(data), "--plan", "--json"]
    check(printed(capsys, 0, *words), "plan")
    direct = [*words, "--action", "train", "--policy", "off"]
    check(printed(capsys, 0, *direct), "plan")
    judged = [*words, "--objective", "evaluate"]
    assert printed(capsys, 0, *judged)["evaluation"]["action"] == "evaluate"
    check(printed(capsys, 0, *judged), "plan")


def test_commands_on_what_runs_know(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, bowl: Path, data: Path
) -> None:
    done = str(make_sweep(tmp_path / "done", bowl, data, done=True))
    going = str(make_sweep(tmp_path / "going", bowl, data, done=False))
    point = tmp_path / "point.yaml"
    point.write_text("train.lr: 0.02")
    check(printed(capsys, 0, "propose", going, "--point", str(point), "--json"), "propose")
    check(printed(capsys, 0, "status", going, "--json"), "status")
    file = str(tmp_path / "prior.json")
    check(printed(capsys, 0, "prior", "export", done, "--output", file, "--json"), "prior")
    words = ["prior", "import", file, "--skill-dir", str(bowl), "--json"]
    check(printed(capsys, 0, *words), "prior")


def test_the_doctor(capsys: pytest.CaptureFixture[str], bowl: Path) -> None:
    capsys.readouterr()
    code = run_command_line(["doctor", "--skill-dir", str(bowl), "--json"])
    found = json.loads(capsys.readouterr().out)
    check(found, "doctor")
    assert code == (2 if found["counts"]["fault"] else 0)


def test_commands_on_skills(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(printed(capsys, 2, "validate", str(SKILLS), "--json"), "validate")
    check(printed(capsys, 0, "space", "--json"), "space")
    check(printed(capsys, 0, "space", "--popular", "--json"), "popular")
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
        (["space", "--format", "table", "--json"], "", "leave one out"),
        (["trials", "nowhere", "--format", "csv", "--json"], "", "leave one out"),
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
