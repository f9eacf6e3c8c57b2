"""The code blocks of the documentation: commands to run, files to write, what is not run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^```(\w+)?[ \t]*(.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NOT_RUN = "not run:"


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, what follows that on the fence, and its text."""

    page: str
    language: str
    note: str
    text: str

    @property
    def commands(self) -> list[str]:
        """The commands of a ``console`` block, one a line."""
        lines = self.text.splitlines() if self.language == "console" else []
        return [line for line in lines if line.strip()]

    @property
    def is_run(self) -> bool:
        """Whether the test runs it."""
        return not self.note.startswith(NOT_RUN)


def blocks_of(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    for language, note, text in FENCE.findall(page.read_text(encoding="utf-8")):
        yield Block(page.name, language, note.strip(), text)
