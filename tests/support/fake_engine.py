"""A container engine for tests: a shell script that records its calls and runs the command here."""

from __future__ import annotations

from pathlib import Path

import pytest

from automl.trial.container.settings import Container

IMAGE = "registry.test/tiny:1"
_SCRIPT = """#!/bin/sh
here=$(dirname "$0")
echo "$*" >> "$here/calls"
case "$1" in
info) [ -f "$here/dead" ] && { echo "cannot connect to the daemon" >&2; exit 1; }
  echo "rootless=false" ;;
image) [ -f "$here/image" ] ;;
pull) echo "Pulling layers"
  [ -f "$here/refuse" ] && { echo "denied: log in first" >&2; exit 125; }
  touch "$here/image" ;;
ps) cat "$here/ids" 2>/dev/null ;;
inspect) [ "$2" = --format ] && { cat "$here/oom" 2>/dev/null; exit 0; }
  cat "$here/labels" ;;
run) [ -f "$here/broken" ] && { echo "the daemon is gone" >&2; exit 125; }
  while [ "$1" != "IMAGE" ]; do shift; done
  shift; exec "$@" ;;
esac
"""


class FakeEngine:
    """The engine ``name`` in a folder of its own, which alone, and the system's, is on the PATH."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, name: str = "podman") -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.program = folder / name
        self.program.write_text(_SCRIPT.replace("IMAGE", IMAGE))
        self.program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
        monkeypatch.setenv("AUTOML_CACHE_DIR", str(folder / "cache"))
        self.container = Container(name, IMAGE, "run1")

    @property
    def calls(self) -> list[str]:
        """The command lines that it was called with, without its own name."""
        file = self.folder / "calls"
        return file.read_text().splitlines() if file.exists() else []

    def say(self, name: str, text: str = "") -> None:
        """Leave a file that the engine looks for: what it prints, or how it fails."""
        (self.folder / name).write_text(text)
