"""Runs one command and ends it when the process that started it dies, in whatever way.

Started as a script by :class:`automl.trial.child.process.Child`, with the standard library alone. A
process that only asks the kernel for a signal at its parent's death (PR_SET_PDEATHSIG) takes its
own children with it but not theirs, and Ray kills the direct children of a worker that leaves. So
the guard detaches itself (a second fork, a session of its own) and waits for two things: the end of
the command, and the end of its standard input, a pipe that closes when the process that started the
guard dies, in whatever way. Then everything that the command started gets SIGTERM, a grace period
and SIGKILL; on Linux also what left the process group, because orphans become children of the
guard. If the guard itself is killed, the command dies with it (PR_SET_PDEATHSIG).

A command that runs a container has the container's end too: the engine stops it with the same
grace, and whatever happened removes it. Its label says which guard watches it, so that a later run
finds the containers of guards that were killed.

Standard output carries one line at the end: the exit code, negative for a signal.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
CANNOT_START = 127
POLL_S = 0.05
LOG_FD = 2
ENGINE_S = 60.0  # an engine that answers no sooner is given up
LABEL = "automl.guard"
KILLED = (137, -9)
OUT_OF_MEMORY = b"automl: the container was killed: out of memory (the engine's OOM flag)\n"


def main(arguments: list[str]) -> None:
    """Guard ``GRACE LOCK CWD CONTAINER COMMAND...``: detach, run, tell the exit code.

    CONTAINER is the name of the container that the command, ``ENGINE run ...``, runs; else empty.
    """
    if os.fork():
        os._exit(0)
    os.setsid()
    grace, lock, cwd, container, *command = arguments
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    wake = _signals_wake()
    held = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with suppress(OSError):  # a file system without locks
        fcntl.flock(held, fcntl.LOCK_EX)  # an earlier run of the same trial is still ending
    if container:
        _engine(command[0], "rm", "--force", container)  # of an earlier run of the same trial
        command[2:2] = ["--label", f"{LABEL}={identity(os.getpid())}"]
    code = _run(command, cwd, float(grace), wake, container)
    with suppress(BrokenPipeError):
        os.write(1, b"%d\n" % code)


def _run(command: list[str], cwd: str, grace: float, wake: int, container: str) -> int:
    try:
        leader = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=LOG_FD,
            stderr=LOG_FD,
            cwd=cwd,
            start_new_session=True,
            preexec_fn=lambda: _prctl(PR_SET_PDEATHSIG, signal.SIGKILL),
        )
    except OSError as error:
        os.write(LOG_FD, f"cannot start {command[0]!r}: {error.strerror}\n".encode())
        return CANNOT_START
    _await_end(leader, wake)
    if container and leader.poll() is None:
        _engine(command[0], "stop", "-t", f"{grace:.0f}", container, patience=grace)
    _clear(leader, grace)
    code = leader.wait()
    if container:
        _remove(command[0], container, code)
    return code


def _remove(engine: str, container: str, code: int) -> None:
    """Remove a container; say in the log of one that was killed whether it was for memory."""
    if code in KILLED:
        flag = _engine(engine, "inspect", "--format", "{{.State.OOMKilled}}", container)
        if flag.strip() == b"true":
            os.write(LOG_FD, OUT_OF_MEMORY)
    _engine(engine, "rm", "--force", "--volumes", container)


def _engine(engine: str, *words: str, patience: float = 0.0) -> bytes:
    """Return what the engine prints, which says nothing of a container that is gone."""
    with suppress(OSError, subprocess.TimeoutExpired):
        quiet = subprocess.DEVNULL
        return subprocess.run(
            [engine, *words],
            stdin=quiet,
            stdout=subprocess.PIPE,
            stderr=quiet,
            timeout=ENGINE_S + patience,
            check=False,
        ).stdout
    return b""


def identity(pid: int) -> str:
    """Return an identity that no other process of any machine and boot has."""
    return f"{_machine()}/{_start(pid)}"


def is_dead(said: str) -> bool:
    """Return whether ``said``, the identity of a process, is of one that has ended here.

    Of another machine, or of a container that does not see the same processes, nothing is known.
    """
    machine, _, start = said.rpartition("/")
    pid = start.partition(":")[0]
    return machine == _machine() != "" and pid.isdigit() and _start(int(pid)) != start


def _machine() -> str:
    """This boot of this machine, and the processes that can be seen here; empty if not known."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as boot:
            return f"{boot.read().strip()}/{os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""


def _start(pid: int) -> str:
    """Return a process's id with its start time; empty for one that has ended."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            words = stat.read().rsplit(")", 1)[1].split()
    except OSError:
        return ""
    return "" if words[0] in "ZX" else f"{pid}:{words[19]}"


def _await_end(leader: subprocess.Popen[bytes], wake: int) -> None:
    """Return when the command ended, or when the guard has to end it."""
    while leader.poll() is None:
        ready, _, _ = select.select([0, wake], [], [])
        if 0 in ready and not os.read(0, 1):
            return
        if wake in ready and signal.SIGTERM in os.read(wake, 64):
            return


def _clear(leader: subprocess.Popen[bytes], grace: float) -> None:
    """End the command and all that it started: SIGTERM, grace, SIGKILL."""
    for number, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, grace)):
        deadline = time.monotonic() + patience
        _signal_all(leader, number)
        while _living(leader) and time.monotonic() < deadline:
            time.sleep(POLL_S)
            if number == signal.SIGKILL:
                _signal_all(leader, number)  # a child made in between


def _signal_all(leader: subprocess.Popen[bytes], number: int) -> None:
    for pid in _living(leader):
        with suppress(OSError):
            os.kill(pid, number)


def _living(leader: subprocess.Popen[bytes]) -> set[int]:
    """Return the living processes below this one; the leader alone where there is no /proc."""
    leader.poll()
    if not os.path.isdir("/proc/self"):
        return set() if leader.returncode is not None else {leader.pid}
    parents = _parents()
    found = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {os.getpid()}


def _parents() -> dict[int, int]:
    """Return pid -> parent of every process that has not ended."""
    found = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as stat:
                state, parent = stat.read().rsplit(")", 1)[1].split()[:2]
        except OSError:
            continue
        if state not in "ZX":
            found[int(name)] = int(parent)
    return found


def _signals_wake() -> int:
    """Let the signals that matter write their number into a pipe; return its reading end."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, lambda number, frame: None)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    return reading


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    main(sys.argv[1:])
