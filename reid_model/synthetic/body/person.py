"""The attributes of one rendered person.

People come in families of look-alikes that wear the *same three colours* in another order (red
over blue with a tan bag, blue over red with a tan bag, ...). Within a family a colour histogram is
nearly the same for all, so a matcher has to learn the layout of a body, not its colours.
"""

from dataclasses import dataclass
from enum import Enum
from itertools import permutations
from typing import TypeVar

import numpy as np

from reid_model.synthetic.palette import CLOTH, HAIR, SHOES, SKIN, Colour
from reid_model.synthetic.streams import Stream, generator

FAMILY_SIZE = 4
_ORDERS = tuple(permutations(range(3)))


class Upper(Enum):
    """Cut of what is worn above the waist (a dress also covers the legs)."""

    TSHIRT = "tshirt"
    SHIRT = "shirt"
    HOODIE = "hoodie"
    JACKET = "jacket"
    COAT = "coat"
    DRESS = "dress"


class Lower(Enum):
    """Cut of what is worn below the waist."""

    TROUSERS = "trousers"
    WIDE = "wide"
    SHORTS = "shorts"
    SKIRT = "skirt"
    LONG_SKIRT = "long_skirt"


class Pattern(Enum):
    """What is woven or printed on the upper garment, in the accent colour."""

    PLAIN = "plain"
    STRIPES_ACROSS = "stripes_across"
    STRIPES_DOWN = "stripes_down"
    CHECKS = "checks"
    DOTS = "dots"
    BAND = "band"
    LOGO = "logo"


class Hair(Enum):
    """Length of the hair."""

    BALD = "bald"
    SHORT = "short"
    TAIL = "tail"
    LONG = "long"


class Hat(Enum):
    """What is worn on the head."""

    NONE = "none"
    CAP = "cap"
    BEANIE = "beanie"


class Bag(Enum):
    """What is carried, in the accent colour."""

    NONE = "none"
    BACKPACK = "backpack"
    SHOULDER = "shoulder"
    HAND = "hand"


@dataclass(frozen=True)
class Person:
    """One identity; everything here stays the same in all its pictures.

    build: breadth relative to the average, 0.84..1.2.
    waist: height of the waist in body units, 0.44..0.5 from the top of the head.
    side: +1 carries a bag on the left, -1 on the right.
    """

    top: Colour
    bottom: Colour
    accent: Colour
    upper: Upper
    lower: Lower
    pattern: Pattern
    hair: Hair
    hair_colour: Colour
    hat: Hat
    bag: Bag
    side: int
    skin: Colour
    shoes: Colour
    build: float
    waist: float


_E = TypeVar("_E", bound=Enum)


def make_person(seed: int, number: int) -> Person:
    """Return identity ``number`` (0, 1, ...) of the population that ``seed`` stands for."""
    rng = generator(seed, Stream.PERSON, number)
    top, bottom, accent = _colours(seed, number)
    return Person(
        top=top,
        bottom=bottom,
        accent=accent,
        upper=_draw(rng, Upper, (4, 4, 3, 4, 3, 2)),
        lower=_draw(rng, Lower, (5, 2, 3, 2, 1)),
        pattern=_draw(rng, Pattern, (4, 2, 2, 2, 1, 2, 2)),
        hair=_draw(rng, Hair, (1, 4, 2, 3)),
        hair_colour=HAIR[int(rng.integers(len(HAIR)))],
        hat=_draw(rng, Hat, (8, 1, 1)),
        bag=_draw(rng, Bag, (4, 3, 2, 2)),
        side=int(rng.choice((-1, 1))),
        skin=SKIN[int(rng.integers(len(SKIN)))],
        shoes=SHOES[int(rng.integers(len(SHOES)))],
        build=float(rng.uniform(0.84, 1.2)),
        waist=float(rng.uniform(0.44, 0.5)),
    )


def _colours(seed: int, number: int) -> tuple[Colour, Colour, Colour]:
    """Colours of top, bottom and accent: the family's three, in this member's own order."""
    family, member = divmod(number, FAMILY_SIZE)
    rng = generator(seed, Stream.FAMILY, family)
    shared = rng.choice(len(CLOTH), size=3, replace=False)
    order = _ORDERS[int(rng.permutation(len(_ORDERS))[member])]
    top, bottom, accent = (CLOTH[int(shared[place])] for place in order)
    return top, bottom, accent


def _draw(rng: np.random.Generator, kinds: type[_E], weights: tuple[int, ...]) -> _E:
    """Draw a member of an enum with these relative weights."""
    members = list(kinds)
    share = np.asarray(weights, dtype=np.float64)
    return members[int(rng.choice(len(members), p=share / share.sum()))]
