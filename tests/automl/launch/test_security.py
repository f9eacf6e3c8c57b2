"""Nothing of a skill runs but its action; credentials are not written; files follow the umask."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from automl.cli.main import run_command_line
from automl.launch.plan import make_plan
from automl.launch.plan_codec import plan_to_dict
from automl.launch.request import RunRequest
from automl.launch.resume import resume_plan
from automl.results.run import read_run

SECRET = "s3cr3t-of-the-user"
LEAK = """

def run(spec, report=None):
    import os
    raise ConnectionError("https://me:pass-word@host refused " + os.environ["MY_API_TOKEN"])
"""
MARK = "open({path!r}, 'a').write(__file__)\n"


def _arguments(bowl: Path, data: Path, output: Path) -> list[str]:
    return ["run", "--skill-dir", str(bowl), "--data", str(data), "--output", str(output)]


def test_a_password_in_a_spec_value_is_refused(
    bowl: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = _arguments(bowl, data, tmp_path / "run")
    assert run_command_line([*arguments, "--set", "train.fault=http://me:pass-word@host"]) == 2
    printed = capsys.readouterr()
    assert "train.fault 'http://***@host' holds a password" in printed.err
    assert "pass-word" not in printed.out + printed.err
    assert not (tmp_path / "run").exists()


def _with_a_key(bowl: Path, name: str, declared: bool) -> None:
    schema = bowl / "schemas" / "train.schema.json"
    said = json.loads(schema.read_text())
    said["properties"][name] = {"type": "string", "default": ""}
    schema.write_text(json.dumps(said))
    if declared:
        info = bowl / "references" / "skill_info.yaml"
        info.write_text(f"{info.read_text()}\nenvironment_keys: [{name}]\n")


@pytest.mark.parametrize(
    ("declared", "value", "remedy"),
    [
        (True, "pass-word", "--set encryption_key=env:ENCRYPTION_KEY"),
        (False, "pass-word", "leave it out"),
        (False, "env:NAME", "leave it out"),
        (True, "12345678", "--set encryption_key=env:ENCRYPTION_KEY"),  # no text, as YAML reads it
    ],
)
def test_a_secret_in_a_spec_is_refused(
    bowl: Path,
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    declared: bool,
    value: str,
    remedy: str,
) -> None:
    _with_a_key(bowl, "encryption_key", declared)
    (tmp_path / "spec.yaml").write_text(f"encryption_key: {value}")
    arguments = _arguments(bowl, data, tmp_path / "run")
    for more in (["--set", f"encryption_key={value}"], ["--spec", str(tmp_path / "spec.yaml")]):
        assert run_command_line([*arguments, *more]) == 2
        printed = capsys.readouterr()
        assert "encryption_key is a secret" in printed.err
        assert remedy in printed.err
        assert value == "env:NAME" or value not in printed.out + printed.err
        assert not (tmp_path / "run").exists()


def _searchable(bowl: Path) -> None:
    """Give the skill a password of a few words, one that is a number, and a token."""
    schema = bowl / "schemas" / "train.schema.json"
    said = json.loads(schema.read_text())
    said["properties"]["login"] = {
        "type": "object",
        "properties": {
            "password": {"type": "string", "enum": ["a", "b"], "default": "a"},
            "userPwd": {"type": "integer", "minimum": 0, "maximum": 99999999, "default": 1},
            "hub_token": {"type": "string", "default": ""},
        },
    }
    schema.write_text(json.dumps(said))


@pytest.mark.parametrize(
    ("options", "config", "enqueue", "told"),
    [
        (["--choices", "login.password=hunter2,b"], "", "", "--choices login.password: "),
        (["--choices", "password=[hunter2"], "", "", "--choices password: login.password"),
        (["--choices", "hub_token=x,hunter2"], "", "", "--choices hub_token: login.hub_token"),
        (["--choices", "hub_token=env:A,env:B"], "", "", "--choices hub_token: login.hub_token"),
        (["--range", "userPwd=777777:888888"], "", "", "--range userPwd: login.userPwd"),
        (["--range", "password=hunter2"], "", "", "--range password: login.password"),
        (["--search", "password"], "", "[{password: b}, {password: hunter2}]", "point 1: login.p"),
        (["--range", "lr=0.1:0.2"], "search: [userPwd]", "[{userPwd: 777777}]", "point 1: login.u"),
        ([], "choices: {password: [hunter2, a]}", "", "--choices password: login.password"),
        ([], "range: {userPwd: [777777, 888888]}", "", "--range userPwd: login.userPwd"),
        ([], "weights: {password: {hunter2: 1, b: 2}}", "", "--weights password: login.password"),
        ([], "{search: password, enqueue: {password: hunter2}}", "", "point 1 of --enqueue: login"),
    ],
)
def test_a_secret_is_not_searched(
    bowl: Path,
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    config: str,
    enqueue: str,
    told: str,
) -> None:
    _searchable(bowl)
    for name, option, text in (("c", "--config", config), ("e", "--enqueue", enqueue)):
        if text:
            (tmp_path / name).write_text(text)
            options = [*options, option, str(tmp_path / name)]
    arguments = [*_arguments(bowl, data, tmp_path / "run"), *options]
    before = sorted(tmp_path.iterdir())
    for more in ([], ["--plan"], ["--json"]):
        assert run_command_line([*arguments, "--trials", "2", *more]) == 2
        printed = capsys.readouterr()
        assert not any(word in printed.out + printed.err for word in ("hunter2", "777777"))
        assert told in printed.err
        assert "is a secret" in printed.err
    assert {*tmp_path.iterdir()} - {tmp_path / "cache"} == {*before}


@pytest.mark.parametrize(
    "options", [["--choices", "password=a,hunter2"], ["--range", "userPwd=1:7"]]
)
def test_a_space_shows_no_secret(
    bowl: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    _searchable(bowl)
    assert run_command_line(["space", "--skill-dir", str(bowl), *options]) == 2
    printed = capsys.readouterr()
    assert "is a secret" in printed.err
    assert "hunter2" not in printed.out + printed.err
    assert run_command_line(["space", "--skill-dir", str(bowl), "--search", "password"]) == 0


def test_a_secret_that_is_named_by_its_variable_is_written_nowhere(
    bowl: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY_OF_THE_USER", SECRET)
    _with_a_key(bowl, "encryption_key", declared=True)
    arguments = [*_arguments(bowl, data, tmp_path / "run"), "--policy", "off"]
    assert run_command_line([*arguments, "--set", "encryption_key=env:KEY_OF_THE_USER"]) == 0
    spec = yaml.safe_load((tmp_path / "run" / "trials" / "0000" / "spec.yaml").read_text())
    assert spec["encryption_key"] == "env:KEY_OF_THE_USER"
    written = [path for path in (tmp_path / "run").rglob("*") if path.is_file()]
    assert not [path for path in written if SECRET.encode() in path.read_bytes()]
    monkeypatch.delenv("KEY_OF_THE_USER")
    arguments = [*_arguments(bowl, data, tmp_path / "second"), "--policy", "off"]
    assert run_command_line([*arguments, "--set", "encryption_key=env:KEY_OF_THE_USER"]) == 2
    assert not (tmp_path / "second").exists()


def test_a_run_is_not_taken_up_again_without_its_variable(
    bowl: Path,
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("KEY_OF_THE_USER", SECRET)
    _with_a_key(bowl, "encryption_key", declared=True)
    said = {"encryption_key": "env:KEY_OF_THE_USER"}
    folder = tmp_path / "run"
    request = RunRequest(
        skill_dir=bowl, action="train", data=str(data), output=folder, overrides=said
    )
    plan = make_plan(request)
    folder.mkdir()
    (folder / "plan.yaml").write_text(yaml.safe_dump(plan_to_dict(plan)))
    assert resume_plan(read_run(folder)).spec["encryption_key"] == "env:KEY_OF_THE_USER"
    monkeypatch.delenv("KEY_OF_THE_USER")
    assert run_command_line(["run", "--resume", str(folder), "--yes"]) == 2
    assert "there is no environment variable KEY_OF_THE_USER" in capsys.readouterr().err
    assert [path.name for path in folder.iterdir()] == ["plan.yaml"]


def test_credentials_in_an_error_are_masked_everywhere(
    bowl: Path,
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MY_API_TOKEN", SECRET)
    (bowl / "leaking_bowl.py").write_text((bowl / "bowl_trainer.py").read_text() + LEAK)
    info = bowl / "references" / "skill_info.yaml"
    info.write_text(info.read_text().replace("bowl_trainer:run", "leaking_bowl:run"))
    output = tmp_path / "run"
    assert run_command_line([*_arguments(bowl, data, output), "--policy", "off"]) == 1
    printed = capsys.readouterr()
    assert "https://***@host refused ***" in printed.err
    written = [path for path in output.rglob("*") if path.is_file()]
    assert {"plan.yaml", "ledger.jsonl", "trials.parquet"} <= {path.name for path in written}
    for text in (
        printed.out,
        printed.err,
        *(path.read_bytes().decode("latin-1") for path in written),
    ):
        assert SECRET not in text
        assert "pass-word" not in text


@pytest.mark.slow
def test_nothing_of_a_skill_directory_runs_but_what_it_declares(
    bowl: Path, data: Path, tmp_path: Path
) -> None:
    marks = tmp_path / "marks"
    for name in ("sitecustomize", "usercustomize", "setup", "conftest", "json", "yaml", "optuna"):
        (bowl / f"{name}.py").write_text(MARK.format(path=str(marks)))
    (bowl / "evil.pth").write_text(f"import pathlib; pathlib.Path({str(marks)!r}).touch()\n")
    for arguments in (
        ["validate", str(bowl)],
        ["space", "--skill-dir", str(bowl), "--set", f"dataset.folder={data}"],
        [*_arguments(bowl, data, tmp_path / "a"), "--plan"],
        [*_arguments(bowl, data, tmp_path / "b"), "--policy", "off"],
    ):
        command = [sys.executable, "-m", "automl", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert not marks.exists()


@pytest.mark.parametrize(
    ("umask", "folder", "file"), [(0o077, 0o700, 0o600), (0o027, 0o750, 0o640)]
)
def test_files_follow_the_umask_and_locks_are_private(
    bowl: Path, data: Path, tmp_path: Path, umask: int, folder: int, file: int
) -> None:
    before = os.umask(umask)
    try:
        output = tmp_path / "run"
        assert run_command_line([*_arguments(bowl, data, output), "--policy", "off"]) == 0
    finally:
        os.umask(before)
    written = [output, *output.rglob("*")]
    assert {"spec.yaml", "log.txt", "status.json", "best"} < {path.name for path in written}
    for path in (path for path in written if path.suffix != ".lock"):
        assert path.stat().st_mode & 0o777 == (folder if path.is_dir() else file), path
    locks = [*output.rglob(".*.lock"), *(tmp_path / "cache").rglob(".*.lock")]
    assert locks
    assert {path.stat().st_mode & 0o777 for path in locks} == {0o600}
