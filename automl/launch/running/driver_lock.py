"""A run has one driver process: a second one is refused, and its message names the first."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout

from automl.constants import PLAN_FILE
from automl.errors import InputError
from automl.launch.planning.run_folder import drop_empty_folder
from automl.set_aside import put, set_aside

LOCK_FILE: Final = ".driver.lock"
HOLDER_FILE: Final = ".driver.json"
_UNREADABLE: Final = (OSError, ValueError, LookupError, TypeError, RecursionError, OverflowError)
_PATIENCE_S: Final = 1.0  # a process that only checks the lock takes it for an instant


@contextmanager
def only_driver(folder: Path, *, is_new: bool = False) -> Iterator[None]:
    """Hold the run's lock for the block; the system frees it when this process dies.

    Raises:
        InputError: another process holds it (its host, pid and start time are named), the
            folder cannot be made or written, or another run has used that of a new one meanwhile.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError, PermissionError) as error:
        raise InputError(f"the folder {folder} cannot be made: {error.strerror}") from error
    _clear_lock(folder / LOCK_FILE)
    lock = FileLock(str(folder / LOCK_FILE), mode=0o600)
    try:
        lock.acquire(timeout=_PATIENCE_S)
        if is_new and (folder / PLAN_FILE).exists():
            lock.release()
            raise InputError(f"another run has taken {folder} meanwhile: give another --output")
        _write_holder(folder)
    except Timeout:
        raise _in_use(folder, _holder(folder)) from None
    except PermissionError as error:
        lock.release()
        raise InputError(
            f"{error.filename}: this user (uid {os.getuid()}) may not write to the run's folder:"
            " change its rights, or name another"
        ) from error
    try:
        yield
    finally:
        with suppress(OSError):  # the folder may have become read-only, or be gone
            (folder / HOLDER_FILE).unlink(missing_ok=True)
        lock.release()
        _remove_empty_folder(folder)


def check_no_driver(folder: Path) -> None:
    """Raise InputError if a process drives the run in ``folder`` now."""
    if driver := driver_of(folder):
        raise _in_use(folder, driver)


def _in_use(folder: Path, driver: str) -> InputError:
    return InputError(f"{folder} is in use by {driver}: automl status {folder} shows how far it is")


def driver_of(folder: Path) -> str | None:
    """Return who drives the run in ``folder`` now, None where nobody does.

    Where another user alone may open the lock, the process that the holder file names counts: it
    drives the run while it lives. Whether a process of another host lives is not known here.
    """
    lock = folder / LOCK_FILE
    try:
        held = not _is_odd(lock) and _is_held(lock)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError:
        return _living_holder(folder) if (folder / HOLDER_FILE).exists() else None
    return _holder(folder) if held else None


def _living_holder(folder: Path) -> str | None:
    """The driver that the run's holder file names, None where that process is dead."""
    try:
        who = _read_holder(folder)
        here, pid = who["host"] == socket.gethostname(), int(who["pid"])
    except _UNREADABLE:
        here, pid = False, 0
    if not here:
        return f"{_holder(folder)}, unless it was killed: this host cannot tell"
    return _holder(folder) if is_alive(pid) else None


def is_alive(pid: int) -> bool:
    """Return whether a process of this host lives."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # another user's
        return True
    return True


def _is_held(path: Path) -> bool:
    """Whether a process holds the lock; several processes may check at once."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _remove_empty_folder(folder: Path) -> None:
    """Remove the lock and the folder of a run that was refused before its plan was written."""
    if not (folder / PLAN_FILE).exists():
        (folder / LOCK_FILE).unlink(missing_ok=True)
        drop_empty_folder(folder)


def _write_holder(folder: Path) -> None:
    who = {
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "since": datetime.now().astimezone().isoformat(timespec="seconds"),
    }
    unfinished = folder / f"{HOLDER_FILE}.tmp"
    unfinished.write_text(json.dumps(who))
    put(unfinished, folder / HOLDER_FILE)


def _holder(folder: Path) -> str:
    try:
        who = _read_holder(folder)
        return f"process {who['pid']} on {who['host']} since {who['since']}"
    except _UNREADABLE:
        return "another process"


def _read_holder(folder: Path) -> Any:
    path = folder / HOLDER_FILE
    return json.loads(path.read_text()) if path.is_file() else {}


def _clear_lock(path: Path) -> None:
    """Move away what is no file in the lock's place, such as a folder: nobody can lock it."""
    if _is_odd(path):
        set_aside(path)


def _is_odd(path: Path) -> bool:
    return os.path.lexists(path) and not path.is_file()
