"""Finds the code of a skill inside its folder: what its actions start, and what that imports.

From the scripts, commands and modules that ``skill_info.yaml`` names it follows imports, and texts
that name a code file or a folder of code; a package counts whole. Code elsewhere, such as an
installed trainer, is not the skill's, and caches, results and data are no code.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

from automl.errors import SkillError
from automl.skill.info import Action
from automl.skill.plain_file import read_text

_SUFFIXES: Final = (
    *(".py", ".pyx", ".sh", ".bash", ".zsh", ".pl", ".rb", ".r", ".jl", ".lua", ".js", ".ts"),
    *(".c", ".cc", ".cpp", ".cu", ".cuh", ".h", ".hpp"),
)
_WORD: Final = re.compile(r"[\w.\-/]+")


def code_files(folder: Path, actions: Iterable[Action]) -> list[Path]:
    """Return the code files of actions inside the skill's ``folder``, sorted."""
    return sorted(_Search(folder.resolve()).files(actions))


class _Search:
    """Follows names of code inside one folder; looks a name up once from each folder.

    A folder is walked once as well.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._looked_up: set[tuple[Path, str]] = set()
        self._walked: set[Path] = set()
        self._names = lru_cache(maxsize=None)(_names_in)

    def files(self, actions: Iterable[Action]) -> set[Path]:
        started = (word for action in actions for word in _started(action))
        waiting, found = (
            [path for word in started for path in self._named(word, self._folder)],
            set(),
        )
        while waiting:
            path = waiting.pop()
            if path not in found:
                found.add(path)
                waiting += self._mentioned(path)
        return found

    def _mentioned(self, path: Path) -> Iterator[Path]:
        """The code that a code file names, as seen from its folder and from those above it."""
        bases = [base for base in path.parents if base.is_relative_to(self._folder)]
        for word in _words(path):
            for base in bases:
                yield from self._named(word, base)

    def _named(self, word: str, base: Path) -> Iterator[Path]:
        """The code that a word means below ``base``: a file, a module, a package, a folder."""
        word = word.removeprefix("./").strip(".")
        first = re.split(r"[./]", word, maxsplit=1)[0]
        if not first or (base, word) in self._looked_up:
            return
        self._looked_up.add((base, word))
        names = self._names(base)
        if f"{first}.py" in names:
            yield from self._code(base / f"{first}.py")
        if first in names or word in names:
            yield from self._code(base / word)
            yield from self._below(base / word if "/" in word else base / first)

    def _code(self, path: Path) -> Iterator[Path]:
        inside = Path(os.path.normpath(path)).is_relative_to(self._folder)
        if inside and path.suffix.lower() in _SUFFIXES and path.is_file():
            yield path

    def _below(self, folder: Path) -> Iterator[Path]:
        """The code in a folder, and in the folders below it that hold some."""
        waiting = [folder]
        while waiting:
            place = waiting.pop()
            if place in self._walked:
                continue
            self._walked.add(place)
            names = self._names(place)
            own = [path for name in sorted(names) for path in self._code(place / name)]
            yield from own
            if own:
                below = (place / name for name in names if name[0] not in "._")
                waiting += (path for path in below if path.is_dir() and not path.is_symlink())


def _names_in(folder: Path) -> frozenset[str]:
    try:
        return frozenset(os.listdir(folder))
    except OSError:
        return frozenset()


def _started(action: Action) -> Iterator[str]:
    """The words of an action that may name code."""
    execution = action.execution
    texts = [*action.command, action.preflight]
    if execution is not None:
        texts += [execution.entrypoint, execution.preflight, execution.probe]
        texts += [execution.script, *execution.args]
    for text in filter(None, texts):
        yield from _WORD.findall(text)


def _words(path: Path) -> set[str]:
    """What a code file says that may name other code: any word, in Python imports and texts."""
    try:
        text = read_text(path)
        if path.suffix != ".py":
            return set(_WORD.findall(text))
        return {word for node in ast.walk(ast.parse(text)) for word in _of_node(node)}
    except (SkillError, SyntaxError, ValueError, RecursionError, MemoryError):
        return set()


def _of_node(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield from [node.module] if node.module else (alias.name for alias in node.names)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from _WORD.findall(node.value) if _WORD.fullmatch(node.value) else ()
