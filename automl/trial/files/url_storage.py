"""A run's folder at a URL, for clusters whose nodes share no disk.

Trials work in a folder of their own machine and push their files after each epoch; the driver
pushes the run's own files (plan, ledger, journal, tables, ``best/``). A file is written whole or
not at all, and nothing outside the run's place is changed.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final, TypeVar

from automl.constants import BEST_FOLDER, PLAN_FILE, TRIALS_FOLDER
from automl.errors import InputError
from automl.spec.checkpoints import SUFFIXES
from automl.trial.retry import PATIENCE_S, with_retries
from automl.trial.secrets import mask

T = TypeVar("T")
Stamp = tuple[int, int]

UNFINISHED: Final = ".automl-part"

# Filesystems that write a file whole or not at all; on others a file is written beside and moved.
_ATOMIC: Final = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oss"})


class Storage:
    """One run's place below a URL (any that fsspec opens).

    ``patience_s``: how long each transfer is tried again while the storage fails.
    """

    def __init__(self, url: str, patience_s: float = PATIENCE_S) -> None:
        import fsspec

        self.url = url.rstrip("/")
        self._patience_s = patience_s
        self._sent: dict[Path, Stamp] = {}
        try:
            self._fs, self._root = fsspec.core.url_to_fs(self.url)
        except (ImportError, ValueError) as error:
            raise InputError(
                f"--storage {mask(url)}: {error} (for s3:// install reid-automl[s3])"
            ) from error
        self._fs.use_listings_cache = False
        names = self._fs.protocol if isinstance(self._fs.protocol, tuple) else (self._fs.protocol,)
        self._atomic = bool(_ATOMIC.intersection(names))

    def with_retries(self, work: Callable[[], T], patience_s: float | None = None) -> T:
        """Return what ``work`` returns, tried again while the storage fails."""
        return with_retries(work, patience_s=self._patience_s if patience_s is None else patience_s)

    def has_run(self) -> bool:
        """Return whether a run lies there already."""
        return bool(self.with_retries(lambda: self._fs.exists(self._at(PLAN_FILE))))

    def push(self, folder: Path, below: str, *, patience_s: float | None = None) -> None:
        """Upload what changed in ``folder`` since the last push to ``below`` at the run's URL.

        Links and unfinished files are left out. ``patience_s`` overrides the storage's own.
        """
        for path in sorted(_files(folder)):
            relative = posixpath.join(below, path.relative_to(folder).as_posix())
            self._push_file(path, relative, patience_s)

    def push_run(self, folder: Path, *, patience_s: float | None = None) -> None:
        """Upload what changed of the run's own files, without its trials."""
        for path in sorted(folder.iterdir()):
            if _is_plain(path):
                self._push_file(path, path.name, patience_s)
        if (folder / BEST_FOLDER).is_dir():
            self.push(folder / BEST_FOLDER, BEST_FOLDER, patience_s=patience_s)

    def pull(self, below: str, folder: Path, *, checkpoints: bool) -> None:
        """Download to ``folder`` what it lacks, or has in another size, ``below`` the run's URL."""
        for relative, size in self.with_retries(lambda: list(self._listed(below))):
            if not checkpoints and PurePosixPath(relative).suffix in SUFFIXES:
                continue
            target = folder / relative
            if not target.is_file() or target.stat().st_size != size:
                self._pull_file(posixpath.join(below, relative), target)

    def drop_checkpoints(self, trial: str) -> None:
        """Delete the checkpoints of one trial."""
        below = posixpath.join(TRIALS_FOLDER, trial)
        for relative, _ in self.with_retries(lambda: list(self._listed(below))):
            if PurePosixPath(relative).suffix in SUFFIXES:
                self.remove(posixpath.join(below, relative))

    def read_text(self, relative: str, *, patience_s: float | None = None) -> str:
        """Return a small file's text, empty where it is not there."""
        path = self._at(relative)
        try:
            found = self.with_retries(lambda: self._fs.cat_file(path), patience_s)
            return str(found.decode(errors="replace"))
        except FileNotFoundError:
            return ""

    def write_text(self, relative: str, text: str, *, patience_s: float | None = None) -> None:
        """Write a small file."""
        path = self._at(relative)
        self.with_retries(lambda: self._fs.pipe_file(path, text.encode()), patience_s)

    def remove(self, relative: str) -> None:
        """Delete one file."""
        path = self._at(relative)
        self.with_retries(lambda: self._fs.rm_file(path))

    def probe(self, name: str) -> str:
        """Return why this machine cannot write there, empty where it can."""
        path = self._at(f".reach-{name}")
        try:
            self._fs.makedirs(self._root, exist_ok=True)
            self._fs.pipe_file(path, b"reached")
            self._fs.rm_file(path)
        except Exception as error:  # each filesystem has errors of its own
            return f"cannot write to {mask(self.url)}: {mask(str(error)) or type(error).__name__}"
        return ""

    def _at(self, relative: str) -> str:
        inside = posixpath.normpath(relative)
        if inside.startswith(("../", "/")) or inside in ("..", "."):
            raise ValueError(f"{relative!r} lies outside {self.url}")
        return posixpath.join(self._root, inside)

    def _listed(self, below: str) -> Iterator[tuple[str, int]]:
        """The files below a place: relative path and size; none where nothing is."""
        base = self._at(below) if below else self._root
        try:
            found = self._fs.find(base, detail=True)
        except FileNotFoundError:
            return
        for name, info in found.items():
            yield posixpath.relpath(name, base), int(info["size"])

    def _push_file(self, path: Path, relative: str, patience_s: float | None) -> None:
        try:
            state = path.stat()
        except FileNotFoundError:
            return  # gone since it was listed: a checkpoint that its trainer replaced
        stamp = (state.st_size, state.st_mtime_ns)
        if self._sent.get(path) == stamp:
            return
        self.with_retries(lambda: self._put(path, self._at(relative)), patience_s)
        self._sent[path] = stamp

    def _put(self, path: Path, target: str) -> None:
        if self._atomic:
            self._fs.put_file(str(path), target)
            return
        self._fs.makedirs(posixpath.dirname(target), exist_ok=True)
        self._fs.put_file(str(path), target + UNFINISHED)
        self._fs.mv(target + UNFINISHED, target)

    def _pull_file(self, relative: str, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(target.name + UNFINISHED)
        source = self._at(relative)
        try:
            self.with_retries(lambda: self._fs.get_file(source, str(unfinished)))
            unfinished.replace(target)
        finally:
            unfinished.unlink(missing_ok=True)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if _is_plain(path))


def _is_plain(path: Path) -> bool:
    hidden = path.name.startswith(".") or path.name.endswith((UNFINISHED, ".tmp"))
    return path.is_file() and not path.is_symlink() and not hidden


def describe(error: Any) -> str:
    """Return an error of a filesystem in one line without credentials."""
    return mask(f"{type(error).__name__}: {error}".strip(": "))
