"""What a shell offers on Tab: values of options that are checked later, and run folders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

Offer = Callable[[click.Context, click.Parameter, str], list[str]]


def offered(*values: str) -> Offer:
    """Return a ``shell_complete`` that offers those of ``values`` that begin as what was typed."""

    def offer(context: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
        return [value for value in values if value.startswith(typed)]

    return offer


class RunPath(click.Path):
    """A run's folder, or a pattern of several: the shell offers folders, nothing is checked."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Let the shell complete folders."""
        return [CompletionItem(incomplete, type="dir")]


RUN: Final[click.ParamType[Any]] = RunPath(path_type=Path)


FOLDERS: Final[click.ParamType[Any]] = RunPath()


"""The same as text, since a pattern or a URL is no path."""
