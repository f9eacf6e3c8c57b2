"""Asks an advisor, in a thread and a process of its own, while the sweep goes on.

The program has a session of its own, ends with this process in whatever way that ends (it runs
under :mod:`automl.trial.child.guard`), and writes to files of the run's folder ``advisor/``:
``request.json``, ``answer.json`` and ``log.txt``.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from automl.constants import ADVISOR_FOLDER, LOG_FILE
from automl.launch.planning.options.advisor import AdvisorOptions
from automl.launch.running.guidance.message import AnswerError, encode, parse_answer
from automl.trial.child import redirect
from automl.trial.child.process import Child

REQUEST_FILE: Final = "request.json"
ANSWER_FILE: Final = "answer.json"
MOST_BYTES: Final = 1_000_000  # of an answer
MOST_LOG: Final = 10_000_000  # bytes that one call may add to the log
GRACE_S: Final = 2.0  # between SIGTERM and SIGKILL
_POLL_S: Final = 0.1


@dataclass(frozen=True)
class Answer:
    """The result of one request: points, none where the advisor proposes none, or the failure."""

    points: Sequence[Mapping[str, Any]] = ()
    failure: str = ""


class Advisor:
    """One program, asked one question at a time."""

    def __init__(self, options: AdvisorOptions, run_dir: Path) -> None:
        """Nothing starts before :meth:`ask`."""
        self._options = options
        self._folder = run_dir / ADVISOR_FOLDER
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._answer = Answer()

    @property
    def busy(self) -> bool:
        """Whether a question has no answer yet, or one that was not collected."""
        return self._thread is not None

    def ask(self, compose: Callable[[], Mapping[str, Any]]) -> None:
        """Start the program with what ``compose`` returns, which a thread calls."""
        self._thread = threading.Thread(target=self._run, args=(compose,), daemon=True)
        self._thread.start()

    def collect(self) -> Answer | None:
        """Return the answer, once; None while there is none."""
        if self._thread is None or self._thread.is_alive():
            return None
        self._thread = None
        return self._answer

    def close(self) -> None:
        """End the program, and wait until it and all that it started have ended."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, compose: Callable[[], Mapping[str, Any]]) -> None:
        try:
            self._answer = Answer(self._points(compose))
        except AnswerError as error:
            self._answer = Answer(failure=str(error))
        except Exception as error:  # a full disk, a damaged ledger: the sweep itself will tell
            self._answer = Answer(failure=f"it cannot be asked: {type(error).__name__}: {error}")

    def _points(self, compose: Callable[[], Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        folder = self._folder
        folder.mkdir(exist_ok=True)
        request, answer, log = (folder / n for n in (REQUEST_FILE, ANSWER_FILE, LOG_FILE))
        request.write_bytes(encode(compose()))
        answer.write_bytes(b"")
        with log.open("ab") as stream:
            start = stream.tell()
            command = [sys.executable, "-I", "-S", redirect.__file__, str(request), str(answer)]
            child = Child(
                [*command, *self._options.argv], folder, stream, Path(self._options.folder), GRACE_S
            )
        try:
            code = self._wait(child, answer, log, start)
        finally:
            child.stop()
        if code:
            raise AnswerError(f"it ended with {_how(code)}{_last_line(log, start)}")
        return parse_answer(_content(answer))

    def _wait(self, child: Child, answer: Path, log: Path, start: int) -> int:
        """Return the program's exit code.

        Raises:
            AnswerError: it takes too long, or writes too much.
        """
        deadline = time.monotonic() + self._options.timeout_s
        while (code := child.poll(_POLL_S)) is None:
            if self._over.is_set():
                raise AnswerError("the search is over")
            if time.monotonic() > deadline:
                raise AnswerError(f"it gave no answer within {self._options.timeout_s:g} s")
            if _size(log) - start > MOST_LOG:
                raise AnswerError(f"it wrote more than {MOST_LOG} bytes of messages")
            _content(answer)
        return code


def _content(answer: Path) -> bytes:
    if _size(answer) > MOST_BYTES:
        raise AnswerError(f"its answer is longer than {MOST_BYTES} bytes")
    return answer.read_bytes() if answer.is_file() else b""


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _how(code: int) -> str:
    return f"exit code {code}" if code > 0 else f"signal {-code}"


def _last_line(log: Path, start: int) -> str:
    with log.open("rb") as stream:
        stream.seek(max(start, _size(log) - 2000))
        lines = stream.read().decode(errors="replace").strip().splitlines()
    return f": {lines[-1][:300]}" if lines else ""
