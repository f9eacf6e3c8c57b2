"""Saves the state of a worker process before a trial and restores it afterwards.

A part is a function that saves one aspect of the state and returns a function that restores it.
The part of a library does nothing before the library is imported.
"""

from __future__ import annotations

import gc
import importlib
import logging
import os
import random
import signal
import socket
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

Restore = Callable[[], None]
Part = Callable[[], Restore]

_SETTINGS: Final[tuple[tuple[Callable[[], Any], Callable[[Any], Any]], ...]] = (
    (sys.getrecursionlimit, sys.setrecursionlimit),
    (socket.getdefaulttimeout, socket.setdefaulttimeout),
    (random.getstate, random.setstate),
)


def environment() -> Restore:
    """Environment variables and the time zone that they name."""
    before = dict(os.environ)

    def restore() -> None:
        if dict(os.environ) == before:
            return
        for name in set(os.environ) - set(before):
            del os.environ[name]
        os.environ.update(before)
        time.tzset()

    return restore


def folder() -> Restore:
    """The current directory, the file mode mask and the folder of temporary files."""
    before, mask, scratch = _current_folder(), _mask(), tempfile.tempdir

    def restore() -> None:
        with suppress(OSError):  # it was deleted
            os.chdir(before)
        os.umask(mask)
        tempfile.tempdir = scratch

    return restore


def interpreter() -> Restore:
    """Arguments, import path, hooks, streams, recursion limit, sockets' timeout, collector."""
    names = ("stdin", "stdout", "stderr", "excepthook", "displayhook")
    before = {name: getattr(sys, name) for name in names}
    lists = {"argv": list(sys.argv), "path": list(sys.path)}
    settings = [(setter, getter()) for getter, setter in _SETTINGS]
    collecting, threshold = gc.isenabled(), gc.get_threshold()

    def restore() -> None:
        for name, value in before.items():
            setattr(sys, name, value)
        for name, content in lists.items():
            getattr(sys, name)[:] = content
        for setter, value in settings:
            setter(value)
        (gc.enable if collecting else gc.disable)()
        gc.set_threshold(*threshold)

    return restore


def signals() -> Restore:
    """Signal handlers; only the main thread can set any, so elsewhere there is nothing to do."""
    if threading.current_thread() is not threading.main_thread():
        return lambda: None
    before = {number: signal.getsignal(number) for number in signal.valid_signals()}

    def restore() -> None:
        for number, handler in before.items():
            if handler is not None and signal.getsignal(number) != handler:
                with suppress(OSError, ValueError):
                    signal.signal(number, handler)

    return restore


def warning_filters() -> Restore:
    """The warning filters."""
    before, show = list(warnings.filters), warnings.showwarning

    def restore() -> None:
        if list(warnings.filters) != before:
            warnings.filters[:] = before  # type: ignore[index]
            warnings._filters_mutated()  # type: ignore[attr-defined]
        warnings.showwarning = show

    return restore


def logging_setup() -> Restore:
    """Handlers, levels and filters of every logger; handlers of a trial are closed."""
    root, disabled, kind = logging.getLogger(), logging.root.manager.disable, _logger_class()
    before = {logger: _setup(logger) for logger in (root, *_loggers())}

    def restore() -> None:
        logging.disable(disabled)
        logging.setLoggerClass(kind)
        for logger in (root, *_loggers()):
            level, handlers, filters, propagates, off = before.get(logger, _FRESH)
            for handler in [h for h in logger.handlers if h not in handlers]:
                logger.removeHandler(handler)
                handler.close()
            logger.handlers[:] = handlers
            logger.filters[:] = filters
            logger.setLevel(level)
            logger.propagate, logger.disabled = propagates, off

    return restore


_FRESH: Final[tuple[int, list[Any], list[Any], bool, bool]] = (logging.NOTSET, [], [], True, False)


def numpy_state() -> Restore:
    """NumPy's global random generator and its handling of floating-point errors."""
    if "numpy" not in sys.modules:
        return lambda: None
    numpy: Any = importlib.import_module("numpy")
    state, errors = numpy.random.get_state(), numpy.geterr()

    def restore() -> None:
        numpy.random.set_state(state)
        numpy.seterr(**errors)

    return restore


def children() -> Restore:
    """The child processes of ``multiprocessing``: those that a trial left running are ended."""

    def restore() -> None:
        if "multiprocessing.process" not in sys.modules:
            return
        for child in importlib.import_module("multiprocessing").active_children():
            if child not in before:
                child.terminate()
                child.join(timeout=1.0)

    loaded = "multiprocessing.process" in sys.modules
    before = importlib.import_module("multiprocessing").active_children() if loaded else []
    return restore


def _current_folder() -> str:
    try:
        return os.getcwd()
    except FileNotFoundError:  # it was deleted
        return os.curdir


def _mask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _loggers() -> list[logging.Logger]:
    found = list(logging.root.manager.loggerDict.values())
    return [logger for logger in found if isinstance(logger, logging.Logger)]


def _logger_class() -> type[logging.Logger]:
    return logging.getLoggerClass()


def _setup(logger: logging.Logger) -> tuple[int, list[Any], list[Any], bool, bool]:
    kept = list(logger.handlers), list(logger.filters)
    return (logger.level, *kept, logger.propagate, logger.disabled)


PARTS: Final[tuple[Part, ...]] = (
    environment, folder, interpreter, signals, warning_filters, logging_setup, numpy_state,
    children,
)  # fmt: skip
