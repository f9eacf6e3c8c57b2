"""Where the images of one split go: a folder, or a tar.gz that is the same each time."""

import gzip
import io
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol


class Sink(Protocol):
    """Takes the files of one split, one by one."""

    def __call__(self, name: str, content: bytes) -> None:
        """Store a file; ``name`` has no folder in it."""


@contextmanager
def folder_sink(root: Path, split: str) -> Iterator[Sink]:
    """Write files into the folder ``root/split``."""
    folder = root / split
    folder.mkdir()

    def store(name: str, content: bytes) -> None:
        (folder / name).write_bytes(content)

    yield store


@contextmanager
def tar_sink(root: Path, split: str) -> Iterator[Sink]:
    """Write files into ``root/split.tar.gz`` as members ``split/name``.

    The archive does not depend on machine or time: no times, owners or modes, no name in the gzip
    header, and always level 6.
    """
    with (
        (root / f"{split}.tar.gz").open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        folder = tarfile.TarInfo(split)
        folder.type, folder.mode = tarfile.DIRTYPE, 0o755
        tar.addfile(folder)

        def store(name: str, content: bytes) -> None:
            member = tarfile.TarInfo(f"{split}/{name}")
            member.size, member.mode = len(content), 0o644
            tar.addfile(member, io.BytesIO(content))

        yield store
