"""Ends what is left of a local Ray: its servers and agents, and the folder that they write into.

Linux ends Ray's servers with the thread that started them, but not the agents that they started. So
this file is a script too, with the standard library alone: it waits for the end of a driver, in
whatever way that comes, and then ends the rest.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

PATIENCE_S: Final = 2.0
WATCH_S: Final = 0.5
_POLL_S: Final = 0.05
MARK: Final = "AUTOML_RAY_FOLDER"
_TITLE: Final = b"ray::"
_PROC: Final = Path("/proc")
_DEAF: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def end_in(folder: Path) -> None:
    """Kill this user's processes that work in ``folder``, and remove it, also while Ray starts."""
    deadline = time.monotonic() + PATIENCE_S
    kill_in(folder)
    shutil.rmtree(folder, ignore_errors=True)
    while folder.exists() and time.monotonic() < deadline:
        kill_in(folder)
        shutil.rmtree(folder, ignore_errors=True)


def kill_in(folder: Path) -> None:
    """Kill this user's processes that work in ``folder``."""
    deadline = time.monotonic() + PATIENCE_S
    while (left := _working_in(folder)) and time.monotonic() < deadline:
        for pid in left:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(_POLL_S)


def servers_in(folder: Path) -> dict[int, str]:
    """Return this process's children that work in ``folder``: pid -> name of the program."""
    found = {}
    for listed in (_PROC / "self" / "task").glob("*/children"):
        for pid in _read(listed).split():
            words = _read(_PROC / pid.decode() / "cmdline").split(b"\0")
            if _names(words, folder):
                found[int(pid)] = os.path.basename(words[0]).decode(errors="replace")
    return found


@contextmanager
def ended_with_driver(folder: Path) -> Iterator[None]:
    """Have a process of its own session call :func:`end_in` if this one dies within the block."""
    keeper = subprocess.Popen(
        [sys.executable, "-I", "-S", __file__, str(folder), str(os.getpid())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )
    try:
        yield
    finally:
        keeper.kill()
        keeper.wait()


def is_alive(pid: int) -> bool:
    """Return whether a process runs; one that ended and was not waited for does not."""
    state = _read(_PROC / str(pid) / "stat").rpartition(b")")[2].split()[:1]
    return state not in ([], [b"Z"], [b"X"])


@contextmanager
def marked(folder: Path) -> Iterator[None]:
    """Set an environment variable that names the folder, for the block.

    Every process that is started in it inherits the variable, and can be found by it.
    """
    os.environ[MARK] = str(folder)
    try:
        yield
    finally:
        del os.environ[MARK]


def _working_in(folder: Path) -> list[int]:
    """Return this user's living processes of the Ray that keeps its files in ``folder``.

    Its servers name the folder in an option. Its agents and workers replace their command lines by
    titles, and are known by what they inherited. A pager that somebody reads a log with is neither.
    """
    mine = (entry for entry in _PROC.glob("[0-9]*") if _is_mine(entry))
    return [int(entry.name) for entry in mine if _belongs(entry, folder)]


def _belongs(process: Path, folder: Path) -> bool:
    words = _read(process / "cmdline").split(b"\0")
    if not words[0].startswith(_TITLE):
        return _names(words, folder)
    return b"%b=%b" % (MARK.encode(), bytes(folder)) in _read(process / "environ").split(b"\0")


def _names(words: list[bytes], folder: Path) -> bool:
    return any(word.startswith(b"--") and b"%b/" % bytes(folder) in word for word in words)


def _is_mine(process: Path) -> bool:
    with suppress(OSError):
        return process.stat().st_uid == os.getuid()
    return False


def _read(path: Path) -> bytes:
    """Return a file's content; a process that has ended has none."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def main(folder: str, driver: str) -> None:
    """Wait for the end of the process ``driver``, this one's parent, and clear ``folder``."""
    for number in _DEAF:
        signal.signal(number, signal.SIG_IGN)
    while os.getppid() == int(driver):
        time.sleep(WATCH_S)
    end_in(Path(folder))
    time.sleep(WATCH_S)  # a server that was being forked had no name yet
    end_in(Path(folder))


if __name__ == "__main__":
    main(*sys.argv[1:])
