"""Why a trial failed: the kind of failure, from its exception, exit code or log.

Without evidence the kind stays ``unknown``. An exception of an unknown type is a ``bug``: the
trainer's code raised it, and would raise it again.
"""

from __future__ import annotations

import errno
import re
import signal
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from automl.constants import Fault
from automl.errors import AutoMLError
from automl.trial.secrets import mask

# The same trial may well succeed when it runs again.
TRANSIENT: Final = frozenset({Fault.INFRASTRUCTURE, Fault.PREEMPTION})
_BAD_INPUT_EXIT: Final = 2
_KILLED: Final = (-signal.SIGKILL, 128 + signal.SIGKILL)  # a shell and a container say 137
_BY_TYPE: Final = {
    **dict.fromkeys(("MemoryError", "OutOfMemoryError", "OutOfMemory"), Fault.OUT_OF_MEMORY),
    **dict.fromkeys(("FloatingPointError", "NonFiniteError"), Fault.NAN),
    **dict.fromkeys(
        ("DataError", "DataSourceError", "FileNotFoundError", "PermissionError",
         "IsADirectoryError", "NotADirectoryError", "UnidentifiedImageError", "BadZipFile",
         "ReadError"), Fault.DATA,
    ),
    **dict.fromkeys(
        ("ActorDiedError", "ActorUnavailableError", "RayActorError", "WorkerCrashedError",
         "NodeDiedError", "ObjectLostError", "ConnectionError", "ConnectionResetError",
         "ConnectionRefusedError", "ConnectionAbortedError", "BrokenPipeError", "TimeoutError",
         "DistNetworkError", "DistBackendError", "DistStoreError", "AcceleratorError"),
        Fault.INFRASTRUCTURE,
    ),
}  # fmt: skip
_BY_ERRNO: Final = {
    **dict.fromkeys(
        (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ESTALE, errno.ENODEV, errno.EROFS,
         errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENOTCONN),
        Fault.INFRASTRUCTURE,
    ),
    errno.ENOMEM: Fault.OUT_OF_MEMORY,
}  # fmt: skip
_BY_SIGNAL: Final = {
    signal.SIGTERM: Fault.PREEMPTION,
    signal.SIGKILL: Fault.INFRASTRUCTURE,
    signal.SIGBUS: Fault.INFRASTRUCTURE,
    signal.SIGHUP: Fault.INFRASTRUCTURE,
    signal.SIGSEGV: Fault.BUG,
    signal.SIGABRT: Fault.BUG,
    signal.SIGILL: Fault.BUG,
    signal.SIGFPE: Fault.BUG,
}
_BY_TEXT: Final = (
    (
        re.compile(
            r"out of memory|OutOfMemoryError|can't allocate memory|std::bad_alloc"
            r"|CUBLAS_STATUS_ALLOC_FAILED|oom-kill|Cannot allocate memory",
            re.IGNORECASE,
        ),
        Fault.OUT_OF_MEMORY,
    ),
    (
        re.compile(
            r"No space left on device|Disk quota exceeded|Input/output error|Stale file handle"
            r"|Transport endpoint is not connected|uncorrectable ECC|NCCL error|CUDA error: unknown"
            r"|Connection reset by peer",
            re.IGNORECASE,
        ),
        Fault.INFRASTRUCTURE,
    ),
    (
        re.compile(
            r"\b(?:loss|metric|gradients?|features?|weights?)\b.{0,40}"
            r"\b(?:nan|inf|not finite|non-?finite|not a number)\b|NonFiniteError",
            re.IGNORECASE,
        ),
        Fault.NAN,
    ),
)
_RAISED: Final = re.compile(
    r"^(?:[A-Za-z_]\w*\.)*([A-Z]\w*(?:Error|Exception|File|Memory))\b(?::|$)"
)
_DEAD: Final = re.compile(
    r"\b(?:worker|node)\b.{0,40}\b(?:died|dead|killed)\b|ActorDiedError|WorkerCrashedError"
    r"|\bactor\b.{0,60}\bunavailable\b|rpc_code: 14"
    r"|ActorUnavailableError|NodeDiedError",
    re.IGNORECASE,
)
_LOW_MEMORY: Final = re.compile(r"running low on memory|ray\.exceptions\.OutOfMemoryError")
_ADVICE: Final = re.compile(r" Some common causes")
_TRACEBACK: Final = "Traceback (most recent call last)"
LAST_LINES: Final = (
    "; last lines of its log: "  # between a child's end and its lines, joined by BAR
)
BAR: Final = " | "
# What differs between two failures of one cause; ``_CODE``: errors that quote names, not values.
_CODE: Final = re.compile(
    r"\b(?:Attribute|Name|UnboundLocal|Key|ModuleNotFound|Import|Type)Error\b"
)
_QUOTED: Final = re.compile(r"(?<!\w)(?P<quote>['\"`])(?:(?!(?P=quote)).)*(?P=quote)(?!\w)")
_FILE: Final = re.compile(
    r"\b[a-z][a-z0-9+.-]*://[^\s'\"]+|\b[a-z]:\\[^\s'\"]+|[\w.~-]*(?:/[\w.@%=+~-]+)+/?"
    r"|[\w-]+\.(?:jpe?g|png|bmp|webp|tiff?|gif|np[yz]|pth?|ckpt|csv|json|ya?ml|txt|zip|tar|gz|h5"
    r"|parquet|pkl|onnx|safetensors|bin|tmp|log)\b",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(
    r"0x[0-9a-f]+|\b(?=[a-f]*\d)[0-9a-f]{8,}\b|(?:(?<![\w)])[-+])?\d+(?:\.\d*)?(?:e[-+]?\d+)?"
    r"|(?<![\w.])[-+]?(?:nan|inf)\b",
    re.IGNORECASE,
)
_SERIES: Final = re.compile(r"#(?:\s*[,x×*]\s*#)+")
UNREPORTED: Final = "the trainer does not report the metric"


@dataclass(frozen=True)
class Cause:
    """Why a trial failed: the reason in words, and what kind of failure it is."""

    reason: str
    fault: str = Fault.UNKNOWN

    @property
    def key(self) -> str:
        """The same text for failures that differ in values only: numbers, addresses, paths."""
        return self.key_without()

    def key_without(self, values: Iterable[str] = ()) -> str:
        """:attr:`key`, with ``values``, such as the trial's own parameters, taken out too."""
        text = essence(self.reason)
        for value in values:
            text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", "#", text)
        text = text if _CODE.search(text) else _QUOTED.sub("#", text)
        text = _NUMBER.sub("#", _FILE.sub("#", text))
        return f"{self.fault}: {_SERIES.sub('#', text)}"


def essence(reason: str) -> str:
    """Return the line of a reason that names the cause, such as the exception in lines of a log."""
    how, found, tail = reason.partition(LAST_LINES)
    if found:
        lines = [line.strip() for line in tail.split(BAR)]
        return raised_in(lines) or f"{how}: {lines[-1]}"
    lines = [line.strip() for line in reason.splitlines() if line.strip()]
    return " ".join(lines[: 2 if lines and re.fullmatch(r"[\w.]+:", lines[0]) else 1])


def without_log(reason: str) -> str:
    """Return a reason; one with lines of a log is shortened to the line that names the cause."""
    return essence(reason) if LAST_LINES in reason else reason


def raised_in(lines: Sequence[str]) -> str:
    """Return the last of ``lines`` that names an exception, empty without one."""
    return next((line for line in reversed(lines) if _RAISED.match(line)), "")


def fault_of_exception(error: BaseException) -> Fault:
    """Return the kind of an exception that a trial raised in this process."""
    said = getattr(error, "fault", None)
    if isinstance(said, str) and said in _KNOWN:
        return Fault(said)
    if isinstance(error, OSError) and error.errno in _BY_ERRNO:
        return _BY_ERRNO[error.errno]
    known = _by_names(kind.__name__ for kind in type(error).__mro__)
    if known is not None:
        return known
    if getattr(error, "exit_code", None) == _BAD_INPUT_EXIT:
        return Fault.DATA
    return fault_of_text(str(error)) or (
        Fault.BUG if isinstance(error, Exception) else Fault.UNKNOWN
    )


def fault_of_exit(code: int, log_tail: str, *, host_memory_ran_out: bool = False) -> Fault:
    """Return the kind of failure of a child process.

    Args:
        code: its exit code, negative for a signal.
        log_tail: the end of what it printed.
        host_memory_ran_out: whether the kernel killed a process for memory while it ran.
    """
    if code in _KILLED and host_memory_ran_out:
        return Fault.OUT_OF_MEMORY
    by_log = fault_of_log(log_tail)
    number = code - 128 if 128 < code < 128 + signal.NSIG else -code
    by_signal = _BY_SIGNAL.get(signal.Signals(number)) if number in _SIGNALS else None
    if by_log == Fault.OUT_OF_MEMORY or by_signal is None:
        return by_log
    return by_signal


def fault_of_log(tail: str) -> Fault:
    """Return the kind of failure that the end of a log shows."""
    return fault_of_text(tail) or _fault_of_traceback(tail) or Fault.UNKNOWN


def cause_of_death(text: str, *, host_memory_ran_out: bool = False) -> Cause:
    """Return why a worker died that reported nothing, from Ray's error text.

    ``host_memory_ran_out``: whether the kernel killed a process for memory while it ran.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    reason = _ADVICE.split(lines[-1])[0] if lines else "the worker died without a word"
    dead = _DEAD.search(text) is not None
    if dead and (host_memory_ran_out or _LOW_MEMORY.search(text)):
        return Cause(reason, Fault.OUT_OF_MEMORY)
    return Cause(reason, Fault.INFRASTRUCTURE if dead else fault_of_log(text))


def fault_of_text(text: str) -> Fault | None:
    """Return the kind of failure that known words in ``text`` show, None without any."""
    return next((fault for pattern, fault in _BY_TEXT if pattern.search(text)), None)


def _fault_of_traceback(tail: str) -> Fault | None:
    """The kind of the exception that ends the last traceback of a log."""
    if _TRACEBACK not in tail:
        return None
    lines = tail[tail.rindex(_TRACEBACK) :].splitlines()
    raised = [match[1] for match in map(_RAISED.match, lines) if match]
    return (_by_names(raised[-1:]) or Fault.BUG) if raised else None


def _by_names(names: Iterable[str]) -> Fault | None:
    return next((_BY_TYPE[name] for name in names if name in _BY_TYPE), None)


_KNOWN: Final = frozenset(Fault)
_SIGNALS: Final = frozenset(int(number) for number in signal.Signals)
_COUNTERS: Final = (Path("/proc/vmstat"), Path("/sys/fs/cgroup/memory.events"))


def oom_kills(counters: tuple[Path, ...] = _COUNTERS) -> int:
    """Return how many processes were killed for memory since the machine started.

    The counts of the machine and of this container are added: only growth means anything.
    """
    return sum(_count(path) for path in counters)


def _count(path: Path) -> int:
    try:
        lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0
    found = (line.split() for line in lines if line.startswith("oom_kill "))
    return sum(int(words[1]) for words in found)


def failure_cause(error: Exception) -> Cause:
    """Return why a trial failed: the message of one of our errors, else its type and message."""
    known = isinstance(error, AutoMLError) or hasattr(error, "exit_code")
    text = str(error).strip()
    reason = text if known and text else f"{type(error).__name__}: {text}"
    return Cause(mask(reason), fault_of_exception(error))
