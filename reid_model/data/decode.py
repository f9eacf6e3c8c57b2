"""Decodes one image file to a resized uint8 array, the same way in training and testing.

Only the formats of the suffixes in :mod:`reid_model.data.folder` are opened, whatever a file is
called: Pillow knows dozens more, and each is code that hostile bytes could reach.

Rules for unusual files: EXIF rotation is applied; palette, grey, CMYK, 16-bit and
transparent images become RGB (transparency on black); an image of more than 64 megapixels is
refused as a decompression bomb; a truncated file is an error.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from reid_model.errors import DataError

Pixels = npt.NDArray[np.uint8]

MAX_PIXELS = 64 * 1024 * 1024
FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "TIFF", "GIF")
_MODES = {1: "L", 3: "RGB"}
_DEEP_MODES = ("I", "F", "I;16", "I;16B", "I;16L")


def decode(path: Path, *, height: int, width: int, channels: int) -> Pixels:
    """The image of a file as (height, width, channels) uint8, bilinear with antialiasing.

    Raises DataError, naming the file, for anything that cannot be decoded whole.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path, formats=FORMATS) as image:
                _check_size(image, path)
                pixels = _resized(image, (width, height), _MODES[channels])
    except DataError:
        raise
    except UnidentifiedImageError as exc:
        known = f"its content is not an image in a known format ({', '.join(FORMATS)})"
        kind = known if path.stat().st_size else "it is empty"
        raise DataError(f"{path} cannot be decoded: {kind}") from exc
    except Exception as exc:  # Pillow's plugins raise anything from SyntaxError to struct.error
        raise DataError(f"{path} cannot be decoded: {exc}") from exc
    return pixels.reshape(height, width, channels)


def _check_size(image: Image.Image, path: Path) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise DataError(f"{path} has {width} x {height} pixels, more than a person crop can have")


def _resized(image: Image.Image, size: tuple[int, int], mode: str) -> Pixels:
    image.draft(mode, (max(size), max(size)))
    upright = ImageOps.exif_transpose(image)
    return np.asarray(_in_mode(upright, mode).resize(size, Image.Resampling.BILINEAR))


def _in_mode(image: Image.Image, mode: str) -> Image.Image:
    if image.mode == mode:
        return image
    if image.mode in _DEEP_MODES:
        return _from_deep(image).convert(mode)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, "black"), rgba).convert(mode)
    return image.convert(mode)


def _from_deep(image: Image.Image) -> Image.Image:
    """To 8 bits by the file's depth, never its content: 65535 becomes 255; floats are 0..255."""
    values = np.asarray(image, dtype=np.float64)
    if image.mode != "F":
        values = values / 257.0
    return Image.fromarray(values.clip(0, 255).round().astype(np.uint8), "L")
