"""Where a run lives, and what cannot be."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, Self

import pytest
from project_paths import SKILLS

from automl.errors import InputError
from automl.launch.plan import make_plan
from automl.launch.planning import run_folder
from automl.launch.planning.run_folder import (
    check_place,
    default_folder,
    drop_empty_folder,
    make_default_folder,
)
from automl.launch.request import RunRequest
from automl.skill import load_skill

URL = "s3://bucket/runs"
BOWL = "test-bowl"


def test_a_path_is_where_the_runs_folder_lies() -> None:
    skill = load_skill(SKILLS / "bowl")
    stamp = rf"{BOWL}-\d{{8}}-\d{{6}}"
    assert re.fullmatch(f"/nfs/sweeps/{stamp}", str(default_folder(skill, "/nfs/sweeps")))
    assert re.fullmatch(f"runs/{stamp}", str(default_folder(skill, None)))
    assert re.fullmatch(f"runs/{stamp}-[0-9a-f]{{4}}", str(default_folder(skill, URL)))


def _make_many(folder: Path, count: int) -> list[str]:
    return [make_default_folder(folder).name for _ in range(count)]


def test_folders_that_are_made_at_once_never_collide(tmp_path: Path) -> None:
    """The names sort as they were made."""
    wanted = tmp_path / "runs" / "skill-1"
    with ThreadPoolExecutor(8) as threads:
        jobs = [threads.submit(_make_many, wanted, 9) for _ in range(8)]
        made = [name for job in jobs for name in job.result()]
    assert sorted(made) == ["skill-1", *(f"skill-1-{number:02d}" for number in range(2, 73))]
    mine = _make_many(tmp_path / "runs" / "skill-2", 12)
    assert mine == sorted(mine)
    assert mine[0] > "skill-1-72"


def test_the_folder_of_a_run_that_never_began_goes(tmp_path: Path) -> None:
    first, second = (make_default_folder(tmp_path / "runs" / "skill-1") for _ in range(2))
    drop_empty_folder(second)
    assert first.exists()
    assert not second.exists()
    (first / "plan.yaml").touch()
    drop_empty_folder(first)
    assert first.exists()
    (first / "plan.yaml").unlink()
    drop_empty_folder(first)
    assert not (tmp_path / "runs").exists()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "runs").touch()
    with pytest.raises(InputError, match="runs/skill-1 cannot be made"):
        make_default_folder(tmp_path / "runs" / "skill-1")


@pytest.mark.parametrize("options", [{}, {"policy": "off"}, {"confirm": 1, "trials": 2}])
def test_runs_that_start_in_one_second(
    bowl: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(run_folder, "datetime", _Noon)
    request = RunRequest(skill_dir=bowl, data=str(data), **options)
    names = [make_plan(request, make_folder=True).output.name for _ in range(3)]
    assert names == [f"{BOWL}-20260102-120000{suffix}" for suffix in ("", "-02", "-03")]
    assert make_plan(request).output.name == names[0]  # which --plan only names
    with pytest.raises(InputError, match="no_such_key"):
        make_plan(replace(request, overrides={"no_such_key": 1}), make_folder=True)
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == names


class _Noon(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return cls(2026, 1, 2, 12, tzinfo=tz)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"storage": "/nfs", "output": Path("/x")}, "give one"),
        ({"storage": "s3://me:pass-word@b/x"}, "--storage 's3://\\*\\*\\*@b/x' holds a password"),
        ({"storage": URL, "confirm": 1}, "--confirm works on the checkpoints of several"),
        ({"storage": URL, "algorithm": "pbt"}, "--algorithm pbt works on"),
    ],
)
def test_what_cannot_be(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        check_place(RunRequest(**options))


@pytest.mark.parametrize(
    "options",
    [
        {"confirm": 1, "algorithm": "pbt"},
        {"storage": "/nfs", "confirm": 1},
        {"storage": "/nfs", "algorithm": "pbt"},
        {"storage": URL, "output": Path("x"), "algorithm": "tpe"},
    ],
)
def test_what_can_be(options: dict[str, Any]) -> None:
    """What one of the two refuses at a URL, or beside the other, is fine elsewhere."""
    assert _refusal(options) == ""


def _refusal(options: dict[str, Any]) -> str:
    try:
        check_place(RunRequest(**options))
    except InputError as error:
        return str(error)
    return ""
