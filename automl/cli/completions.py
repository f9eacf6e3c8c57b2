"""What a shell completes on Tab: values of options, and folders of runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

Complete = Callable[[click.Context, click.Parameter, str], list[str]]


def complete_from(*values: str) -> Complete:
    """Return a ``shell_complete`` function that completes what was typed to one of ``values``."""
    return lambda context, parameter, typed: [v for v in values if v.startswith(typed)]


class RunPath(click.Path):
    """A run's folder, or a pattern of several; the shell completes folders, nothing is checked."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Let the shell complete folders."""
        return [CompletionItem(incomplete, type="dir")]


RUN: Final[click.ParamType[Any]] = RunPath(path_type=Path)
FOLDERS: Final[click.ParamType[Any]] = RunPath()  # as text, since a pattern or a URL is no path
