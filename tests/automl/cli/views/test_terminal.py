"""Lines on a terminal: broken between words, below the text behind the label."""

import io

import pytest
from rich.text import Text

from automl.cli.main import run_command_line
from automl.cli.views.progress_lines import format_metric
from automl.cli.views.terminal import folded, screen, side_by_side, to_text


def test_lines_break_between_words_below_their_text() -> None:
    path = "/a/" + "long/" * 8 + "path"
    line = f"disk       up to 772.8 MiB for checkpoints in {path} and no more"
    assert folded([line, "output     here"], width=40) == [
        "disk       up to 772.8 MiB for",
        "           checkpoints in",
        f"           {path}",
        "           and no more",
        "output     here",
    ]
    assert folded([line]) == [line]


def test_pairs_stay_whole() -> None:
    assert side_by_side(["mAP 0.5", "mINP 0.25", "rank 1"], width=30) == [
        "mAP 0.5  mINP 0.25",
        "rank 1",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [(36.0, "36"), (0.0, "0"), (0.65278, "0.6528"), (1.5e-6, "1.50e-06"), (float("nan"), "nan")],
)
def test_metrics_as_people_write_them(value: float, text: str) -> None:
    assert format_metric(value) == text


class _Terminal(io.StringIO):
    def __init__(self, is_one: bool) -> None:
        super().__init__()
        self._is_one = is_one

    def isatty(self) -> bool:
        return self._is_one


@pytest.mark.parametrize(
    ("is_one", "environment", "codes"),
    [
        (True, {}, True),
        (True, {"NO_COLOR": ""}, True),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": "0", "FORCE_COLOR": "1"}, False),
        (True, {"TERM": "dumb"}, False),
        (False, {}, False),
        (False, {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colours_are_for_terminals_of_those_who_want_them(
    monkeypatch: pytest.MonkeyPatch, is_one: bool, environment: dict[str, str], codes: bool
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stream = _Terminal(is_one)
    screen(stream).print(Text("best", style="bold green"))
    assert ("\x1b[" in stream.getvalue()) == codes
    assert to_text(Text("best", style="bold green")) == "best"


@pytest.mark.parametrize("arguments", [["space"], ["space", "--set", "num_epochs=1"]])
def test_no_line_of_a_space_ends_in_blanks(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert run_command_line(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert [line for line in lines if line != line.rstrip()] == []
