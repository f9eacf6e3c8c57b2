"""Output streams that outlive their readers: ``| head`` or a killed ``tee`` ends no run."""

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
    """Let what is printed in the block go nowhere once nobody reads it.

    ``warn``: say on stderr, once, that standard output goes nowhere.
    """
    before = sys.stdout, sys.stderr
    sys.stdout = _surviving(sys.stdout, _GONE if warn else "")
    sys.stderr = _surviving(sys.stderr, "")
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        sys.stdout, sys.stderr = before


def _surviving(stream: TextIO, said: str) -> TextIO:
    """The stream anew on its file descriptor; as it is where it has none."""
    try:
        raw = _SurvivingStream(stream.fileno(), said)
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
    """A descriptor that writes to the null device once its reader is gone."""

    def __init__(self, descriptor: int, said: str) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self._said = said

    def write(self, data: Any, /) -> int:
        """Write bytes; all are taken, read or not."""
        try:
            return super().write(data)
        except BrokenPipeError:
            with open(os.devnull, "wb") as null:
                os.dup2(null.fileno(), self.fileno())
            if self._said:
                click.echo(self._said, err=True)
            return memoryview(data).nbytes
