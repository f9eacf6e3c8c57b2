"""Starts a sweep's driver on a cluster's head node, from outside the cluster, over Ray's client.

Tune's controller cannot run in a client: it asks Ray for its own node, and a client has none. So an
actor without CPUs, pinned to the head node, runs the same command line there under the guard of
:mod:`automl.trial.child.guard`, and returns its output. Ray ends the actor when the client's
connection ends, for whatever reason; the guard then ends the driver: SIGTERM and a grace period.
"""

from __future__ import annotations

import io
import logging
import os
import shutil
import signal
import socket
import stat
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from automl.errors import InputError, RunError
from automl.sweep.cluster.address import check_client_answers
from automl.sweep.cluster.auth import secure_joining
from automl.trial.child.process import LOCK_FILE, Child, is_held

GRACE_S: Final = 60.0
KEPT_S: Final = 86400.0  # how long the log of a driver that lost its client is kept
HEAD: Final = "node:__internal_head__"  # a resource that Ray gives to the head node alone
_POLL_S: Final = 0.1
_WAIT_S: Final = 0.5
_AT_ONCE: Final = 1 << 20
_TRIES: Final = 4
_NO_SERVER: Final = "Initialization failure from server"  # then comes a traceback of the head's
_PREFIX: Final = "automl-driver-"
_PID, _OUT, _LOG = "pid", "stdout", "stderr"

# the guard's log takes the standard error; the process keeps its number
_SHELL: Final = (
    'echo $$ >"$1"; exec >"$2"; shift 2;'
    ' [ -n "$CUDA_VISIBLE_DEVICES" ] || unset CUDA_VISIBLE_DEVICES; exec "$@"'
)

# Ray's workers block Ctrl-C and the guard ignores it; what they start inherits both
_MAIN: Final = (
    "import signal; signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT});"
    " signal.signal(signal.SIGINT, signal.default_int_handler);"
    " from automl.cli.main import main; main()"
)


@dataclass(frozen=True)
class DriverPlace:
    """Where the driver runs: host name, working folder, and the folder of its log."""

    host: str
    cwd: str
    folder: str


@dataclass(frozen=True)
class DriverOutput:
    """The driver's output since the last call; ``code`` is its exit code once it has ended."""

    out: bytes
    err: bytes
    code: int | None


class HeadDriver:
    """One command line on the head node; lives in an actor there."""

    def __init__(self, address: str | None = None) -> None:
        """``address``: the cluster's own address, None for that of the actor's cluster."""
        self._address = address or _own_address()
        drop_old_folders(Path(tempfile.gettempdir()), time.time())
        self._folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self._child: Child | None = None
        self._read: dict[str, int] = {_OUT: 0, _LOG: 0}

    def receive(self, files: Sequence[tuple[str, bytes]]) -> list[str]:
        """Write the client's files into this driver's private folder; return their paths."""
        paths = []
        for number, (name, content) in enumerate(files):
            path = self._folder / f"{number}-{Path(name).name}"
            path.write_bytes(content)
            paths.append(str(path))
        return paths

    def missing(self, folders: Sequence[str]) -> list[str]:
        """Return those of ``folders`` that do not exist on this machine."""
        return [folder for folder in folders if not Path(folder).is_dir()]

    def start(self, arguments: Sequence[str], grace_s: float = GRACE_S) -> DriverPlace:
        """Start ``automl ARGUMENTS`` on this machine; return where it runs."""
        command = [sys.executable, "-c", _MAIN, *arguments]
        pid, out = str(self._folder / _PID), str(self._folder / _OUT)
        with (self._folder / _LOG).open("wb") as log:
            self._child = Child(
                ["/bin/sh", "-c", _SHELL, "sh", pid, out, *command],
                self._folder,
                log,
                Path.cwd(),
                grace_s,
                {"RAY_ADDRESS": self._address},
            )
        while self._pid() is None and self._child.poll(_POLL_S) is None:
            pass  # before that, signal() has no process to send to
        return DriverPlace(socket.gethostname(), str(Path.cwd()), str(self._folder))

    def read(self) -> DriverOutput:
        """Return new output as soon as there is any, or empty output after a moment."""
        assert self._child is not None
        deadline = time.monotonic() + _WAIT_S
        while True:
            code = self._child.poll(_POLL_S)
            out, err = self._new(_OUT), self._new(_LOG)
            if out or err:
                return DriverOutput(out, err, None)
            if code is not None or time.monotonic() > deadline:
                return DriverOutput(b"", b"", code)

    def _new(self, name: str) -> bytes:
        try:
            with (self._folder / name).open("rb") as file:
                file.seek(self._read[name])
                data = file.read(_AT_ONCE)
        except FileNotFoundError:
            return b""
        self._read[name] += len(data)
        return data

    def signal(self, number: int) -> None:
        """Send the driver a signal, unless it has ended."""
        assert self._child is not None
        pid = self._pid()
        if pid is not None and self._child.poll(0) is None:
            os.kill(pid, number)

    def _pid(self) -> int | None:
        path = self._folder / _PID
        text = path.read_text() if path.exists() else ""
        return int(text) if text.endswith("\n") else None

    def close(self) -> None:
        """Remove the private folder of a driver that has ended."""
        shutil.rmtree(self._folder, ignore_errors=True)


