"""The colours of clothes, hair, skin and shoes; walls and grounds are in ``background``.

There are few clothes' colours on purpose: when many people share the same ones, a colour count
cannot tell them apart, and only *where* a colour sits on the body can.
"""

from typing import TypeAlias

Colour: TypeAlias = tuple[int, int, int]

CLOTH: tuple[Colour, ...] = (
    (34, 34, 40),  # black
    (222, 220, 214),  # white
    (124, 126, 130),  # grey
    (44, 66, 128),  # blue
    (168, 44, 46),  # red
    (46, 104, 66),  # green
    (186, 152, 104),  # tan
)
HAIR: tuple[Colour, ...] = ((28, 22, 20), (92, 60, 36), (190, 152, 92), (150, 148, 146))
SKIN: tuple[Colour, ...] = ((236, 196, 168), (208, 160, 126), (150, 104, 76), (96, 66, 50))
SHOES: tuple[Colour, ...] = ((30, 28, 30), (226, 226, 224), (112, 78, 50))


def shade(colour: Colour, factor: float) -> Colour:
    """Return ``colour`` with each channel multiplied by ``factor`` and clipped to 0..255."""
    red, green, blue = (min(255, max(0, round(channel * factor))) for channel in colour)
    return red, green, blue
