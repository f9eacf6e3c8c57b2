"""The private folder of a local Ray: made, claimed by its driver, and swept up after a dead one."""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from automl.errors import InputError
from automl.home import can_write, temporary_folder
from automl.sweep.cluster.servers import end_in
from automl.trial.files.disk import RAY_FOLDER, is_full

CLAIM_FILE: Final = "driver.lock"
_PREFIX: Final = "ray-"


def unused_folder() -> Path:
    """Return a new name for the private folder of a Ray; the folders of dead drivers go.

    Whoever removes the folder when this process ends must know its name before it exists.
    """
    parent = Path(os.environ.get(RAY_FOLDER) or _short_folder())
    sweep_up(parent)
    return parent / f"{_PREFIX}{secrets.token_hex(4)}"


def make_folder(folder: Path) -> None:
    """Make the folder, which other users cannot read.

    Raises:
        InputError: it cannot be made.
    """
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise InputError(
            f"Ray cannot keep its files in {folder.parent} ({error.strerror}): make that folder, or"
            f" name another in {RAY_FOLDER}"
        ) from error


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Hold the folder's lock for the block; the system frees it when this process dies.

    It is locked before it gets its name, so that no claim of a living driver is ever free. Where it
    cannot be made, the folder is not swept up if this process dies.
    """
    with ExitStack() as held:
        with suppress(OSError):
            claim = held.enter_context((folder / f"{CLAIM_FILE}.new").open("w"))
            fcntl.flock(claim, fcntl.LOCK_EX)
            claim.write(socket.gethostname())
            claim.flush()
            os.rename(claim.name, folder / CLAIM_FILE)
        yield


def sweep_up(parent: Path) -> None:
    """Remove the folders in ``parent`` that drivers of this user on this host left when they died.

    A folder without a claim stays: nobody knows whose it is.
    """
    for folder in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if _is_own(folder) and _is_left(folder / CLAIM_FILE):
                end_in(folder)


def _is_own(folder: Path) -> bool:
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()


def _is_left(claim: Path) -> bool:
    """Whether nobody holds the claim, which a process of this host made."""
    with claim.open(errors="replace") as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return held.read() == socket.gethostname()


def _short_folder() -> str:
    """Return /tmp where it can be used, since the path of a socket holds 107 bytes at most."""
    usable = can_write(Path("/tmp")) and not is_full(Path("/tmp"))
    return "/tmp" if usable else temporary_folder()
