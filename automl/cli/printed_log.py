"""Prints the log of ``automl`` on standard error for the command line.

As a library automl only logs, under its modules' names, and prints nothing: whoever imports it
decides what becomes of the records.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from automl.cli.verbosity import LOG, Verbosity, set_log_level
from automl.trial.secrets import mask


@contextmanager
def printed_log() -> Iterator[None]:
    """Print what is logged while the block runs; warnings, or what its command's verbosity says."""
    logger, printer = logging.getLogger(LOG), _Printer()
    level, propagates = logger.level, logger.propagate
    logger.addHandler(printer)
    set_log_level(Verbosity.NORMAL)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(printer)
        logger.setLevel(level)
        logger.propagate = propagates


class _Printer(logging.Handler):
    """Prints a record as one message: a warning as ``automl: ...``, others with their logger.

    The traceback of a record that has one follows.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Print a record on what standard error is now: a live view takes its place."""
        name = LOG if record.levelno >= logging.WARNING else record.name
        text = logging.Formatter(f"{name}: %(message)s").format(record)
        print(mask(text), file=sys.stderr, flush=True)
