"""Asks for the parameters of somebody's code in a child process, in a limited time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from automl.errors import InputError

CHILDREN: Final = Path(__file__).parent / "children"
NO_PARSER: Final = 3
NO_CLASS: Final = 4
_SHOWN: Final = 3  # last lines of what the child said


def ask(program: str, words: Sequence[str], python: str, limit_s: float, what: str) -> Any:
    """Run a program of ``children/`` and return its answer.

    It runs in an empty folder, so that a script that trains at once leaves nothing behind; in the
    current folder where the code looks for a file there.

    Args:
        program: the program's file name; it gets the answer's file, then ``words``.
        words: its arguments.
        python: the interpreter, which is the trainer's.
        limit_s: how long it may take.
        what: the code that is asked, for messages.

    Raises:
        InputError: the code cannot be imported, takes too long, or never asks for arguments.
    """
    with tempfile.TemporaryDirectory(prefix="automl-init-") as empty:
        answer = Path(empty) / "answer.json"
        argv = [python, str(CHILDREN / program), str(answer), *words]
        code, said = _run(argv, empty, limit_s, what)
        if code != 0 and "No such file or directory" in said:
            code, said = _run(argv, os.getcwd(), limit_s, what)
        if code == 0 and answer.is_file():
            return json.loads(answer.read_text(encoding="utf-8"))
    raise InputError(_refusal(code, said, what))


def output_of(argv: Sequence[str], limit_s: float, what: str) -> str:
    """Return what a command prints in the current folder; InputError where it fails."""
    with tempfile.TemporaryFile("w+") as out:
        code, said = _run(argv, os.getcwd(), limit_s, what, out)
        if code != 0:
            raise InputError(_refusal(code, said, what))
        out.seek(0)
        return out.read()


def _run(
    argv: Sequence[str], folder: str, limit_s: float, what: str, out: Any = subprocess.DEVNULL
) -> tuple[int, str]:
    """Run a command and all that it starts for at most ``limit_s``; its code and what it said."""
    with tempfile.TemporaryFile("w+", errors="replace") as said:
        try:
            child = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=out, stderr=said, cwd=folder,
                env=_environment(), start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise InputError(f"{argv[0]} cannot be started: {error.strerror}") from error
        try:
            code = child.wait(limit_s)
        except subprocess.TimeoutExpired:
            raise InputError(
                f"{what} did not ask for its arguments within {limit_s:g} s: it trains when it is"
                " imported, or imports slowly; put the training under  if __name__ =="
                ' "__main__":  behind parse_args(), or give more time with --timeout'
            ) from None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        said.seek(0)
        return code, said.read()


def _environment() -> dict[str, str]:
    places = [os.path.abspath(p) for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p]
    quiet = {"PYTHONDONTWRITEBYTECODE": "1", "WANDB_MODE": "disabled", "MPLBACKEND": "Agg"}
    return {**os.environ, **quiet, "PYTHONPATH": os.pathsep.join(places)}


def _refusal(code: int, said: str, what: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    tail = " | ".join(lines[-1:] if "Traceback" in said else lines[-_SHOWN:])
    if code == NO_CLASS:
        return tail
    if code == NO_PARSER:
        return (
            f"no parser was found: {what} ended without asking argparse or click for its arguments"
            f"{f' ({tail})' if tail else ''}; give its configuration file with --command, or the"
            " class of its configuration as module:Class"
        )
    if code < 0:
        return f"{what} was killed by signal {-code} while it was asked for its parameters: {tail}"
    return (
        f"{what} cannot be imported by the Python that was asked: {tail or f'exit code {code}'};"
        " mend that, or name its virtual environment with --venv"
    )
