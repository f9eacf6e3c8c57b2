"""Chooses where to look for a number, inside what is legal (shared/DESIGN.md section 3).

In order: the user's range; the schema's ``search``; the legal range itself, if it is finite and
spans less than three decades; otherwise a range around the default. Each choice says why.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from automl.skill import Bounds
from automl.space.builder.name_hints import Trait

RATE_SPREAD = 10.0


FLOAT_SPREAD = 10.0


INT_SPREAD = 4.0


WIDE = 1000.0


MAX_SKEW = 5.0


ZERO_DECAY = (1e-6, 1e-2)


OPEN_MARGIN = 1e-3


EXACT_INTEGERS = 2**53


@dataclass(frozen=True, slots=True)
class Range:
    """Where to look: [low, high], its scale, and in words why."""

    low: float
    high: float
    log: bool
    source: str
    reason: str


class NoRange(Exception):
    """There is nothing to search; the message says why."""


@dataclass(frozen=True, slots=True)
class RangeQuestion:
    """What is known of one number. ``default`` is None where there is no number.

    ``scale``: the schema's wish (``log``/``linear``). ``search``: a range to use where the user
    gives none, with its ``source`` and ``why`` in words.
    """

    bounds: Bounds
    default: float | None
    trait: Trait
    whole: bool
    scale: str | None = None
    search: tuple[float, float] | None = None
    source: str = "search"
    why: str = "the schema's search range"


def choose_range(q: RangeQuestion) -> Range:
    """The range for a number that the user gave none for; NoRange when there is none."""
    if q.bounds.empty:
        raise NoRange(f"its legal range is empty ({describe(q.bounds)})")
    if q.search is not None:
        return _searched(q, *q.search)
    q = _inside(_assume_share(q))
    if q.trait is Trait.NEAR_ONE and q.default is not None:
        return _near_one(q, q.default)
    if q.trait is Trait.RATE and not q.whole and q.scale != "linear":
        return _rate(q)
    if q.bounds.unbounded or _is_wide(q):
        return _around_default(q)
    return _legal(q)


def _inside(q: RangeQuestion) -> RangeQuestion:
    """The question with its default moved to the nearest legal end where it is not legal."""
    low, high = q.bounds.low, q.bounds.high
    if q.default is None:
        return q
    default = q.default if low is None else max(q.default, low)
    return replace(q, default=default if high is None else min(default, high))


def closed(
    low: float, high: float, bounds: Bounds, *, whole: bool, log: bool
) -> tuple[float, float]:
    """[low, high] cut to the legal bounds, moved off ends that are not legal themselves."""
    if bounds.low is not None and low <= bounds.low:
        low = _inner(bounds.low, high, bounds.low_open, whole=whole, log=log)
    if bounds.high is not None and high >= bounds.high:
        high = _inner(bounds.high, low, bounds.high_open, whole=whole, log=False)
    if whole:
        return math.ceil(low), math.floor(high)
    return low, high


def _inner(end: float, other: float, is_open: bool, *, whole: bool, log: bool) -> float:
    """``end``, or a little way from it towards ``other`` where it is not legal."""
    if not is_open:
        return end
    toward = 1 if other > end else -1
    if whole:
        return (math.floor(end) + 1) if toward > 0 else (math.ceil(end) - 1)
    span = min(abs(other - end), abs(end)) if log and end > 0 else abs(other - end)
    moved = end + toward * span * OPEN_MARGIN
    return moved if moved != end else math.nextafter(end, other)


def _result(
    q: RangeQuestion, low: float, high: float, log: bool, reason: str, source: str
) -> Range:
    if not (math.isfinite(low) and math.isfinite(high)):
        raise NoRange("its bounds or default are too extreme to compute a range")
    low, high = closed(low, high, q.bounds, whole=q.whole, log=log)
    if q.whole and max(abs(low), abs(high)) > EXACT_INTEGERS:
        raise NoRange(f"its whole numbers exceed {EXACT_INTEGERS:g}, where floats have gaps")
    if log and low <= 0:
        low = _floor(q, high)
        reason += f" from {low:g}, since 0 has no logarithm"
    if low > high:
        raise NoRange(f"nothing in its range is legal ({describe(q.bounds)})")
    if low == high:
        raise NoRange(f"only {low:g} is legal ({describe(q.bounds)})")
    return Range(low, high, log, source, reason)


def _floor(q: RangeQuestion, high: float) -> float:
    """A positive lower end where zero is legal and the scale is logarithmic."""
    if q.whole:
        return 1
    scale = min(q.default, high) if q.default is not None and q.default > 0 else high
    return scale / WIDE


def _searched(q: RangeQuestion, low: float, high: float) -> Range:
    decades = low > 0 and high / low >= WIDE
    log = q.scale == "log" or (q.scale is None and (decades or q.trait is Trait.RATE))
    log = log and high > 0
    reason = f"{q.why}, {_scale_words(log)}{_cut_words(q.bounds, low, high)}"
    return _result(q, low, high, log, reason, q.source)


def _cut_words(bounds: Bounds, low: float, high: float) -> str:
    """Says where the legal bounds cut [low, high]; nothing where they do not."""
    below = bounds.low is not None and bounds.low > low
    above = bounds.high is not None and bounds.high < high
    return f", cut to what is legal ({describe(bounds)})" if below or above else ""


def _assume_share(q: RangeQuestion) -> RangeQuestion:
    """A probability without declared bounds lies in [0, 1]; small ones are searched up to 0.5."""
    if q.trait not in (Trait.SHARE, Trait.NEAR_ONE) or q.whole or not q.bounds.unbounded:
        return q
    high = min(1.0, max(0.5, 2 * (q.default or 0.0)))
    return replace(q, bounds=q.bounds.at_least(0.0).at_most(high))


def _near_one(q: RangeQuestion, default: float) -> Range:
    """A momentum: from ten times its distance to 1, at least half of it, to a tenth of that."""
    gap = 1 - default
    far, half, high = 1 - RATE_SPREAD * gap, default / 2, 1 - gap / RATE_SPREAD
    low = max(far, half)
    start = "ten times its distance to 1" if far >= half else "half of it"
    reason = f"around the default {default:g}: from {start} to a tenth of its distance to 1"
    return _result(q, low, high, False, reason + _cut_words(q.bounds, low, high), "default")


def _rate(q: RangeQuestion) -> Range:
    """A rate or decay: a decade to either side of its default, the default near the middle."""
    if q.default is None or q.default <= 0:
        low, high = ZERO_DECAY
        if q.bounds.high is not None and q.bounds.high < high:
            low, high = min(low, q.bounds.high / WIDE), q.bounds.high
        what = "no default" if q.default is None else f"the default {q.default:g}"
        reason = f"{what} gives no magnitude: {low:g} to {high:g} is usual for rates and decays"
        return _result(q, low, high, True, reason, "default")
    low, high = _balanced(q, q.default, RATE_SPREAD)
    reason = f"a rate: within a decade of its default {q.default:g}, in log scale"
    return _result(q, low, high, True, reason, "default")


def _balanced(q: RangeQuestion, default: float, spread: float) -> tuple[float, float]:
    """[default / spread, default * spread] inside the bounds, its log middle near the default.

    Where a bound cuts one side short, the other side reaches at most ``MAX_SKEW`` times as far:
    the median of a log-uniform draw then stays within ``sqrt(MAX_SKEW)`` < 3 of the default.
    """
    low, high = default / spread, default * spread
    floor = q.bounds.low if q.bounds.low is not None and q.bounds.low > 0 else None
    low, high = max(low, floor or low), min(high, q.bounds.high or high)
    default = min(max(default, low), high)
    up, down = high / default, default / low
    return max(low, default / (MAX_SKEW * up)), min(high, default * MAX_SKEW * down)


def _is_wide(q: RangeQuestion) -> bool:
    """Whether the finite legal range spans three decades or more."""
    low, high = q.bounds.low, q.bounds.high
    assert low is not None
    assert high is not None
    size = abs(q.default) if q.default else None
    if low > 0:
        return high / low >= WIDE
    if low < 0:
        return size is not None and (high - low) / size >= WIDE
    return high / size >= WIDE if size else q.whole and high >= WIDE


def _around_default(q: RangeQuestion) -> Range:
    why = "no finite legal range"
    if not q.bounds.unbounded:
        why = "the legal range spans three decades or more"
    if q.default is None:
        raise NoRange(f"{why} and no default to search around; give --range NAME=LOW:HIGH")
    default = q.default
    if default == 0:
        return _around_zero(q, why)
    if default < 0:
        reach = abs(default)
        reason = f"{why}: around the default {default:g}, linear"
        return _result(q, default - reach, default + reach, False, reason, "default")
    spread = INT_SPREAD if q.whole else FLOAT_SPREAD
    low, high = _balanced(q, default, spread)
    log = q.scale != "linear"
    reason = f"{why}: a factor of {spread:g} around the default {default:g}, {_scale_words(log)}"
    return _result(q, max(low, 1) if q.whole else low, high, log, reason, "default")


def _around_zero(q: RangeQuestion, why: str) -> Range:
    """A default of 0 gives no magnitude: three decades below a finite end (from 1 for whole
    numbers), else up to 1 (10 for whole numbers)."""
    low, high = q.bounds.low, q.bounds.high
    if high is not None and high > 0 and low == 0:
        start = 1 if q.whole else high / WIDE
        reason = f"{why} and a default of 0: {start:g} to {high:g}, in log scale"
        return _result(q, start, high, True, reason, "default")
    reach = 10 if q.whole else 1
    start = -reach if low is not None and low < 0 else 0
    reason = f"{why} and a default of 0: {start:g} to {reach:g}, linear"
    return _result(q, start, reach, False, reason, "default")


def _legal(q: RangeQuestion) -> Range:
    low, high = q.bounds.low, q.bounds.high
    assert low is not None
    assert high is not None
    log = q.scale == "log" and high > 0
    return _result(q, low, high, log, f"the legal range, {_scale_words(log)}", "default")


def _scale_words(log: bool) -> str:
    return "in log scale" if log else "linear"


def describe(bounds: Bounds) -> str:
    """The legal values in words, such as ``> 0, at most 10, a multiple of 8``."""
    words = []
    if bounds.low is not None:
        words.append(f"{'>' if bounds.low_open else 'at least'} {bounds.low:g}")
    if bounds.high is not None:
        words.append(f"{'<' if bounds.high_open else 'at most'} {bounds.high:g}")
    if bounds.multiple_of is not None:
        words.append(f"a multiple of {bounds.multiple_of:g}")
    if bounds.power_of is not None:
        words.append(f"a power of {bounds.power_of:g}")
    words += [f"not {value:g}" for value in bounds.excluded]
    return ", ".join(words) or "any number"
