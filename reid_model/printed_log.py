"""Prints the log of ``reid_model`` for the command line; a library that only logs prints nothing.

Every module logs under ``reid_model``. Whoever imports the package decides what becomes of it.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

LOG = "reid_model"


class _Printer(logging.Handler):
    """Prints warnings on standard error and everything else on standard output."""

    def emit(self, record: logging.LogRecord) -> None:
        is_warning = record.levelno >= logging.WARNING
        words = f"{record.levelname}: {record.getMessage()}" if is_warning else record.getMessage()
        print(words, file=sys.stderr if is_warning else sys.stdout, flush=True)


@contextmanager
def printed_log() -> Iterator[None]:
    """Print what the trainer logs while the block runs."""
    logger, printer = logging.getLogger(LOG), _Printer()
    before = logger.level
    logger.addHandler(printer)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(printer)
        logger.setLevel(before)
