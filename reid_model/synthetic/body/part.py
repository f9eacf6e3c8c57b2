"""A painted piece of a body, and the order in which pieces cover each other."""

from dataclasses import dataclass
from enum import IntEnum

from reid_model.synthetic.geometry import Outline
from reid_model.synthetic.palette import Colour


class Layer(IntEnum):
    """What is painted first lies behind what is painted later."""

    BEHIND = 0
    FAR_ARM = 1
    LEG = 2
    LOWER = 3
    NECK = 4
    UPPER = 5
    FRONT = 6
    NEAR_ARM = 7
    HEAD = 8
    FACE = 9
    HAT = 10
    CARRIED = 11


@dataclass(frozen=True)
class Part:
    """One polygon of a figure.

    layer, depth: painted in ascending order of the pair.
    overlay: colour of the figure's pattern on this part, None for a plain part.
    """

    outline: Outline
    colour: Colour
    layer: Layer
    depth: float = 0.0
    overlay: Colour | None = None
