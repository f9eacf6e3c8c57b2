"""A whole person as a cut-out picture."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from reid_model.synthetic.body.bag import bag_parts
from reid_model.synthetic.body.cloth import Floats, pattern_mask
from reid_model.synthetic.body.head import head_parts
from reid_model.synthetic.body.legs import leg_parts
from reid_model.synthetic.body.part import Part
from reid_model.synthetic.body.person import Person
from reid_model.synthetic.body.pose import Pose
from reid_model.synthetic.body.torso import torso_parts
from reid_model.synthetic.geometry import Outline, View

CROP_ASPECT = 2.0  # a crop shows a piece of the world twice as tall as wide, whatever its pixels
_EDGE_SHADE, _FULL_SHADE = 0.55, 1.0


@dataclass(frozen=True)
class Placement:
    """Where a body stands in a crop.

    scale: its height over the crop's height. left: its axis over the crop's width.
    top: the top of its head over the crop's height.
    """

    scale: float
    left: float
    top: float

    def pixels(self, outline: Outline, size: tuple[int, int]) -> list[tuple[float, float]]:
        """Picture positions of an outline in body units, for a picture of (width, height)."""
        width, height = size
        across, down = self.scale * CROP_ASPECT * width, self.scale * height
        return [(self.left * width + x * across, self.top * height + y * down) for x, y in outline]

    def body_axes(self, size: tuple[int, int]) -> tuple[Floats, Floats]:
        """Body x of each pixel column and body y of each pixel row."""
        width, height = size
        columns = (np.arange(width) + 0.5) / width - self.left
        rows = (np.arange(height) + 0.5) / height - self.top
        return columns / (self.scale * CROP_ASPECT), rows / self.scale


@dataclass(frozen=True)
class Figure:
    """A person at one moment, seen from one side."""

    person: Person
    pose: Pose
    view: View

    def parts(self) -> list[Part]:
        """All pieces, in painting order."""
        person, pose, view = self.person, self.pose, self.view
        parts = leg_parts(person, pose, view) + torso_parts(person, pose, view)
        parts += head_parts(person, view) + bag_parts(person, pose, view)
        return sorted(parts, key=lambda part: (part.layer, part.depth))


def draw_figure(figure: Figure, placement: Placement, size: tuple[int, int]) -> Image.Image:
    """Paint a figure on a transparent picture (mode RGBA) of (width, height) pixels."""
    body = Image.new("RGB", size)
    alpha = Image.new("L", size)
    brush, stencil = ImageDraw.Draw(body), ImageDraw.Draw(alpha)
    axes = placement.body_axes(size)
    for part in figure.parts():
        points = placement.pixels(part.outline, size)
        brush.polygon(points, fill=part.colour)
        stencil.polygon(points, fill=255)
        if part.overlay is not None:
            woven = ImageChops.darker(
                _stencil(points, size), pattern_mask(figure.person.pattern, *axes)
            )
            body.paste(part.overlay, mask=woven)
    body = ImageChops.multiply(body, _roundness(alpha, placement.scale * size[1]))
    body.putalpha(alpha)
    return body


def _stencil(points: list[tuple[float, float]], size: tuple[int, int]) -> Image.Image:
    """Mask of one polygon."""
    mask = Image.new("L", size)
    ImageDraw.Draw(mask).polygon(points, fill=255)
    return mask


def _roundness(alpha: Image.Image, tall: float) -> Image.Image:
    """Light that falls off towards the silhouette's edge, so that the body looks round."""
    soft = alpha.filter(ImageFilter.BoxBlur(max(1.0, tall * 0.02)))
    span = _FULL_SHADE - _EDGE_SHADE
    light = soft.point([round(255 * _EDGE_SHADE + value * span) for value in range(256)])
    return Image.merge("RGB", (light, light, light))
