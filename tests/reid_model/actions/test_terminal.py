"""What is drawn: bars on a terminal alone, colours unless NO_COLOR says none."""

import pytest
from rich.text import Text

from reid_model.actions.terminal import as_text, bar_console, has_bars, has_colours
from reid_model.actions.training.trainer import _bars


@pytest.mark.parametrize(("value", "wanted"), [("1", False), ("0", False), ("", True)])
def test_no_color_with_any_text_turns_colours_off(
    monkeypatch: pytest.MonkeyPatch, value: str, wanted: bool
) -> None:
    monkeypatch.setenv("NO_COLOR", value)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert has_colours() == wanted
    assert has_bars()
    assert [type(bar).__name__ for bar in _bars()] == ([] if wanted else ["RichProgressBar"])
    assert (bar_console().color_system is None) != wanted


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_bars_need_a_terminal_that_moves_its_cursor(
    monkeypatch: pytest.MonkeyPatch, stream: str
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    assert not has_bars()
    monkeypatch.setenv("TERM", "xterm")
    assert has_bars()
    monkeypatch.setattr(f"sys.{stream}.isatty", lambda: False)
    assert not has_bars()
    assert _bars() == []


def test_text_has_no_codes_even_where_colours_are_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert as_text(Text("mAP", style="bold red")) == "mAP"
