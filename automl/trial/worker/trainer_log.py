"""What a trainer logs in this process goes where its prints go: to the trial's ``log.txt``.

A trainer logs under the name of its package, as Python's ``logging`` wants it. Where nobody has
set up logging, its records from INFO on are printed. Where somebody has, theirs is left as it is,
and the file gets the records all the same.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


@contextmanager
def trainer_log(package: str, file: TextIO) -> Iterator[None]:
    """Write what ``package`` logs while the block runs to ``file``, or print it."""
    logger = logging.getLogger(package)
    level, propagates = logger.level, logger.propagate
    writer = _TrialLog(logger, file if logger.hasHandlers() else None)
    logger.addHandler(writer)
    logger.propagate = False
    if level == logging.NOTSET:
        logger.setLevel(min(logging.INFO, logger.getEffectiveLevel()))
    try:
        yield
    finally:
        logger.removeHandler(writer)
        logger.propagate = propagates
        logger.setLevel(level)


class _TrialLog(logging.Handler):
    """Writes records to a file, and passes on those that would have reached others without it."""

    def __init__(self, logger: logging.Logger, file: TextIO | None) -> None:
        """``file``: None to print, which ends up in the trial's log as well."""
        super().__init__()
        self._file = file
        self._others = logger.parent if logger.propagate and file is not None else None
        self._level = logger.getEffectiveLevel()

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record as a line, a warning with its level."""
        is_warning = record.levelno >= logging.WARNING
        words = f"{record.levelname}: {record.getMessage()}" if is_warning else record.getMessage()
        stream = self._file or (sys.stderr if is_warning else sys.stdout)
        print(words, file=stream, flush=True)
        if self._others is not None and record.levelno >= self._level:
            self._others.callHandlers(record)
