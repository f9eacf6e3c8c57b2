"""Standard output and error that survive a closed pipe: ``| head`` does not end a run."""

from __future__ import annotations

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
    """Discard what the block prints after the reader of its pipe is gone; ``warn`` says so once."""
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

    def write(self, data: Any, /) -> int:
        """Write bytes; without a reader they are discarded, and count as written."""
        try:
            return super().write(data)
        except BrokenPipeError:
            with open(os.devnull, "wb") as null:
                os.dup2(null.fileno(), self.fileno())
            if self._warning:
                click.echo(self._warning, err=True)
            return memoryview(data).nbytes
