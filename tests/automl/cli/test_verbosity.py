"""``--quiet`` and ``--verbose``: what is printed where, and the level of the log."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from automl.cli.main import run_command_line
from automl.cli.verbosity import LOG
from automl.launch.plan import make_plan


@pytest.fixture
def arguments(bowl: Path, data: Path, tmp_path: Path) -> list[str]:
    words = ["run", "--skill-dir", str(bowl), "--data", str(data)]
    return [*words, "--output", str(tmp_path / "run"), "--policy", "off"]


def test_a_quiet_run_prints_its_result_alone(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line([*arguments, "--quiet"]) == 0
    printed = capsys.readouterr()
    first, *_, last = printed.out.splitlines()
    assert first.startswith("result     trial 0000  score ")
    assert last == f"done       {tmp_path / 'run'}"
    assert "training of 0000" not in printed.out
    assert printed.err == ""


def test_a_quiet_run_prints_json_alone(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line([*arguments, "--quiet", "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["best"]["trial_id"] == "0000"
    assert printed.err == ""


def test_a_quiet_run_says_why_it_failed(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line([*arguments, "--quiet", "--set", "fault=crash"]) == 1
    errors = capsys.readouterr().err.splitlines()
    assert errors[0].startswith("[1/1] trial 0000 failed")
    assert errors[-1].startswith("automl: the run failed: RuntimeError: the bowl broke")


def test_both_exclude_each_other(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line([*arguments, "--quiet", "--verbose"]) == 2
    assert "--quiet and --verbose exclude each other" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("extra", "level"),
    [([], logging.WARNING), (["-q"], logging.WARNING), (["-v"], logging.DEBUG)],
)
def test_the_level_of_the_log(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, extra: list[str], level: int
) -> None:
    levels: list[int] = []

    def planned(*given: Any, **options: Any) -> Any:
        levels.append(logging.getLogger(LOG).level)
        return make_plan(*given, **options)

    monkeypatch.setattr("automl.cli.commands.run.make_plan", planned)
    before = logging.getLogger(LOG).level
    assert run_command_line([*arguments, *extra, "--plan"]) == 0
    assert levels == [level]
    assert logging.getLogger(LOG).level == before
