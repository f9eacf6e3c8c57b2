"""Which container engine a machine has, and how its program is called."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from automl.errors import InputError

APPTAINER: Final = "apptainer"
ANSWER_S: Final = 120.0
_LINES: Final = 4
# how an engine is asked whether it works, and whether it has the rights of root
_QUESTIONS: Final = {
    "docker": ("info", "--format", "{{.ServerVersion}} {{.SecurityOptions}}"),
    "podman": ("info", "--format", "rootless={{.Host.Security.Rootless}}"),
    APPTAINER: ("--version",),
}
ENGINES: Final = tuple(_QUESTIONS)


@dataclass(frozen=True)
class Engine:
    """An engine that works here: its name, and whether it runs without the rights of root."""

    name: str
    rootless: bool


def find_engine() -> Engine | str:
    """Return the first engine that is installed and answers, else why there is none."""
    faults = []
    for name in ENGINES:
        if shutil.which(name) is not None:
            answer = ask(name, _QUESTIONS[name])
            if answer.returncode == 0 and answer.stdout.split():
                return Engine(name, _is_rootless(name, answer.stdout))
            faults.append(f"{name} does not answer: {last_words(answer)}")
    return "; ".join(faults) or f"none of {', '.join(ENGINES)} is installed"


def program_of(engine: str) -> str:
    """Return the path of an engine's program on this machine.

    Raises:
        InputError: it is not installed.
    """
    program = shutil.which(engine)
    if program is None:
        raise InputError(f"{engine}, which runs the trials' containers, is not on the PATH here")
    return program


def ask(engine: str, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Return what an engine answers to a command; one that is silent too long has failed."""
    argv = [program_of(engine), *words]
    try:
        return subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=ANSWER_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(argv, 1, "", f"no answer within {ANSWER_S:g} s")
    except OSError as error:
        return subprocess.CompletedProcess(argv, 1, "", f"cannot be run: {error.strerror}")


def last_words(answer: subprocess.CompletedProcess[str]) -> str:
    """Return the last lines that an engine printed, on one line."""
    return shortened(answer.stderr.strip() or answer.stdout.strip())


def shortened(text: str) -> str:
    """Return the last lines of a text on one line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " | ".join(lines[-_LINES:]) or "it says nothing"


def _is_rootless(name: str, answer: str) -> bool:
    if name == APPTAINER:
        return os.getuid() != 0
    return "rootless=true" in answer or "name=rootless" in answer
