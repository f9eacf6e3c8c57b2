"""Standard output and error that survive a closed pipe or terminal, as after ``| head``."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, TextIO

import click

_GONE: Final = "automl: nobody reads standard output any more; the run goes on without it"


@contextmanager
def surviving_streams(*, warn: bool) -> Iterator[None]:
    """Discard what the block prints after its reader is gone; ``warn`` says so once."""
    before = sys.stdout, sys.stderr
    sys.stdout = _surviving(sys.stdout, _GONE if warn else "")
    sys.stderr = _surviving(sys.stderr, "")
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        sys.stdout, sys.stderr = before


def _surviving(stream: TextIO, warning: str) -> TextIO:
    """Return the stream reopened on its file descriptor; a stream without one as it is."""
    try:
        raw = _SurvivingStream(stream.fileno(), warning)
    except (OSError, ValueError):
        return stream
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.isatty() or stream is sys.stderr,
    )


class _SurvivingStream(io.FileIO):
    """A file descriptor that writes to the null device once its reader is gone."""

    def __init__(self, descriptor: int, warning: str) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self._warning = warning
        self._terminal = os.isatty(descriptor)

    def write(self, data: Any, /) -> int:
        """Write bytes; without a reader they are discarded, and count as written."""
        try:
            return super().write(data)
        except OSError as error:
            if not (isinstance(error, BrokenPipeError) or self._hung_up(error)):
                raise
            with open(os.devnull, "wb") as null:
                os.dup2(null.fileno(), self.fileno())
            if self._warning:
                click.echo(self._warning, err=True)
            return memoryview(data).nbytes

    def _hung_up(self, error: OSError) -> bool:
        """Whether the terminal is gone: a disk reports EIO too, but is none."""
        return self._terminal and error.errno == errno.EIO
