"""Handles Ctrl-C, SIGTERM and SIGHUP.

Prints at once what happens, then stops the run as its current stage asks. A thread that the signal
itself wakes prints it, so also while the main thread computes in a C library, and while a trainer
that trains in this process has handlers of its own.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final, NoReturn

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
AGAIN: Final = "again to stop now"
_STOP: Final = b"\0"  # no signal has this number, nor the next one
_LOST: Final = b"\xff"
EXIT_CODE: Final = 130
_SHOW_CURSOR: Final = b"\x1b[?25h"  # a live view hides it
_UNWIND_S: Final = 3.0
_PATIENCE_S: Final = 0.3
_POLL_S: Final = 0.002


@dataclass(frozen=True)
class _Stage:
    """A part of a run, and what the first signal does in it: see :func:`stage`."""

    answer: str = f"stopping; {AGAIN}"
    asked: threading.Event | None = None
    go_on: Callable[[], str] = str


class _Watch:
    """The handlers of one process, the thread that answers, and the stages under way."""

    def __init__(self, *, ends_process: bool) -> None:
        self.stages = [_Stage()]
        self.ends_process = ends_process
        self.received, self._obeyed = 0, 0  # signals: by the thread, by the main thread
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._writing, False)
        self._thread = threading.Thread(target=self._answer_all, daemon=True)
        self._before: dict[int, Any] = {}
        self._wakes = False
        self._repeats = 0
        self._hook = sys.unraisablehook

    @property
    def is_ending(self) -> bool:
        """Whether a signal has come that ends this process."""
        return self.ends_process and max(self.received, self._obeyed) > 0

    def begin(self) -> None:
        """Take over the signals of the main thread."""
        self._thread.start()
        other = signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
        self._wakes = other == -1
        if not self._wakes:  # an event loop's; then only the handler can wake the thread
            signal.set_wakeup_fd(other)
        self._before = {number: signal.signal(number, self._obey) for number in heard_signals()}
        self._hook, sys.unraisablehook = sys.unraisablehook, self._hear_lost

    def leave(self) -> None:
        """Give the signals back to whom they belonged, and wake the thread no more."""
        for number, handler in self._before.items():
            if signal.getsignal(number) == self._obey:
                signal.signal(number, signal.SIG_IGN if self.is_ending else handler)
        if self._wakes:
            signal.set_wakeup_fd(-1)
        sys.unraisablehook = self._hook

    def end(self) -> None:
        """Leave, and end the thread once it has said what it has to say."""
        self.leave()
        os.write(self._writing, _STOP)
        self._thread.join()
        os.close(self._reading)
        os.close(self._writing)

    def _obey(self, number: int, frame: FrameType | None) -> None:
        """Ask the stage to end, or interrupt the main thread, once the thread has answered.

        Of two signals during one call of a C library, the thread alone hears both.
        """
        if self._repeats:
            self._repeats -= 1
            raise KeyboardInterrupt
        if not self._wakes:
            os.write(self._writing, bytes([number]))
        self._await_answer()
        self._obeyed = max(self._obeyed + 1, self.received)
        asked = self.stages[-1].asked
        if asked is None or self._obeyed > 1:
            raise KeyboardInterrupt
        asked.set()

    def _await_answer(self) -> None:
        """Wait for the thread, not for long: the main thread may hold the lock of its output."""
        deadline = time.monotonic() + _PATIENCE_S
        while self.received <= self._obeyed and time.monotonic() < deadline:
            time.sleep(_POLL_S)

    def _answer_all(self) -> None:
        unheard = 0
        while (heard := self._hear()) != _STOP:
            if heard == _LOST:
                self._repeats, unheard = self._repeats + 1, unheard + self._wakes
                time.sleep(_POLL_S)
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            elif heard[0] in SIGNALS and unheard:
                unheard -= 1
            elif heard[0] in SIGNALS:
                self._answer(self.stages[-1])
                self.received += 1

    def _hear_lost(self, lost: sys.UnraisableHookArgs) -> None:
        """Have the thread repeat a KeyboardInterrupt that Python drops, as of a ``__del__``."""
        if issubclass(lost.exc_type, KeyboardInterrupt):
            os.write(self._writing, _LOST)
        else:
            self._hook(lost)

    def _hear(self) -> bytes:
        """Wait for a signal; after the second one, not for long, and the third ends the process."""
        last = self.ends_process and self.received > 1
        if last and (self.received > 2 or not select.select([self._reading], [], [], _UNWIND_S)[0]):
            end_process()
        return os.read(self._reading, 1)

    def _answer(self, stage: _Stage) -> None:
        if not self.received:
            _say(stage.answer)
        elif stage.answer:
            _say("; ".join(filter(None, ("stopping now", stage.go_on()))))


def heard_signals() -> list[signal.Signals]:
    """Return the signals that end a run: without SIGHUP where it is ignored, as under ``nohup``."""
    ignored = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    return [number for number in SIGNALS if number != signal.SIGHUP or not ignored]


_watch: _Watch | None = None
_has_ended = False  # a signal ended the block of answered(), so the process is about to end
_cleaners: Final[list[Callable[[], None]]] = []


@contextmanager
def answered(*, ends_process: bool = False) -> Iterator[None]:
    """Answer the signals of the block; off the main thread they are left alone.

    The first one does what the :func:`stage` under way says, each further one interrupts the main
    thread (KeyboardInterrupt). Where ``ends_process``, the second one also ends the process if the
    main thread has not left the block soon, and a third one at once.
    """
    global _watch, _has_ended
    if _watch is not None or threading.current_thread() is not threading.main_thread():
        yield
        return
    _watch = watch = _Watch(ends_process=ends_process)
    _has_ended = False
    watch.begin()
    try:
        yield
    finally:
        if _watch is watch:  # this is no child that was forked meanwhile
            _has_ended = watch.is_ending  # before there is no watch: other threads ask
            _watch = None
            watch.end()


@contextmanager
def stage(
    answer: str | None = None,
    *,
    asked: threading.Event | None = None,
    go_on: Callable[[], str] | None = None,
) -> Iterator[None]:
    """Set what the first signal does while the block runs, and what the user is told.

    Without :func:`answered` nothing is printed.

    Args:
        answer: what the user is told then; None for what the stage around says, empty where
            another process answers.
        asked: is set by the first signal; None where it interrupts the main thread.
        go_on: returns how the run goes on, for the second answer; None for what the stage around
            returns.
    """
    stages = _watch.stages if _watch else [_Stage()]
    around = stages[-1]
    words = around.answer if answer is None else answer
    stages.append(_Stage(words, asked, go_on or around.go_on))
    try:
        yield
    finally:
        stages.pop()


def is_ending() -> bool:
    """Return whether a signal has come that is about to end this process.

    That stays so after the block of :func:`answered`, until the process has ended.
    """
    watch = _watch
    return _has_ended if watch is None else watch.is_ending


def has_come() -> bool:
    """Return whether a signal has come, also where the main thread never gets to hear of it."""
    return _watch is not None and _watch.received > 0


def raise_dropped() -> None:
    """Raise KeyboardInterrupt where a signal has come, in a stage that it interrupts.

    Whoever gets there nevertheless was called by a library that dropped the interrupt, such as an
    import in a bare ``except``.
    """
    if has_come():
        raise KeyboardInterrupt


@contextmanager
def called_at_end(clean: Callable[[], None]) -> Iterator[None]:
    """Let :func:`end_process` call ``clean`` first, if it comes within the block."""
    _cleaners.append(clean)
    try:
        yield
    finally:
        _cleaners.remove(clean)


def end_process(code: int = EXIT_CODE) -> NoReturn:
    """End at once with ``code``, whatever the threads are at, and print no more.

    They may be in a C library, or start a Ray. What is recorded is safe, as it is from SIGKILL.
    """
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
        if sys.stderr.isatty():
            os.write(2, _SHOW_CURSOR)
    with open(os.devnull, "wb") as null:
        for stream in (1, 2):
            os.dup2(null.fileno(), stream)
    for clean in list(_cleaners):
        with suppress(Exception):
            clean()
    os._exit(code)


def _say(words: str) -> None:
    if words:
        with suppress(OSError, ValueError):  # nobody reads it
            print(f"automl: {words}", file=sys.stderr, flush=True)


def _leave_in_child() -> None:
    """Keep a forked child, such as a data loader's, from waking its parent's thread."""
    global _watch
    if _watch is not None:
        _watch.leave()
        _watch = None


os.register_at_fork(after_in_child=_leave_in_child)
