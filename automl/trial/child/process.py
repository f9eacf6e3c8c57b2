"""A child process that ends with this process, in whatever way this one ends."""

from __future__ import annotations

import fcntl
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from automl.trial.child import guard

GRACE_S: Final = 10.0
LOCK_FILE: Final = ".child.lock"
KILLED: Final = -9
_MARGIN_S: Final = 5.0
_POLL_S: Final = 0.1
_ENGINE_S: Final = 30.0


class Child:
    """One command under a guard process, with its output in a log."""

    def __init__(
        self,
        argv: Sequence[str],
        folder: Path,
        log: IO[bytes],
        cwd: Path,
        grace_s: float = GRACE_S,
        environment: Mapping[str, str] | None = None,
        container: str = "",
    ) -> None:
        """Start ``argv`` in ``cwd``; no other command uses ``folder`` before it has ended.

        ``environment`` is added to this process's. ``container``: the name of the container that
        ``argv``, an engine's ``run``, starts; it is gone when the command has ended.

        What cannot be started ends with :data:`automl.trial.child.guard.CANNOT_START`, the
        reason in the log.
        """
        self.code: int | None = None
        # the engine's own stop comes before the signals
        self._patience_s = (2 if not container else 3) * grace_s + _MARGIN_S
        self._patience_s += _ENGINE_S if container else 0.0
        self._answer = b""
        self._guard = subprocess.Popen(
            [sys.executable, "-I", "-S", guard.__file__, str(grace_s), str(folder / LOCK_FILE),
             str(cwd), container, *argv],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            bufsize=0,
            # its log is read while it runs
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
        )  # fmt: skip
        self._guard.wait()  # the guard itself is its detached child

    def poll(self, timeout_s: float) -> int | None:
        """Wait up to ``timeout_s`` for the end; return the exit code, None while it runs.

        The code is negative for a signal.
        """
        out = self._guard.stdout
        assert out is not None
        if self.code is None and select.select([out], [], [], timeout_s)[0]:
            data = out.read(64)
            self._answer += data
            if not data:
                self.code = int(self._answer) if self._answer.endswith(b"\n") else KILLED
        return self.code

    def stop(self) -> None:
        """End the command and all that it started; harmless when it has ended."""
        assert self._guard.stdin is not None
        assert self._guard.stdout is not None
        with suppress(BrokenPipeError):
            self._guard.stdin.close()
        deadline = time.monotonic() + self._patience_s
        while self.poll(_POLL_S) is None and time.monotonic() < deadline:
            pass
        self._guard.stdout.close()


def await_children(folders: Iterable[Path], timeout_s: float = 2 * GRACE_S + _MARGIN_S) -> bool:
    """Wait until no guarded command works in any of ``folders``; return whether none does."""
    deadline = time.monotonic() + timeout_s
    for lock in (folder / LOCK_FILE for folder in folders):
        while is_held(lock):
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_S)
    return True


def is_held(lock: Path) -> bool:
    """Return whether a guarded command holds its folder's lock."""
    try:
        held = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(held)
    return False
