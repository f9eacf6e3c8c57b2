"""What may be drawn on the screen: progress bars, and tables as text.

``NO_COLOR`` (no-color.org) turns colours off; on a terminal that cannot move its cursor
(``TERM=dumb``), and if nothing is a terminal, there are no bars.
"""

from __future__ import annotations

import io
import os
import shutil
import sys

from rich.console import Console, RenderableType

_PLAIN = ("dumb", "unknown")


def has_colours() -> bool:
    """Whether the user lets programs use colours."""
    return not os.environ.get("NO_COLOR")


def has_bars() -> bool:
    """Whether a progress bar can be drawn: both streams are a terminal that moves its cursor."""
    both = sys.stdout.isatty() and sys.stderr.isatty()
    return both and os.environ.get("TERM", "").lower() not in _PLAIN


def bar_console() -> Console:
    """Return the console of a progress bar on standard error."""
    return Console(stderr=True, color_system="auto" if has_colours() else None)


def as_text(table: RenderableType) -> str:
    """Return what rich can draw as plain text of the terminal's width."""
    stream = io.StringIO()
    width = shutil.get_terminal_size().columns
    console = Console(file=stream, width=width, color_system=None, force_terminal=False)
    console.print(table)
    return stream.getvalue().rstrip("\n")
