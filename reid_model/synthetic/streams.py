"""A random generator of its own for each thing that is drawn.

Each generator depends on the data set's seed and on *what* it is for, never on what was drawn
before. So an image stays the same, byte for byte, whichever images are made around it.
"""

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """What a generator is for. The numbers are part of the data set's definition: keep them."""

    FAMILY = 1
    PERSON = 2
    SITE = 3
    POPULATION = 4
    TRACK = 5
    IMAGE = 6
    JUNK = 7
    WALK = 8


def generator(seed: int, stream: Stream, *numbers: int) -> np.random.Generator:
    """Return the generator of one drawn thing; all numbers must be 0 or more."""
    return np.random.default_rng([seed, int(stream), *numbers])
