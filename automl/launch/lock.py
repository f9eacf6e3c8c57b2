"""One driver a run: a second one is refused and told who holds it."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from automl.constants import PLAN_FILE
from automl.errors import InputError

LOCK_FILE: Final = ".driver.lock"
HOLDER_FILE: Final = ".driver.json"


@contextmanager
def only_driver(folder: Path) -> Iterator[None]:
    """Hold the run's lock for the block; it is freed by the system when this process dies.

    Raises:
        InputError: another process holds it (its host, pid and start time are named), or the
            folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError, PermissionError) as error:
        raise InputError(f"the folder {folder} cannot be made: {error.strerror}") from error
    lock = FileLock(str(folder / LOCK_FILE), mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise InputError(f"{folder} is in use by {_holder(folder)}") from None
    try:
        _say_who(folder)
        yield
    finally:
        (folder / HOLDER_FILE).unlink(missing_ok=True)
        lock.release()
        _leave_no_empty_folder(folder)


def driver_of(folder: Path) -> str | None:
    """Return who drives the run in ``folder`` now, None where nobody does."""
    if not (folder / LOCK_FILE).exists():
        return None
    lock = FileLock(str(folder / LOCK_FILE), mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return _holder(folder)
    lock.release()
    return None


def _leave_no_empty_folder(folder: Path) -> None:
    """A run that was refused before its plan was written leaves nothing behind."""
    if not (folder / PLAN_FILE).exists():
        (folder / LOCK_FILE).unlink(missing_ok=True)
        with suppress(OSError):
            folder.rmdir()


def _say_who(folder: Path) -> None:
    who = {
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "since": datetime.now().astimezone().isoformat(timespec="seconds"),
    }
    (folder / HOLDER_FILE).write_text(json.dumps(who))


def _holder(folder: Path) -> str:
    try:
        who = json.loads((folder / HOLDER_FILE).read_text())
        return f"process {who['pid']} on {who['host']} since {who['since']}"
    except (OSError, ValueError, KeyError):
        return "another process"
