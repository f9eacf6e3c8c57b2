"""What stands behind people: one procedural street per camera.

A camera never moves, so all its crops are windows of one wide strip; two crops of one camera share
their background, which is exactly the shortcut that a re-identification model must not take.
"""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from reid_model.synthetic.palette import CLOTH, Colour, shade

STRIP_CROPS = 5  # width of the strip, in crops
_WALLS: tuple[Colour, ...] = (
    (150, 132, 116),
    (118, 124, 132),
    (172, 166, 152),
    (98, 88, 84),
    (132, 142, 128),
)
_GROUNDS: tuple[Colour, ...] = ((120, 118, 114), (146, 138, 126), (92, 94, 98), (104, 116, 92))

Painter = Callable[[ImageDraw.ImageDraw, np.random.Generator, Colour, int, int], None]


def make_strip(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """Paint the street of one camera, ``STRIP_CROPS`` crops of (width, height) pixels wide."""
    width, height = size[0] * STRIP_CROPS, size[1]
    horizon = int(height * rng.uniform(0.3, 0.75))
    strip = Image.new("RGB", (width, height))
    brush = ImageDraw.Draw(strip)
    wall, ground = _pick(rng, _WALLS), _pick(rng, _GROUNDS)
    brush.rectangle((0, 0, width, horizon), fill=wall)
    brush.rectangle((0, horizon, width, height), fill=ground)
    painter = _WALL_PAINTERS[int(rng.integers(len(_WALL_PAINTERS)))]
    painter(brush, rng, wall, width, horizon)
    _paving(brush, rng, ground, horizon, (width, height))
    _furniture(brush, rng, horizon, (width, height))
    soft = strip.filter(ImageFilter.BoxBlur(height / 120))
    return _grain(soft, rng)


def _pick(rng: np.random.Generator, colours: tuple[Colour, ...]) -> Colour:
    """Draw a colour and make it a little lighter or darker."""
    return shade(colours[int(rng.integers(len(colours)))], float(rng.uniform(0.75, 1.2)))


def _bricks(
    brush: ImageDraw.ImageDraw, rng: np.random.Generator, wall: Colour, width: int, bottom: int
) -> None:
    """Courses of bricks of slightly different tones."""
    tall = max(2, bottom // 12)
    for row, top in enumerate(range(0, bottom, tall)):
        for left in range(-(row % 2) * tall, width, 2 * tall):
            tone = shade(wall, float(rng.uniform(0.82, 1.12)))
            brush.rectangle(
                (left, top, left + 2 * tall - 2, min(bottom, top + tall - 2)), fill=tone
            )


def _windows(
    brush: ImageDraw.ImageDraw, rng: np.random.Generator, wall: Colour, width: int, bottom: int
) -> None:
    """A shop front: panes with things of all colours behind dark glass."""
    pane = max(4, bottom // 2)
    for left in range(0, width, pane):
        glass = shade(_pick(rng, CLOTH), float(rng.uniform(0.35, 0.8)))
        brush.rectangle((left + pane // 12, bottom // 10, left + pane - 2, bottom), fill=glass)
        ware = shade(_pick(rng, CLOTH), 0.7)
        x = left + int(rng.integers(pane))
        brush.ellipse((x, bottom // 2, x + pane // 3, bottom), fill=ware)


def _panels(
    brush: ImageDraw.ImageDraw, rng: np.random.Generator, wall: Colour, width: int, bottom: int
) -> None:
    """Upright boards or pillars of different widths."""
    left = 0
    while left < width:
        wide = int(rng.integers(max(2, bottom // 10), max(4, bottom // 2)))
        tone = shade(wall, float(rng.uniform(0.6, 1.3)))
        brush.rectangle((left, 0, left + wide, bottom), fill=tone)
        left += wide


def _hedge(
    brush: ImageDraw.ImageDraw, rng: np.random.Generator, wall: Colour, width: int, bottom: int
) -> None:
    """Leaves: many small blots of greens."""
    leaf = max(2, bottom // 10)
    for _ in range(12 * width // leaf):
        x, y = int(rng.integers(width)), int(rng.integers(max(1, bottom)))
        tone = shade((70, 96, 58), float(rng.uniform(0.5, 1.5)))
        brush.ellipse((x - leaf, y - leaf, x + leaf, min(bottom, y + leaf)), fill=tone)


_WALL_PAINTERS: tuple[Painter, ...] = (_bricks, _windows, _panels, _hedge)


def _paving(
    brush: ImageDraw.ImageDraw,
    rng: np.random.Generator,
    ground: Colour,
    horizon: int,
    size: tuple[int, int],
) -> None:
    """Joints of slabs, or broad painted bars, that run towards the camera."""
    width, height = size
    joint = shade(ground, float(rng.choice((0.7, 0.85, 1.35))))
    gap = max(4, int(height * rng.uniform(0.15, 0.5)))
    slant = int(rng.integers(-gap, gap))
    thick = int(rng.choice((1, max(2, gap // 4))))
    for left in range(-2 * gap, width + 2 * gap, gap):
        brush.line((left, horizon, left + slant, height), fill=joint, width=thick)


def _furniture(
    brush: ImageDraw.ImageDraw, rng: np.random.Generator, horizon: int, size: tuple[int, int]
) -> None:
    """Doors, signs, posts and parked things in the colours that people also wear."""
    width, height = size
    for _ in range(3 * STRIP_CROPS):
        left = int(rng.integers(width))
        wide = int(height * rng.uniform(0.03, 0.3))
        top = int(height * rng.uniform(0.0, 0.5))
        low = int(rng.choice((top + wide, horizon, horizon + height // 10)))
        tone = shade(_pick(rng, CLOTH), float(rng.uniform(0.6, 1.0)))
        brush.rectangle((left, top, left + wide, max(top, low)), fill=tone)


def _grain(strip: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Add the roughness of real surfaces."""
    pixels = np.asarray(strip, dtype=np.float32)
    rough = rng.standard_normal(pixels.shape[:2], dtype=np.float32)[..., None] * 5.0
    return Image.fromarray(np.clip(pixels + rough, 0, 255).astype(np.uint8))
