"""Places of a run's plan that are the user's own, and those that are told before it goes on."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

import automl
from automl.cli.main import run_command_line
from automl.errors import InputError
from automl.launch.known_places import (
    VARIABLE,
    check_parent_skill,
    places_of,
    remember,
    unknown_places,
)
from automl.skill import packaged_skill_dir


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user who has run nothing yet."""
    folder = tmp_path / "state"
    monkeypatch.setenv(VARIABLE, str(folder))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    return folder


def plan(skill: str = "", **more: Any) -> dict[str, Any]:
    directory = skill or str(packaged_skill_dir().resolve())
    return {"skill": {"directory": directory}, "wishes": {}, "care": {}, **more}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (plan(), []),
        (plan("/s"), ["skill directory /s"]),
        (plan(care={"venv": "/v"}), ["virtual environment /v"]),
        (plan(wishes={"address": "10.0.0.1:6379"}), ["Ray cluster 10.0.0.1:6379"]),
        (plan(wishes={"address": "ray://there:1"}), ["Ray cluster ray://there:1"]),
        (plan(wishes={"address": "127.0.0.1:6379"}), []),
        (plan(wishes={"address": "auto"}), []),
        (plan(wishes={"storage": "s3://b/runs"}), ["storage s3://b/runs"]),
        (plan(wishes=None, care=3), []),
    ],
)
def test_unknown_places_are_told_until_the_user_runs_there(
    content: dict[str, Any], told: list[str]
) -> None:
    assert unknown_places(content, None) == told
    remember(places_of(content))
    assert unknown_places(content, None) == []


def test_an_address_of_the_user_takes_the_place_of_the_plans() -> None:
    assert unknown_places(plan(wishes={"address": "10.0.0.1:1"}), "10.0.0.2:1") == []


def test_the_cluster_of_the_users_shell_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.1:6379")
    assert unknown_places(plan(wishes={"address": "10.0.0.1:6379"}), None) == []


def test_the_file_is_private_grows_once_and_may_be_damaged(state: Path) -> None:
    remember({"storage": "s3://a"})
    remember({"storage": "s3://a"})
    file = state / "known_places.jsonl"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [json.loads(line) for line in file.read_text().splitlines()] == [["storage", "s3://a"]]
    file.write_text('torn {\n[1]\n"x"\n["storage", "s3://b"]\n')
    assert unknown_places(plan(wishes={"storage": "s3://b"}), None) == []


def test_a_state_folder_that_cannot_be_made_keeps_nobody_from_running(state: Path) -> None:
    state.write_text("a file")
    remember({"storage": "s3://a"})
    assert state.read_text() == "a file"
    assert unknown_places(plan(wishes={"storage": "s3://a"}), None)  # nobody could note it


def test_a_parent_of_an_unknown_skill_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="then pass --skill-dir"):
        check_parent_skill(tmp_path, tmp_path / "skill")
    remember({"skill directory": str(tmp_path / "skill")})
    check_parent_skill(tmp_path, tmp_path / "skill")


def test_looking_at_a_run_runs_nothing_of_its_skill(
    bowl: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    automl.run(skill_dir=bowl, data=str(data), output=run, policy="off")
    mark = tmp_path / "mark"
    (bowl / "bowl_trainer.py").write_text(f"open({str(mark)!r}, 'w')\n")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "another user's"))
    for words in (["status"], ["trials"], ["best"], ["report"]):
        assert run_command_line([*words, str(run)]) == 0
    with pytest.raises(InputError, match="say yes=True") as caught:
        automl.resume(run, add_trials=0) if _reopen(run) else None
    assert caught.value.faults == (f"skill directory {bowl}",)
    assert not mark.exists()


def _reopen(run: Path) -> bool:
    """Cut the end of a run off, as if it had died."""
    for table in (*run.glob("*.parquet"), run / ".tables.json"):
        table.unlink(missing_ok=True)
    lines = (run / "ledger.jsonl").read_text().splitlines(keepends=True)
    (run / "ledger.jsonl").write_text(lines[0])
    return True
