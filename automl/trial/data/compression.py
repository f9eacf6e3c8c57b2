"""Opens tar files in any compression; damage that the compression can show is an error."""

from __future__ import annotations

import io
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Final, cast

_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_MODULES: Final = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\xfd7zXZ\0": "lzma"}
_BLOCK: Final = 4096  # of a bomb, so many bytes unpack to 128 MiB at most


def open_archive(path: Path) -> IO[bytes]:
    """Return the bytes of a tar file, whatever compressed it.

    A file that is cut short, or whose checksum is wrong, is an error by the time it is read to its
    end, of a type that depends on the compression.
    """
    with path.open("rb") as raw:
        head = raw.read(8)
    if path.name.endswith(".zst") or head.startswith(_ZSTD):
        return io.BufferedReader(_WholeZstd(path))
    module = next((name for magic, name in _MODULES.items() if head.startswith(magic)), None)
    if module is None:
        return path.open("rb")
    return cast(IO[bytes], import_module(module).open(path, "rb"))


class _WholeZstd(io.RawIOBase):
    """The content of a zstd file; zstandard's own reader takes a cut file for a whole one."""

    def __init__(self, path: Path) -> None:
        import zstandard

        self._raw = path.open("rb")
        self._decompressor = zstandard.ZstdDecompressor()
        self._frame: Any = None
        self._ready = b""

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._raw.close()
        super().close()

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            block = self._raw.read(_BLOCK)
            if not block:
                break
            self._ready = self._decompress(block)
        part, self._ready = self._ready[: len(buffer)], self._ready[len(buffer) :]
        buffer[: len(part)] = part
        if not part and self._frame is not None:
            raise EOFError("it is cut short")
        return len(part)

    def _decompress(self, block: bytes) -> bytes:
        """The content of a block, which may end frames and begin others."""
        found = b""
        while block:
            self._frame = self._frame or self._decompressor.decompressobj()
            found += self._frame.decompress(block)
            block = self._frame.unused_data if self._frame.eof else b""
            self._frame = None if self._frame.eof else self._frame
        return found
