"""Output files, written whole or not at all, and the lines that an action logs."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reid_model.errors import ConfigError

LOG = logging.getLogger(__name__)


def output_file(
    given: str, folder: str, root: str, name: str, *, key: str, suffixes: tuple[str, ...]
) -> Path:
    """``given``, or ``name`` in ``folder``, which itself defaults to the action's below ``root``.

    ``key`` is the spec key of the file, ``<action>.<name>``. Raises ConfigError for a suffix that
    is none of ``suffixes``.
    """
    if given and Path(given).suffix.lower() not in suffixes:
        raise ConfigError(f"{key} {given} must end in {' or '.join(suffixes)}")
    return Path(given or Path(folder or Path(root) / key.partition(".")[0]) / name)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A file beside ``path`` to write to; becomes ``path`` at the end, or nothing after an error.

    Raises ConfigError for a folder that cannot be written.
    """
    partial = path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.touch()
    except OSError as exc:
        raise ConfigError(f"{path} cannot be written: {exc.strerror}") from exc
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def announce(*parts: str) -> str:
    """Log the non-empty ``parts`` as one line, and return it for the status file."""
    line = "; ".join(part for part in parts if part)
    LOG.info("%s", line)
    return line
