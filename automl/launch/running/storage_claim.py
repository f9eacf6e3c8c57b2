"""The driver file at a run's URL: who drives the run, so that two drivers never share a place."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from automl.errors import InputError
from automl.launch.running.driver_lock import is_alive
from automl.trial.files.url_storage import Storage
from automl.trial.secrets import mask

DRIVER_FILE: Final = "driver.json"
ALIVE_S: Final = 60.0
SETTLE_S: Final = 2.0
WATCH_S: Final = 12.0
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


class StorageClaim:
    """This process's claim on a run's place at a URL, which it renews while it drives the run."""

    def __init__(self, storage: Storage, pause: Callable[[float], None] = time.sleep) -> None:
        """``pause`` waits for so many seconds."""
        self._storage = storage
        self._pause = pause

    def check_free(self) -> None:
        """Raise InputError if another process drives the run there.

        A driver whose last sign of life is old is dead, unless its clock differs from this
        machine's: another sign follows then.
        """
        said = self._said()
        if not _of_others(said) or _is_dead_here(said):
            return
        if abs(time.time() - float(said.get("alive", 0.0))) > ALIVE_S:
            self._pause(WATCH_S)
            if self._said() == said:
                return
        raise self._in_use(said)

    def take(self) -> None:
        """Claim the place; of drivers that do so at once the last one has it.

        Raises:
            InputError: this process is not the last one.
        """
        self._write(None)
        self._pause(SETTLE_S)
        self._check_ours(None)

    def renew(self, patience_s: float | None) -> None:
        """Give a sign of life; ``patience_s`` overrides the storage's own.

        Raises:
            InputError: another driver took the run over meanwhile.
        """
        self._check_ours(patience_s)
        self._write(patience_s)

    def drop(self) -> None:
        """Give the place back."""
        self._storage.remove(DRIVER_FILE)

    def _check_ours(self, patience_s: float | None) -> None:
        said = self._said(patience_s)
        if _of_others(said):
            raise self._in_use(said)

    def _write(self, patience_s: float | None) -> None:
        who = f"process {os.getpid()} on {socket.gethostname()}"
        mine = {"who": who, "pid": os.getpid(), "pids_of": pid_space()}
        text = json.dumps({**mine, "alive": time.time()})
        self._storage.write_text(DRIVER_FILE, text, patience_s=patience_s)

    def _said(self, patience_s: float | None = None) -> Mapping[str, Any]:
        """What the file says; nothing where it is missing or damaged."""
        with suppress(ValueError):
            said = json.loads(self._storage.read_text(DRIVER_FILE, patience_s=patience_s))
            return said if isinstance(said, dict) else {}
        return {}

    def _in_use(self, said: Mapping[str, Any]) -> InputError:
        return InputError(f"{mask(self._storage.url)} is in use by {said['who']}")


def pid_space() -> str:
    """Return what tells this host's processes, and this container's, from those of others."""
    try:
        return f"{_BOOT.read_text().strip()} {os.readlink('/proc/self/ns/pid')}"
    except OSError:  # no Linux
        return socket.gethostname()


def _of_others(said: Mapping[str, Any]) -> bool:
    ours = (said.get("pids_of"), said.get("pid")) == (pid_space(), os.getpid())
    return bool(said.get("who")) and not ours


def _is_dead_here(said: Mapping[str, Any]) -> bool:
    """Whether the driver was a process that this one would see, and has ended."""
    return said.get("pids_of") == pid_space() and not is_alive(int(said.get("pid", 0)))
