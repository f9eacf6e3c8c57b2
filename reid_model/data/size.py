"""The size to which every crop is brought."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """Height, width and channels of a decoded crop."""

    height: int
    width: int
    channels: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, channels)."""
        return (self.height, self.width, self.channels)

    @property
    def num_bytes(self) -> int:
        """Bytes of one decoded crop."""
        return self.height * self.width * self.channels
