"""What the user asked for, checked before anything is drawn or written."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from reid_model.errors import DataError

MIN_IDS, MAX_IDS = 4, 9999  # two to train on and two to test on; four digits in a file name
MIN_CAMERAS, MAX_CAMERAS = 2, 9  # a query needs another camera; one digit in a file name
MIN_IMAGES, MAX_IMAGES = 2, 1000  # one of them becomes the query
MIN_HEIGHT, MIN_WIDTH, MAX_SIDE = 16, 8, 1024
_MAX_SEED = 2**63 - 1
_JPEG_BYTES_PER_PIXEL, _JPEG_HEADER = 0.5, 700


@dataclass(frozen=True)
class Request:
    """Size and seed of a data set; raises DataError, naming every fault, if it cannot be made.

    ids: identities, 4..9999. cameras: 2..9. images_per_camera: images of one identity in one
    camera, 2..1000. height, width: pixels, 16..1024 and 8..1024. seed: 0 or more.
    """

    ids: int
    cameras: int
    images_per_camera: int
    height: int
    width: int
    seed: int

    def __post_init__(self) -> None:
        limits = (
            ("ids", self.ids, MIN_IDS, MAX_IDS),
            ("cameras", self.cameras, MIN_CAMERAS, MAX_CAMERAS),
            ("images_per_camera", self.images_per_camera, MIN_IMAGES, MAX_IMAGES),
            ("height", self.height, MIN_HEIGHT, MAX_SIDE),
            ("width", self.width, MIN_WIDTH, MAX_SIDE),
            ("seed", self.seed, 0, _MAX_SEED),
        )
        faults = [
            f"{name} must lie in {low}..{high}, got {value}"
            for name, value, low, high in limits
            if not low <= value <= high
        ]
        if faults:
            raise DataError("cannot make this data set:", faults)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height), as Pillow wants it."""
        return self.width, self.height

    def bytes_needed(self, images: int) -> int:
        """About how much room ``images`` JPEGs take, guessed generously."""
        pixels = self.height * self.width
        return int(images * (pixels * _JPEG_BYTES_PER_PIXEL + _JPEG_HEADER))


def check_target(out: Path) -> None:
    """Raise DataError if ``out`` is there already and is not an empty folder."""
    if out.exists() and not out.is_dir():
        raise DataError(f"cannot write a data set to {out}: it is a file; name a folder")
    if out.is_dir() and any(out.iterdir()):
        raise DataError(
            f"cannot write a data set to {out}: the folder is not empty; "
            "name a new one or empty it first"
        )


def check_room(out: Path, needed: int) -> None:
    """Raise DataError if the disk of ``out`` has fewer than ``needed`` bytes left."""
    there = next(folder for folder in (out, *out.absolute().parents) if folder.exists())
    free = shutil.disk_usage(there).free
    if free < needed:
        raise DataError(
            f"cannot write a data set to {out}: it needs about {needed >> 20} MiB "
            f"and {free >> 20} MiB are free; free some room or ask for fewer or smaller images"
        )
