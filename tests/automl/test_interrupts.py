"""Ctrl-C, SIGTERM and SIGHUP are answered in words, and end what their stage says."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from processes import children

from automl import interrupts
from automl.interrupts import answered, stage

FIRST, SECOND = "automl: stopping; again to stop now\n", "automl: stopping now\n"


@pytest.fixture(autouse=True)
def handlers_stay() -> Iterator[None]:
    before = [signal.getsignal(number) for number in interrupts.SIGNALS]
    yield
    assert [signal.getsignal(number) for number in interrupts.SIGNALS] == before
    assert signal.set_wakeup_fd(-1) == -1


def _send(number: int = signal.SIGINT) -> None:
    """Send this process a signal; its handler runs before the next line."""
    os.kill(os.getpid(), number)
    time.sleep(0)


@pytest.mark.parametrize("number", interrupts.SIGNALS)
def test_a_signal_interrupts_and_is_answered(
    number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    came = []
    with answered():
        came.append(interrupts.has_come())
        with pytest.raises(KeyboardInterrupt):
            _send(number)
        came.append(interrupts.has_come())
    assert came == [False, True]
    assert capsys.readouterr().err == FIRST


def test_a_hang_up_that_is_ignored_stays_ignored(capsys: pytest.CaptureFixture[str]) -> None:
    """As under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with answered():
            _send(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
    assert capsys.readouterr().err == ""


def test_a_stage_that_ends_by_itself_is_only_asked(capsys: pytest.CaptureFixture[str]) -> None:
    asked = threading.Event()
    with answered(), stage(go_on=lambda: "go on with X"):
        with stage("stopping: soon", asked=asked):
            _send()
            assert asked.is_set()
        with pytest.raises(KeyboardInterrupt):
            _send(signal.SIGTERM)
    words = "automl: stopping: soon\nautoml: stopping now; go on with X\n"
    assert capsys.readouterr().err == words


def test_the_stage_that_was_interrupted_answers(capsys: pytest.CaptureFixture[str]) -> None:
    with answered(), stage("stopping: out"):
        with stage("stopping: in"):
            pass
        with pytest.raises(ZeroDivisionError), stage("stopping: in"):
            _ = 1 / 0
        with pytest.raises(KeyboardInterrupt), stage("stopping: here"):
            _send()
    assert capsys.readouterr().err == "automl: stopping: here\n"


def test_a_trainers_own_handler_hears_it_too(capsys: pytest.CaptureFixture[str]) -> None:
    heard: list[int] = []
    with answered():
        before = signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
        _send()
        signal.signal(signal.SIGINT, before)
    assert heard == [signal.SIGINT]
    assert capsys.readouterr().err == FIRST


def test_where_an_event_loop_owns_the_wakeup_it_keeps_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    try:
        with pytest.raises(KeyboardInterrupt), answered():
            _send()
        assert os.read(reading, 9) == bytes([signal.SIGINT])
    finally:
        assert signal.set_wakeup_fd(-1) == writing
    assert capsys.readouterr().err == FIRST


def test_off_the_main_thread_signals_are_left_alone() -> None:
    before, seen = signal.getsignal(signal.SIGINT), []

    def look() -> None:
        with answered(), stage("stopping: no"):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [before]


_FORKS = """
import os, signal, sys, time
from automl.interrupts import answered
with answered():
    child = os.fork()
    if child == 0:
        print("up", flush=True)
        time.sleep(600)
    try:
        print(os.WTERMSIG(os.waitpid(child, 0)[1]))
    except KeyboardInterrupt:
        os.kill(child, signal.SIGKILL)
"""


def test_a_forked_child_wakes_nobody() -> None:
    """Its SIGTERM is its own: a data loader's worker is ended so."""
    parent = subprocess.Popen(
        [sys.executable, "-c", _FORKS], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == "up\n"
    (child,) = children(parent.pid)
    os.kill(child, signal.SIGTERM)
    out, said = parent.communicate(timeout=60)
    assert (out, said, parent.returncode) == ("15\n", "", 0)


_COMPUTE = """
import hashlib, os, sys, threading, time
from automl.interrupts import answered, called_at_end
def tell(started=time.process_time()):
    while time.process_time() < started + 0.3:  # the call below has begun to compute
        time.sleep(0.01)
    print("up", flush=True)
def compute():
    threading.Thread(target=tell, daemon=True).start()
    hashlib.pbkdf2_hmac("sha256", b"x", b"x", 1 << 30)  # minutes in a C library, without the GIL
"""
_BUSY = f"""{_COMPUTE}
with answered():
    compute()
"""


def test_the_answer_comes_while_a_c_library_computes() -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", _BUSY], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stderr is not None
    assert child.stdout.readline() == "up\n"
    child.send_signal(signal.SIGINT)
    assert child.stderr.readline() == FIRST
    child.kill()
    child.communicate()


def test_an_interrupt_that_python_drops_is_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    """Python cannot raise out of ``__del__``, nor out of the callbacks of its imports."""

    class Dropping:
        def __del__(self) -> None:
            _send()
            raise AssertionError("the signal came later")

    def drop() -> None:
        Dropping()
        while True:
            time.sleep(0.01)

    with pytest.raises(KeyboardInterrupt), answered():
        drop()
    assert capsys.readouterr().err == FIRST


@pytest.mark.parametrize("ends_process", [True, False])
def test_a_process_that_a_signal_ends_is_still_ending_after_the_block(ends_process: bool) -> None:
    """Threads such as the one that starts Ray go on until the process is gone."""
    before = [(number, signal.getsignal(number)) for number in interrupts.SIGNALS]
    with pytest.raises(KeyboardInterrupt), answered(ends_process=ends_process):
        _send()
    assert interrupts.is_ending() is ends_process
    for number, handler in before:  # it ignores signals from then on
        signal.signal(number, handler)
    with answered(ends_process=True):
        assert not interrupts.is_ending()
    assert not interrupts.is_ending()


_DEAF = f"""{_COMPUTE}
with answered(ends_process=True), called_at_end(lambda: os.remove(sys.argv[1])):
    compute()
"""


def test_a_further_signal_ends_a_process_that_cannot_unwind(tmp_path: Path) -> None:
    (tmp_path / "ray").touch()
    child = subprocess.Popen(
        [sys.executable, "-c", _DEAF, str(tmp_path / "ray")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stderr is not None
    assert child.stdout.readline() == "up\n"
    for answer in (FIRST, SECOND):
        child.send_signal(signal.SIGINT)
        assert child.stderr.readline() == answer
    assert child.communicate() == ("", "")
    assert child.returncode == 130
    assert not (tmp_path / "ray").exists()
