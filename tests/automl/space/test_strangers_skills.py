"""Hostile skills: `automl validate` and `automl space` end in time, in one error, each limited."""

import json
import subprocess
import sys
from typing import Any

import pytest
from limited_run import BYTES, SECONDS, cases
from project_paths import ROOT

LINES = 3  # of one error


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What both commands did with every case."""
    script = ROOT / "tests" / "support" / "limited_run.py"
    command = [sys.executable, str(script), str(tmp_path_factory.mktemp("skills"))]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return [json.loads(line) for line in done.stdout.splitlines()]


def is_legal(case: str) -> bool:
    """Whether a skill may be accepted: it is large, or only a run decides about it."""
    return case.startswith("large: ")


def test_every_case_was_tried_with_both_commands(found: list[dict[str, Any]]) -> None:
    assert len(found) == 2 * len(cases()) > 250


def test_none_dies_or_ends_in_a_traceback(found: list[dict[str, Any]]) -> None:
    assert [one for one in found if one["traceback"] or one["code"] not in (0, 2)] == []


def test_none_takes_long_or_much(found: list[dict[str, Any]]) -> None:
    assert [one for one in found if one["cpu"] > SECONDS or one["bytes"] > BYTES] == []


def test_bad_skills_are_one_short_error(found: list[dict[str, Any]]) -> None:
    bad = [one for one in found if not is_legal(one["case"]) and one["command"] == "validate"]
    assert [one for one in bad if one["code"] != 2 or one["length"] > 2000] == []
