"""Processes and ports: waiting for what another process does, and whether it lives."""

import secrets
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

PATIENCE_S = 300.0
"""How long a test waits for what must come: only a hang takes longer, also on a loaded machine."""

_NEVER_LENT = range(20_000, 30_000)  # below the ports that the kernel lends, above Ray's workers'


def wait_until(
    what: Callable[[], object],
    child: subprocess.Popen[str] | None = None,
    patience_s: float = PATIENCE_S,
) -> None:
    """Wait until ``what`` is true; fail if ``child`` ends first."""
    deadline = time.monotonic() + patience_s
    while not what():
        if child is not None and child.poll() is not None:
            raise AssertionError(f"the process ended: {child.communicate()}")
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def children(pid: int) -> list[int]:
    """The processes that a process has started and that live."""
    found = []
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in tasks.read_text().split()]
        except OSError:  # the thread has ended
            continue
    return found


def descendants(pid: int) -> list[int]:
    """The processes below a process that live."""
    return [below for child in children(pid) for below in (child, *descendants(child))]


def command_line(pid: int) -> str:
    """A process's command line; empty once it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def free_port() -> int:
    """A port on loopback that no connection takes before the test's server listens there."""
    while True:
        port = secrets.choice(_NEVER_LENT)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
