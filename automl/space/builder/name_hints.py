"""Guesses from a parameter's name on which scale it matters."""

from __future__ import annotations

import re
from enum import Enum

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_DECAY = frozenset({"decay", "wd", "l2"})
_NEAR_ONE = frozenset({"momentum", "beta", "betas", "beta1", "beta2", "ema"})
_SHARE = frozenset(
    {
        "prob",
        "probability",
        "dropout",
        "drop",
        "ratio",
        "fraction",
        "momentum",
        "smoothing",
        "smooth",
        "threshold",
        "thresh",
        "confidence",
        "iou",
    }
)

_RATE_SECTION = re.compile(r"(?:^|[_.])(?:lr|learning_rate|weight_decay)\.[^.]+$", re.IGNORECASE)
_LEVELS = frozenset({"base", "final", "start", "end", "init", "initial", "min", "max", "value"})


class Trait(Enum):
    """The scale of a number, guessed from its name.

    ``RATE``: a learning rate, a weight decay, an epsilon: its magnitude counts, so log scale.
    ``NEAR_ONE``: a momentum: its distance to 1 counts. ``SHARE``: between 0 and 1.
    """

    RATE = "rate"
    NEAR_ONE = "near one"
    SHARE = "share"
    PLAIN = "plain"


def trait_of(name: str, default: object) -> Trait:
    """The trait of the float ``name`` (dotted) at its default.

    The last part counts, and the section where that is a rate with levels (``lr.start``).
    """
    words = words_of(name)
    value = default if isinstance(default, int | float) else None
    fraction = value is not None and 0 <= value <= 1
    decaying = bool(words & _DECAY)
    if (words & _NEAR_ONE or decaying) and value is not None and 0.5 <= value < 1:
        return Trait.NEAR_ONE
    level = bool(words & _LEVELS) and _RATE_SECTION.search(name) is not None
    if decaying or level or is_learning_rate(words) or words & {"eps", "epsilon"}:
        return Trait.RATE
    return Trait.SHARE if fraction and words & _SHARE else Trait.PLAIN


def is_learning_rate(words: frozenset[str]) -> bool:
    """Whether the words of a name mean a learning rate."""
    return "lr" in words or {"learning", "rate"} <= words


def words_of(name: str) -> frozenset[str]:
    """The lower-case words of the last part of a dotted name: ``baseLR_x`` gives base, lr, x."""
    return frozenset(word.lower() for word in _WORDS.findall(name.rpartition(".")[2]))
