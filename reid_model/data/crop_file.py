"""The file format of decoded crops: a page of header, then the pixels, mapped into memory.

All workers, ranks and trials of a machine share its pages. The header carries a checksum and is
written after the pixels have reached the disk, so an incomplete file has no valid header and is not
used. A reader holds a shared lock on the file, which the system releases when the process ends.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from reid_model.data.decode import Pixels
from reid_model.data.size import Size

_PAGE = 4096
_MAGIC = b"reid crops 1\n"
_DIGEST_SIZE = 32


class NotACropFile(Exception):
    """The file is not a crop file, or is incomplete."""


@dataclass(frozen=True)
class CropHeader:
    """The header of a file: ``key`` is a hash of crops and decoding; ``source`` is for people."""

    key: str
    source: str
    count: int
    size: Size

    @property
    def num_bytes(self) -> int:
        """The length of the file."""
        return _PAGE + self.count * self.size.num_bytes

    def page(self) -> bytes:
        """The first page of the file."""
        text = json.dumps({**asdict(self), "source": self.source[: _PAGE // 8]}).encode()
        return (_MAGIC + hashlib.sha256(text).digest() + text).ljust(_PAGE, b"\0")


class CropFile:
    """An open file of crops; ``pixels`` is (count, height, width, channels) uint8, read-only."""

    def __init__(self, path: Path) -> None:
        """Raises FileNotFoundError; NotACropFile for a file that cannot be trusted."""
        with path.open("rb") as file:
            # The lock belongs to the opened file, which the mapping below keeps open.
            fcntl.flock(file, fcntl.LOCK_SH)
            self.header = read_header(file)
            shape = (self.header.count, *self.header.size.shape)
            mapped = np.memmap(file, np.uint8, "r", offset=_PAGE, shape=shape)
            self.pixels: Pixels = np.asarray(mapped)


def read_header(file: BinaryIO) -> CropHeader:
    """The header of an open file; raises NotACropFile."""
    page = file.read(_PAGE)
    digest, text = page[len(_MAGIC) :][:_DIGEST_SIZE], page[len(_MAGIC) + _DIGEST_SIZE :]
    text = text.rstrip(b"\0")
    if not page.startswith(_MAGIC) or hashlib.sha256(text).digest() != digest:
        raise NotACropFile(f"{file.name} has no header")
    values = json.loads(text)
    header = CropHeader(**{**values, "size": Size(**values["size"])})
    if os.fstat(file.fileno()).st_size != header.num_bytes:
        raise NotACropFile(f"{file.name} is not {header.num_bytes} bytes long")
    return header


Keep = Callable[[int, Pixels], object]


def write_crops(path: Path, header: CropHeader, fill: Callable[[Keep], object]) -> None:
    """Write a new file; ``fill`` receives a function that stores crop ``index``, from any thread.

    On return all bytes are on the disk. Raises OSError if the disk is full.
    """
    with path.open("xb") as file:
        file.truncate(header.num_bytes)

        def keep(index: int, crop: Pixels) -> None:
            place = _PAGE + index * header.size.num_bytes
            _write(file.fileno(), np.ascontiguousarray(crop).data.cast("B"), place)

        fill(keep)
        os.fsync(file.fileno())
        _write(file.fileno(), memoryview(header.page()), 0)
        os.fsync(file.fileno())


def _write(descriptor: int, data: memoryview, place: int) -> None:
    while data:
        written = os.pwrite(descriptor, data, place)
        data, place = data[written:], place + written
