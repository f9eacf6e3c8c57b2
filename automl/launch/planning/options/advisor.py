"""The advisor of a sweep: a program of the user's that may propose points while it runs."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from automl.errors import InputError
from automl.launch.options import parse_duration
from automl.launch.request import DEFAULT_ADVISOR_SHARE, DEFAULT_ADVISOR_TIMEOUT_S, RunRequest
from automl.trial.secrets import mask, refuse_password


@dataclass(frozen=True)
class AdvisorOptions:
    """Which program may propose points, and how much it may take.

    Attributes:
        command: as the user typed it; it is split into words and no shell reads it.
        folder: where it runs, the current folder of whoever started the sweep.
        share: of the trials that have started, at most, which are the advisor's.
        timeout_s: how long one answer may take.
    """

    command: str
    folder: str
    share: float = DEFAULT_ADVISOR_SHARE
    timeout_s: float = DEFAULT_ADVISOR_TIMEOUT_S

    @property
    def argv(self) -> list[str]:
        """The program and its arguments."""
        return shlex.split(self.command)

    def allows(self, advised: int, trials: int) -> bool:
        """Return whether of ``trials`` that start, one more than ``advised`` may be its own."""
        return advised + 1 <= self.share * trials + 1e-9

    def to_dict(self) -> dict[str, Any]:
        """Return the options as plain data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> AdvisorOptions:
        """Return the options that :meth:`to_dict` wrote."""
        return cls(**data)


def read_advisor(request: RunRequest) -> AdvisorOptions | None:
    """Return the advisor of a request; None without one.

    Raises:
        InputError: the command cannot be split or names no program, or an option that acts on an
            advisor is given without one.
    """
    share, timeout_s = request.advisor_share, request.advisor_timeout_s
    if request.advisor is None:
        given = {"--advisor-share": share, "--advisor-timeout": timeout_s}
        names = ", ".join(name for name, value in given.items() if value is not None)
        if names:
            raise InputError(f"{names} acts on an advisor: name its program with --advisor COMMAND")
        return None
    refuse_password(request.advisor, "--advisor")
    _check_program(_words(request.advisor))
    return AdvisorOptions(
        request.advisor,
        str(Path.cwd()),
        DEFAULT_ADVISOR_SHARE if share is None else share,
        DEFAULT_ADVISOR_TIMEOUT_S if timeout_s is None else parse_duration(timeout_s),
    )


def _words(command: str) -> Sequence[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise InputError(
            f"--advisor {mask(command)!r} cannot be split into words: {error}"
        ) from None
    if not words or not words[0]:
        raise InputError("--advisor is empty: give a command, or leave it out")
    if "\0" in command:
        raise InputError("--advisor holds a zero byte, which no command has")
    return words


def _check_program(words: Sequence[str]) -> None:
    """Refuse a program that is not there, or whose first argument names a script that is not.

    Raises:
        InputError: which.
    """
    program = words[0]
    if shutil.which(program) is None:
        why = "cannot be run: chmod +x it" if os.path.isfile(program) else "is not found"
        raise InputError(f"--advisor: the program {program!r} {why}")
    script = words[1] if len(words) > 1 else ""
    if script.endswith((".py", ".sh")) and not Path(script).is_file():
        raise InputError(f"--advisor: {program} is given {script!r}, which is no file")
