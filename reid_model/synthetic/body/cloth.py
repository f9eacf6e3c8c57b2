"""Woven patterns, as masks that say where the second colour shows."""

import numpy as np
import numpy.typing as npt
from PIL import Image

from reid_model.synthetic.body.person import Pattern

_PERIOD = 0.085  # body units: about five pixels of a 64-pixel crop
_CHEST_BAND = (0.25, 0.34)
_DOT = 0.36  # radius over period

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def pattern_mask(pattern: Pattern, columns: Floats, rows: Floats) -> Image.Image:
    """Picture mask (mode L, 255 where the accent colour shows) over body coordinates.

    columns: (W,) x of each pixel column in body units, 0 on the body's axis.
    rows: (H,) y of each pixel row in body units, 0 at the top of the head.
    """
    shown = np.broadcast_to(
        _weave(pattern, columns[None, :], rows[:, None]), (len(rows), len(columns))
    )
    return Image.fromarray(shown.astype(np.uint8) * 255)


def _weave(pattern: Pattern, x: Floats, y: Floats) -> Mask:
    """Where the accent shows, for x (1, W) and y (H, 1); either axis may stay 1 long."""
    if pattern is Pattern.STRIPES_ACROSS:
        return _stripes(y)
    if pattern is Pattern.STRIPES_DOWN:
        return _stripes(x)
    if pattern is Pattern.CHECKS:
        return _stripes(x) ^ _stripes(y)
    if pattern is Pattern.DOTS:
        return np.hypot(_from_cell_centre(x), _from_cell_centre(y)) < _DOT
    low, high = _CHEST_BAND if pattern is Pattern.BAND else (0.0, 0.0)
    return (y >= low) & (y < high)


def _stripes(axis: Floats) -> Mask:
    """Alternate halves of each period, with a stripe in the middle of the body."""
    return np.abs(_from_cell_centre(axis)) < 0.25


def _from_cell_centre(axis: Floats) -> Floats:
    """Distance to the centre of the pattern's cell, in periods."""
    cells = axis / _PERIOD
    return cells - np.round(cells)
