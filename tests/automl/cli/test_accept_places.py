"""`automl run --resume` of a run that names places which are not the user's own."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

import automl.cli.commands.run as command
from automl.cli.main import run_command_line
from automl.launch.known_places import VARIABLE


@pytest.fixture
def run(bowl: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run of the user's own, cut short after its first trial began."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "state"))
    let_it_go_on(bowl)
    folder = tmp_path / "run"
    words = ["--skill-dir", str(bowl), "--data", str(data), "--output", str(folder)]
    assert run_command_line(["run", *words, "--policy", "off", "--quiet"]) == 0
    cut(folder)
    return folder


def let_it_go_on(bowl: Path) -> None:
    """Give the skill a key for the checkpoint that a direct run goes on from."""
    for name, old, new in (
        ("references/skill_info.yaml", "train: {results_dir: output_dir}",
         "train: {results_dir: output_dir, start: resume_model}"),
        ("references/spec_template_train.yaml", "results_dir: ", "start: ''\nresults_dir: "),
        ("schemas/train.schema.json", '"properties": {',
         '"properties": {"start": {"type": "string", "default": ""},'),
    ):  # fmt: skip
        text = (bowl / name).read_text()
        (bowl / name).write_text(text.replace(old, new, 1))


def cut(folder: Path) -> None:
    """Leave what a run has that died after its first event."""
    for table in (*folder.glob("*.parquet"), folder / ".tables.json"):
        table.unlink(missing_ok=True)
    lines = (folder / "ledger.jsonl").read_text().splitlines(keepends=True)
    (folder / "ledger.jsonl").write_text(lines[0])


def content(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def resume(folder: Path, *more: str) -> int:
    return run_command_line(["run", "--resume", str(folder), *more])


def name_another(run: Path, where: str, key: str, value: str) -> None:
    plan = yaml.safe_load((run / "plan.yaml").read_text())
    plan[where][key] = value
    (run / "plan.yaml").write_text(yaml.safe_dump(plan, sort_keys=False))


def test_a_run_of_the_users_own_goes_on_unasked_also_moved_and_copied(
    run: Path, tmp_path: Path
) -> None:
    shutil.copytree(run, tmp_path / "copy")
    run.rename(tmp_path / "moved")
    assert resume(tmp_path / "moved") == 0
    assert resume(tmp_path / "copy") == 0


@pytest.mark.parametrize("more", [[], ["--json"], ["--quiet"], ["--plan"]])
def test_an_unknown_skill_directory_is_refused_without_yes(
    run: Path, bowl: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str]
) -> None:
    other = Path(shutil.copytree(bowl, tmp_path / "other"))
    name_another(run, "skill", "directory", str(other))
    before = content(tmp_path)
    capsys.readouterr()
    assert resume(run, *more) == 2
    printed = capsys.readouterr()
    said = json.loads(printed.out)["error"]["what"] if more == ["--json"] else printed.out
    assert ("places where" in said) is (more == ["--json"])
    assert f"- skill directory {other}" in printed.err
    assert "--yes" in printed.err
    assert content(tmp_path) == before


def test_with_yes_it_goes_on_and_is_known_from_then_on(
    run: Path, bowl: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Path(shutil.copytree(bowl, tmp_path / "other"))
    name_another(run, "skill", "directory", str(other))
    assert resume(run, "--yes") == 0
    assert f"not known as yours: skill directory {other}" in capsys.readouterr().err
    cut(run)
    assert resume(run) == 0
    assert "not known" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("where", "key", "value"),
    [("care", "venv", "/tmp/venv"), ("wishes", "storage", "s3://theirs/runs")],
)
def test_other_unknown_places_are_refused(
    run: Path, capsys: pytest.CaptureFixture[str], where: str, key: str, value: str
) -> None:
    name_another(run, where, key, value)
    assert resume(run) == 2
    assert value in capsys.readouterr().err


def test_another_user_is_asked_on_a_terminal(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "another user's"))
    monkeypatch.setattr(command, "_on_terminal", lambda: True)
    answers = iter([False, True])
    monkeypatch.setattr("click.confirm", lambda *words, **more: next(answers))
    before = content(run)
    assert resume(run) == 130
    assert "not started" in capsys.readouterr().err
    assert content(run) == before
    assert resume(run) == 0


def test_a_changed_trainer_is_refused_like_a_changed_schema(
    run: Path, bowl: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trainer = bowl / "bowl_trainer.py"
    (bowl / "__pycache__").mkdir(exist_ok=True)
    (bowl / "__pycache__" / "x.pyc").write_bytes(b"cache")
    trainer.write_text(trainer.read_text() + "\n# changed\n")
    assert resume(run) == 2
    assert "changed since the run" in capsys.readouterr().err
    assert resume(run, "--allow-changed") == 0
    listed = json.loads((run / "ledger.jsonl").read_text().splitlines()[0])
    assert listed["event"]