def drop_old_folders(parent: Path, now: float) -> None:
    """Remove old folders in ``parent`` of drivers that lost their client.

    ``now``: seconds since the epoch; a folder stays for :data:`KEPT_S` after its driver's
    last line, and while its driver runs.
    """
    for folder in parent.glob(f"{_PREFIX}*"):
        with suppress(FileNotFoundError):  # another driver that starts now removed it
            found = folder.lstat()
            ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
            if ours and now - _last_written(folder) > KEPT_S and not is_held(folder / LOCK_FILE):
                shutil.rmtree(folder, ignore_errors=True)


def _last_written(folder: Path) -> float:
    """When a file in the folder changed last: a growing log does not change its folder's time."""
    return max(path.lstat().st_mtime for path in (folder, *folder.iterdir()))


def _own_address() -> str:
    import ray

    return str(ray.get_runtime_context().gcs_address)


class Remote:
    """The client's side of a :class:`HeadDriver`: calls its methods and waits for the result."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    def call(self, method: str, *arguments: Any) -> Any:
        """Call a method of the driver.

        Raises:
            RunError: the connection, or the actor, is gone.
        """
        import grpc
        import ray

        try:
            return ray.get(getattr(self._actor, method).remote(*arguments))
        except (OSError, grpc.RpcError, ray.exceptions.RayError) as error:
            raise RunError(f"the driver on the cluster cannot be reached: {error}") from error


@contextmanager
def remote_driver(address: str) -> Iterator[Remote]:
    """Connect to the cluster at ``ray://HOST:PORT`` and make a driver on its head for the block.

    A driver that still runs at the block's end gets SIGTERM and :data:`GRACE_S` seconds to end.

    Raises:
        InputError: nothing answers there, grpcio is missing, the versions of Python or Ray differ,
            or the head has no such package as this.
    """
    if find_spec("grpc") is None:
        raise InputError(
            f'--address {address!r}: Ray\'s client needs grpcio: pip install "ray[client]"'
        )
    place = check_client_answers(address)
    secure_joining()
    import ray

    logging.getLogger("ray").setLevel(logging.ERROR)
    try:
        _connect(f"ray://{place}")
        yield Remote(_make_actor(address))
    finally:
        ray.shutdown()


def _connect(address: str) -> None:
    """Connect Ray's client; retry where the head did not start the server for this client.

    A busy head takes longer than the 30 s that Ray has for it, or finds the process half started.
    """
    import ray

    for tries_left in reversed(range(_TRIES)):
        try:
            with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
            return
        except (OSError, RuntimeError, ValueError) as error:
            if not (tries_left and _NO_SERVER in str(error)):
                raise InputError(refusal(address, error)) from error


def refusal(address: str, error: Exception) -> str:
    """Return the message for a refused connection, with what the user can do."""
    if "ersion mismatch" in str(error):
        reason = " ".join(str(error).split())
        return (
            f"--address {address!r}: {reason} Install here the Python (minor version) and the"
            " Ray of the cluster, or run the command on it with --address auto"
        )
    said = str(error).strip()
    if _NO_SERVER in said:
        return (
            f"--address {address!r}: the cluster's head did not start a server for this client:"
            f" {said.splitlines()[-1].strip()}; look into ray_client_server*.err on it, or run the"
            " command there with --address auto"
        )
    return (
        f"no Ray cluster at {address!r}: {said}; a cluster with token authentication wants its"
        " token in RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH (or RAY_AUTH_MODE=token and a file)"
    )


def _make_actor(address: str) -> Any:
    import ray

    options: Mapping[str, Any] = {"num_cpus": 0, "resources": {HEAD: 0.001}, "max_restarts": 0}
    try:
        actor = ray.remote(**options)(HeadDriver).remote()
        ray.get(actor.missing.remote([]))
    except ray.exceptions.RayError as error:
        raise InputError(
            f"--address {address!r}: the cluster's head cannot run automl: is the same"
            f" reid-automl installed there? {error}"
        ) from error
    return actor


def exit_code(code: int) -> int:
    """Return the command line's exit code: a driver that Ctrl-C or SIGTERM ended gives 130."""
    if code >= 0:
        return code
    return 130 if -code in (signal.SIGINT, signal.SIGTERM) else 1
