"""One line of ``automl doctor``, and how checks are run so that none of them can break it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_LIMIT_S: Final = 60.0  # of a program that a check starts


class Level(StrEnum):
    """How a check came out: a fault stops runs, a warning may get in the way."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True)
class Line:
    """What one check found, and what to do about it; ``remedy`` is empty where all is well."""

    name: str
    level: Level
    found: str
    remedy: str = ""


Check = Callable[[], Iterable[Line]]


def ok(name: str, found: str) -> Line:
    """A check that found all well."""
    return Line(name, Level.OK, found)


def warning(name: str, found: str, remedy: str) -> Line:
    """A check that found what may get in the way."""
    return Line(name, Level.WARNING, found, remedy)


def fault(name: str, found: str, remedy: str) -> Line:
    """A check that found what stops runs."""
    return Line(name, Level.FAULT, found, remedy)


def lines_of(name: str, check: Check) -> list[Line]:
    """Run a check; what it raises becomes a warning, whatever is broken here."""
    try:
        return list(check())
    except Exception as error:
        what = f"could not be checked: {type(error).__name__}: {error}"
        return [warning(name, what, "mend what the message names, then run automl doctor again")]


def output_of(
    argv: Sequence[str], environment: Mapping[str, str] | None = None
) -> tuple[int, str, str]:
    """Run a program for at most a minute; its exit code, output and last line of errors.

    ``environment`` is what it sees in place of this process's.
    """
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, errors="replace", timeout=_LIMIT_S,
            stdin=subprocess.DEVNULL, check=False, env=environment,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return -1, "", f"no answer within {_LIMIT_S:g} s"
    except OSError as error:
        return -1, "", str(error)
    said = done.stderr.strip().splitlines()
    return done.returncode, done.stdout, said[-1] if said else f"exit code {done.returncode}"
