"""Ray takes SIGTERM's handler in C, where Python does not see it."""

import ctypes
import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from automl.sweep.cluster.handlers import handler_kept


@pytest.fixture
def heard() -> Iterator[list[int]]:
    numbers: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: numbers.append(number))
    yield numbers
    signal.signal(signal.SIGTERM, before)


def _take() -> None:
    with handler_kept():
        ctypes.CDLL(None).signal(signal.SIGTERM, 1)  # SIG_IGN


def _signal() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(0)


def test_a_handler_that_is_taken_in_c_comes_back_in_any_thread(heard: list[int]) -> None:
    thread = threading.Thread(target=_take)
    thread.start()
    thread.join()
    _signal()
    assert heard == [signal.SIGTERM]
    _take()
    _signal()
    assert heard == [signal.SIGTERM] * 2


def test_a_handler_of_python_comes_back(heard: list[int]) -> None:
    with handler_kept():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _signal()
    assert heard == [signal.SIGTERM]
