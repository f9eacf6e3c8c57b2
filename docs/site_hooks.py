"""What MkDocs does to a page: help texts of the commands, links that leave, titles of blocks."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any, Final

import click

_COMMANDS: Final = re.compile(r"<!-- commands: (\w+) ([\w.]+) -->")
_NOTE: Final = re.compile(r"^```(\w+)[ \t]+(.+)$", re.MULTILINE)  # read by the tests
_LINK: Final = re.compile(r"\[([^\]]+)\]\(((?:\.\./)+[^)#]+)(?:#[^)]*)?\)")


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Return the page's text with help texts in it, and files of the repository as their paths."""
    folder = posixpath.dirname(page.file.src_uri)

    def path(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join("docs", folder, link[2]))
        return link[0] if target.startswith("docs/") else f"{link[1]} (`{target}`)"

    return _LINK.sub(path, _COMMANDS.sub(_help, _NOTE.sub(_titled, markdown)))


def _titled(fence: re.Match[str]) -> str:
    """The fence of a block with the note behind its language as the block's title."""
    note = fence[2].replace("not run:", "not run by the tests:").replace('"', "'")
    return f'```{fence[1]} title="{note}"'


def _help(marker: re.Match[str]) -> str:
    command: click.Command = import_module(marker[2]).cli
    return "\n".join(_sections(command, click.Context(command, info_name=marker[1])))


def _sections(command: click.Command, context: click.Context) -> Iterator[str]:
    name = context.command_path
    yield f"## {name.partition(' ')[2] or name}\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            assert found is not None
            yield from _sections(found, click.Context(found, context, info_name=below))
