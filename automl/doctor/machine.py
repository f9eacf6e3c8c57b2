"""Checks of cores, memory, ``/dev/shm``, file descriptors and disk, as a container limits them."""

from __future__ import annotations

import os
import resource
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from automl.doctor.line import Line, fault, ok, warning
from automl.sweep.cluster.resources import usable_cpus

_GIB: Final = 2**30
_CGROUP: Final = Path("/sys/fs/cgroup")
_MEMORY_OF_WORKER: Final = 2.5 * _GIB
_SMALL_SHM, _SMALL_DISK, _NO_DISK = 1 * _GIB, 10 * _GIB, 1 * _GIB
_FEW_FILES, _TOO_FEW = 4096, 1024


def cores() -> Iterator[Line]:
    """The cores that this process may use, which a container limits."""
    seen, allowed = os.cpu_count() or 1, usable_cpus(_CGROUP)
    words = f"{allowed:g} of {seen}" if allowed < seen else f"{seen}"
    if allowed < 2:
        yield warning("cores", words, "give the container two or more: Ray and a trial share one")
    else:
        yield ok("cores", words)


def memory() -> Iterator[Line]:
    """The memory that this process may use, which a container limits."""
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit = _text(_CGROUP / "memory.max").strip()
    total = min(total, int(limit)) if limit.isdecimal() else total
    words = f"{total / _GIB:.1f} GiB"
    if total < 2 * _MEMORY_OF_WORKER:
        yield warning("memory", words, "run one trial at a time: --max-concurrent 1")
    else:
        yield ok("memory", words)


def shared_memory() -> Iterator[Line]:
    """Whether ``/dev/shm`` has room for Ray's objects and the loaders' batches."""
    if not os.access("/dev/shm", os.W_OK):
        remedy = "mount a tmpfs there (docker: --shm-size 2g); loaders and Ray put data into it"
        yield warning("/dev/shm", "cannot be written", remedy)
        return
    usage = shutil.disk_usage("/dev/shm")
    words = f"{usage.free / _GIB:.1f} of {usage.total / _GIB:.1f} GiB free"
    if usage.free < _SMALL_SHM:
        yield warning("/dev/shm", words, "give the container more: docker run --shm-size 2g")
    else:
        yield ok("/dev/shm", words)


def file_descriptors() -> Iterator[Line]:
    """How many files a process may have open: Ray needs some for each worker."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = "no limit" if hard == resource.RLIM_INFINITY else str(hard)
    words = f"{soft} files open at once, at most {most}"
    remedy = "ulimit -n 65536 (docker: --ulimit nofile=65536:65536)"
    if hard != resource.RLIM_INFINITY and hard < _TOO_FEW:
        yield fault("files", words, remedy)
    elif soft != resource.RLIM_INFINITY and soft < _FEW_FILES:
        yield warning("files", words, remedy)
    else:
        yield ok("files", words)


def disk(place: Path) -> Iterator[Line]:
    """The room where runs are written, and for temporary files."""
    folders = {"disk": place, "temporary": Path(tempfile.gettempdir())}
    for name, folder in folders.items():
        nearest = nearest_folder(folder)
        free = shutil.disk_usage(nearest).free
        words = f"{free / _GIB:.1f} GiB free in {nearest}"
        if not os.access(nearest, os.W_OK | os.X_OK):
            yield fault(name, f"{nearest} cannot be written", "change its rights, or name another")
        elif free < _NO_DISK:
            yield fault(name, words, "make room: checkpoints do not fit")
        elif free < _SMALL_DISK:
            yield warning(name, words, "make room, or keep fewer checkpoints: --keep-checkpoints")
        else:
            yield ok(name, words)


def nearest_folder(path: Path) -> Path:
    """The path itself, or the nearest folder above it that is there for this user."""
    whole = Path(os.path.abspath(path))
    return next(each for each in (whole, *whole.parents) if os.path.isdir(each))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
