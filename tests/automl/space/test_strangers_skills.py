"""Hostile skills: `automl validate` and `automl space` end in time, in one error, each limited."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from limited_run import BYTES, SECONDS, cases
from project_paths import ROOT

Found = list[dict[str, Any]]
BAD = ("file ", "yaml ", "schemas: ", "names: ")
LARGE = "large: "
pytestmark = pytest.mark.slow
LENIENT = (  # with `automl space`, where a run only warns, or with both where a warning is due
    *(f"names: a key twice in the {file}" for file in ("template", "schema", "overlay")),
    *(f"yaml automl.yaml: {what}" for what in ("a list", "nothing")),
    "schemas: a pattern that is none",
    "schemas: a name of a colour",
    "schemas: anyOf that doubles",  # its first branch settles it
)


def run(folder: Path, *wanted: str) -> Found:
    """What both commands did with the cases whose name holds one of these words."""
    script = ROOT / "tests" / "support" / "limited_run.py"
    command = [sys.executable, str(script), str(folder), *wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    return run(tmp_path_factory.mktemp("skills"), *BAD)


def check_limits(found: Found) -> None:
    """None dies, ends in a traceback, or takes long or much; what it prints is plain text."""
    assert [one for one in found if one["traceback"] or one["code"] not in (0, 2)] == []
    assert [one for one in found if one["cpu"] > SECONDS or one["bytes"] > BYTES] == []
    assert [one for one in found if "\x1b" in one["printed"]] == []


def test_every_bad_skill_ends_in_time(found: Found) -> None:
    bad = [name for name in cases() if not name.startswith(LARGE)]
    assert len(found) == 2 * len(bad) > 200
    check_limits(found)


def test_bad_skills_are_one_short_error(found: Found) -> None:
    strict = [one for one in found if one["case"] not in LENIENT]
    assert [one for one in strict if one["code"] != 2 or one["length"] > 2000] == []
    twice = [one for one in found if " twice " in one["case"] and one["command"] == "validate"]
    assert len(twice) == 4
    assert all(one["code"] == 2 and "stands there twice" in one["printed"] for one in twice)


def test_large_skills_end_in_time(tmp_path: Path) -> None:
    found = run(tmp_path, LARGE)
    assert len(found) > 60
    check_limits(found)
