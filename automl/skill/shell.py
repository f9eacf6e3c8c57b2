"""Commands that a shell runs, since they are more than a program and its arguments."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import Final

SHELL: Final = "bash"
_SHELLS: Final = frozenset({"bash", "dash", "ksh", "sh", "zsh"})
_LITERAL: Final = re.compile(r"'[^']*'|\\.", re.DOTALL)
_QUOTED: Final = re.compile(r"\"[^\"]*\"")
_EXPANSION: Final = re.compile(r"[$`]")
_OPERATOR: Final = re.compile(r"[|&;<>()]|\S[ \t]*\n+[ \t]*\S")
_FIRST_WORD: Final = re.compile(r"\s*(\w+=|(cd|exec|export|set|source|test|ulimit|umask|\.)\s)")


def needs_shell(command: str) -> bool:
    """Whether a command has pipes, redirections, variables, several lines, or a shell's words."""
    outside = _LITERAL.sub("", command)
    if _EXPANSION.search(outside) or _FIRST_WORD.match(command):
        return True
    return _OPERATOR.search(_QUOTED.sub("", outside)) is not None


def shell_of(argv: Sequence[str]) -> str | None:
    """The shell that runs the command (``bash``); None where a program is started directly."""
    return PurePath(argv[0]).name if script_position(argv) is not None else None


def script_position(argv: Sequence[str]) -> int | None:
    """The index of the script in ``bash -lc SCRIPT``; None for another command."""
    if not argv or PurePath(argv[0]).name not in _SHELLS:
        return None
    flags = [i for i, word in enumerate(argv) if re.fullmatch(r"-[a-z]*c[a-z]*", word)]
    return flags[0] + 1 if flags and flags[0] + 1 < len(argv) else None
