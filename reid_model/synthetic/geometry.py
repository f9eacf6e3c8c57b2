"""Projects a point of the body into the picture; the only module that handles angles.

Body units: the person's height is 1. ``x`` runs to the person's left, ``y`` down from the top of
the head, ``z`` forwards out of the chest. Turning the body, not the drawing, is what makes front,
side and back of one person look different.
"""

import math
from dataclasses import dataclass
from typing import TypeAlias

Point: TypeAlias = tuple[float, float]
Point3: TypeAlias = tuple[float, float, float]
Ring: TypeAlias = tuple[float, float, float]  # y, half width, half depth
Outline: TypeAlias = tuple[Point, ...]

_CIRCLE = tuple((math.cos(i * math.tau / 14), math.sin(i * math.tau / 14)) for i in range(14))
_HALF_CIRCLE = tuple((math.cos(i * math.pi / 4), math.sin(i * math.pi / 4)) for i in range(5))


@dataclass(frozen=True)
class View:
    """How the camera sees a body.

    yaw: radians, 0 shows the front, pi the back, pi/2 a side.
    tilt: how far down the picture a point moves per unit of nearness (a camera that looks down).
    """

    yaw: float
    tilt: float

    @property
    def facing(self) -> float:
        """1 when the front is seen, -1 when the back is, 0 from the side."""
        return math.cos(self.yaw)

    def depth(self, point: Point3) -> float:
        """How much nearer to the camera than the body's axis the point is."""
        return point[2] * math.cos(self.yaw) - point[0] * math.sin(self.yaw)

    def project(self, point: Point3) -> Point:
        """Picture position of a body point, still in body units."""
        across = point[0] * math.cos(self.yaw) + point[2] * math.sin(self.yaw)
        return across, point[1] + self.tilt * self.depth(point)

    def half_width(self, wide: float, deep: float) -> float:
        """Half the seen width of an ellipse with these half axes."""
        return math.hypot(wide * math.cos(self.yaw), deep * math.sin(self.yaw))


def shell(view: View, rings: tuple[Ring, ...], z: float = 0.0) -> Outline:
    """Outline of a stack of elliptical rings around an axis ``z`` in front of the body's."""
    spans = [(*view.project((0.0, y, z)), view.half_width(wide, deep)) for y, wide, deep in rings]
    left = tuple((x - half, y) for x, y, half in spans)
    right = tuple((x + half, y) for x, y, half in reversed(spans))
    return left + right


def blob(view: View, centre: Point3, wide: float, deep: float, tall: float) -> Outline:
    """Outline of an ellipsoid with these half axes."""
    x, y = view.project(centre)
    half = view.half_width(wide, deep)
    return tuple((x + half * c, y + tall * s) for c, s in _CIRCLE)


def limb(view: View, start: Point3, end: Point3, thick: float, thin: float) -> Outline:
    """Outline of a round-ended bone that tapers from radius ``thick`` to ``thin``."""
    a, b = view.project(start), view.project(end)
    length = math.hypot(b[0] - a[0], b[1] - a[1]) or 1.0
    along = ((b[0] - a[0]) / length, (b[1] - a[1]) / length)
    return _cap(a, (-along[0], -along[1]), thick) + _cap(b, along, thin)


def _cap(centre: Point, out: Point, radius: float) -> Outline:
    """Half a circle around ``centre`` that bulges towards ``out``."""
    side = (out[1], -out[0])
    return tuple(
        (
            centre[0] + radius * (c * side[0] + s * out[0]),
            centre[1] + radius * (c * side[1] + s * out[1]),
        )
        for c, s in _HALF_CIRCLE
    )
