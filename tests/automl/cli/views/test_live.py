"""The live view: what it may do to a terminal."""

import io
import re
from pathlib import Path

import pytest
import yaml

from automl.cli.views.live import live_lines
from automl.trial.ledger.writer import Ledger

CODES = re.compile(r"\x1b\[[0-?]*[ -/]*([@-~])")


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    plan = {"metric": "score", "direction": "maximize", "space": None}
    (tmp_path / "plan.yaml").write_text(yaml.safe_dump(plan))
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.start(0, "default", {})
    ledger.epoch(0, 1, {"score": 0.5})
    ledger.end(0, "finished")
    return tmp_path


@pytest.mark.parametrize(
    ("environment", "moves", "colours"),
    [
        ({"TERM": "xterm-256color"}, True, True),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, False, False),
    ],
)
def test_codes_are_those_that_the_terminal_and_its_user_want(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    moves: bool,
    colours: bool,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stream = _Terminal()
    with live_lines(folder, stream):
        pass
    found = set(CODES.findall(stream.getvalue()))
    assert "score 0.5000" in CODES.sub("", stream.getvalue())
    assert ("m" in found) == colours
    assert bool(found - {"m"}) == moves
