"""Becomes a command that reads one file and writes another: ``IN OUT COMMAND...``.

Started as a script by a guard (:mod:`automl.trial.child.guard`), whose command has neither.
"""

from __future__ import annotations

import os
import sys

CANNOT_START = 127


def main(arguments: list[str]) -> None:
    """Take the two files as standard input and output, and become the command."""
    source, target, *command = arguments
    os.dup2(os.open(source, os.O_RDONLY), 0)
    os.dup2(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666), 1)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        os.write(2, f"cannot start {command[0]!r}: {error.strerror}\n".encode())
        os._exit(CANNOT_START)


if __name__ == "__main__":
    main(sys.argv[1:])
