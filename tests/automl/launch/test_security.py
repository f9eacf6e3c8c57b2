"""Nothing of a skill runs but its action; credentials are not written; files follow the umask."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from automl.cli.main import run_command_line

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
    for path in (output, output / "trials" / "0000", output / "best"):
        assert path.stat().st_mode & 0o777 == folder
    for name in ("plan.yaml", "ledger.jsonl", "trials.parquet", "trials/0000/spec.yaml"):
        assert (output / name).stat().st_mode & 0o777 == file
    locks = [*output.rglob(".*.lock"), *(tmp_path / "cache").rglob(".*.lock")]
    assert locks
    assert {path.stat().st_mode & 0o777 for path in locks} == {0o600}
