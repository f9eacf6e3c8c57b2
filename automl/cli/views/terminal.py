"""The terminal: its width and colours, and text that is folded to it between words."""

from __future__ import annotations

import io
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Iterable
from typing import Any, Final, Literal, TextIO

import click
from rich.console import Console

WIDTH: Final = 120
_CONTROL: Final = re.compile(  # also what turns the direction of writing, and half characters
    r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+"
)
UNLIMITED: Final = 10_000
LABEL: Final = 11  # columns of a line's label, as in ``policy     auto: the default``
REMARK: Final = 9  # the same for a remark on a search space, as in ``left out NAME: REASON``


def to_text(renderable: Any, width: int = WIDTH) -> str:
    """Return a rich renderable as plain text."""
    stream = io.StringIO()
    Console(file=stream, width=width, force_terminal=False, color_system=None).print(renderable)
    return stream.getvalue().rstrip()


def screen_width() -> int:
    """Return the columns of the terminal; :data:`UNLIMITED` where stdout is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else UNLIMITED


def screen(stream: TextIO) -> Console:
    """Return what draws on a stream: without colours where ``NO_COLOR`` (no-color.org) is set."""
    system: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
    return Console(file=stream, color_system=system, force_terminal=stream.isatty())


def plain_line(text: str) -> str:
    """Return text as one line without colours: a trainer's error may hold both."""
    return _CONTROL.sub(" ", click.unstyle(text)).strip() if _CONTROL.search(text) else text


def folded(lines: Iterable[str], indent: int = LABEL, width: int | None = None) -> list[str]:
    """Return lines that are at most ``width`` wide (None: the terminal's), broken between words.

    The second line and those after it are indented by ``indent`` columns, the width of the label.
    A word that is wider than the line, such as a path, stays whole.
    """
    room = screen_width() if width is None else width
    folds = textwrap.TextWrapper(
        room,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
    )
    return [part for line in lines for part in (folds.wrap(line) if len(line) > room else [line])]


def labelled(label: str, texts: Iterable[str]) -> list[str]:
    """Return texts one below the other, the first behind ``label``."""
    return [f"{'' if index else label:<{LABEL}}{text}" for index, text in enumerate(texts)]


def side_by_side(items: Iterable[str], width: int | None = None) -> list[str]:
    """Return items two blanks apart, on lines as long as fit behind a label; no item is broken."""
    room = (screen_width() if width is None else width) - LABEL
    lines: list[str] = []
    for item in items:
        if lines and len(lines[-1]) + 2 + len(item) <= room:
            lines[-1] += f"  {item}"
        else:
            lines.append(item)
    return lines
