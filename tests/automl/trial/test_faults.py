"""Kinds of failures: told by exception type, exit, or log; never by guess."""

import errno
import signal

import pytest

from automl.errors import DataSourceError, TrialError
from automl.trial.faults import (
    Cause,
    cause_of_death,
    fault_of_exception,
    fault_of_exit,
    fault_of_log,
)

MODULE_ERROR = """Traceback (most recent call last):
  File "train.py", line 3, in <module>
    import nowhere
ModuleNotFoundError: No module named 'nowhere'
"""
CUDA = """Traceback (most recent call last):
  File "train.py", line 9, in step
torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB
"""


class OutOfMemoryError(RuntimeError):
    """As torch names it."""


class BadPictures(Exception):
    """As another package's bad input."""

    exit_code = 2


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (MemoryError(), "out_of_memory"),
        (OutOfMemoryError("CUDA"), "out_of_memory"),
        (RuntimeError("CUDA out of memory. Tried to allocate"), "out_of_memory"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "out_of_memory"),
        (OSError(errno.ENOSPC, "No space left on device"), "infrastructure"),
        (RuntimeError("[Errno 28] No space left on device"), "infrastructure"),
        (ConnectionResetError("peer"), "infrastructure"),
        (TrialError("metric is nan", fault="nan"), "nan"),
        (RuntimeError("the loss is not finite at step 7"), "nan"),
        (FloatingPointError("overflow"), "nan"),
        (FileNotFoundError("crops"), "data"),
        (DataSourceError("missing"), "data"),
        (BadPictures("no crops"), "data"),
        (TypeError("x"), "bug"),
        (RuntimeError("the bowl broke"), "bug"),
        (TrialError("who knows"), "unknown"),
    ],
)
def test_exceptions(error: Exception, fault: str) -> None:
    assert fault_of_exception(error) == fault


@pytest.mark.parametrize(
    ("code", "log", "fault"),
    [
        (-signal.SIGTERM, "", "preemption"),
        (128 + signal.SIGTERM, "", "preemption"),
        (-signal.SIGKILL, "", "infrastructure"),
        (-signal.SIGSEGV, "", "bug"),
        (-signal.SIGABRT, "terminate: what(): std::bad_alloc", "out_of_memory"),
        (1, CUDA, "out_of_memory"),
        (1, MODULE_ERROR, "bug"),
        (1, MODULE_ERROR.replace("ModuleNotFoundError", "FileNotFoundError"), "data"),
        (1, "OSError: [Errno 28] No space left on device", "infrastructure"),
        (3, "no more crops", "unknown"),
        (2, "usage: train.py [-h]", "unknown"),
    ],
)
def test_ends_of_child_processes(code: int, log: str, fault: str) -> None:
    assert fault_of_exit(code, log) == fault


def test_a_kill_is_for_memory_only_where_the_kernel_says_so() -> None:
    assert fault_of_exit(-9, "", host_memory_ran_out=True) == "out_of_memory"
    assert fault_of_exit(1, "", host_memory_ran_out=True) == "unknown"


def test_words_that_only_look_alike() -> None:
    assert fault_of_log("memory 3.1 GiB, loss 0.2, info: banana") == "unknown"


def test_numbers_do_not_make_another_cause() -> None:
    first = Cause("metric score is nan at epoch 1", "nan")
    assert first.key == Cause("metric score is nan at epoch 12", "nan").key
    assert first.key != Cause("metric score is nan at epoch 1", "bug").key


DEAD = (
    "The actor is dead because its worker process has died. Worker exit type: SYSTEM_ERROR"
    " Worker exit detail: End of file. Some common causes include: (1) the process was killed by"
    " the OOM killer due to high memory usage"
)


def test_dead_workers() -> None:
    assert cause_of_death(DEAD).fault == "infrastructure"
    assert cause_of_death(DEAD).reason.endswith("Worker exit detail: End of file.")
    assert cause_of_death(DEAD, host_memory_ran_out=True).fault == "out_of_memory"
    low = "Task was killed due to the node running low on memory: worker was killed"
    assert cause_of_death(low).fault == "out_of_memory"
    lost = (
        "The actor 9a397fe815f6e9ef442e0e3002000000 is unavailable: The actor is temporarily"
        " unavailable: RpcError: RPC error: Socket closed rpc_code: 14."
    )
    assert cause_of_death(lost).fault == "infrastructure"
    assert cause_of_death("").fault == "unknown"
