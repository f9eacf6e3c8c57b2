"""Chooses the search range of a number, inside its legal bounds.

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
    """A search range [low, high], its scale, and the reason for it in words."""

    low: float
    high: float
    log: bool
    source: str
    reason: str


class NoRange(Exception):
    """A leaf cannot be searched; the message says why."""


@dataclass(frozen=True, slots=True)
class NumberRequest:
    """What the schema says of one number; ``default`` is None where it is no number.

    ``scale``: ``log`` or ``linear`` if the schema says so. ``search``: the schema's search range,
    with its ``source`` and the reason ``why``.
    """

    bounds: Bounds
    default: float | None
    trait: Trait
    whole: bool
    scale: str | None = None
    search: tuple[float, float] | None = None
    source: str = "search"
    why: str = "the schema's search range"


def choose_range(request: NumberRequest) -> Range:
    """Return the range of a number for which the user gave none; NoRange if there is none."""
    if request.bounds.empty:
        raise NoRange(f"its legal range is empty ({describe(request.bounds)})")
    if request.search is not None:
        return _schema_range(request, *request.search)
    share = _assume_share(request)
    what = "the legal range" if share is request else "a share, by its name: 0 to 1 at most"
    request = _with_legal_default(share)
    if request.trait is Trait.NEAR_ONE and request.default is not None:
        return _momentum_range(request, request.default)
    if request.trait is Trait.RATE and not request.whole and request.scale != "linear":
        return _rate_range(request)
    if request.bounds.unbounded or _is_wide(request):
        return _around_default(request)
    return _legal_range(request, what)


def _with_legal_default(request: NumberRequest) -> NumberRequest:
    """The request with an illegal default moved to the nearest legal end."""
    low, high = request.bounds.low, request.bounds.high
    if request.default is None:
        return request
    default = request.default if low is None else max(request.default, low)
    return replace(request, default=default if high is None else min(default, high))


def legal_ends(
    low: float, high: float, bounds: Bounds, *, whole: bool, log: bool
) -> tuple[float, float]:
    """[low, high] cut to the legal bounds, without ends that are not legal themselves."""
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
    request: NumberRequest, low: float, high: float, log: bool, reason: str, source: str
) -> Range:
    if not (math.isfinite(low) and math.isfinite(high)):
        raise NoRange("its bounds or default are too extreme to compute a range")
    low, high = legal_ends(low, high, request.bounds, whole=request.whole, log=log)
    if request.whole and max(abs(low), abs(high)) > EXACT_INTEGERS:
        raise NoRange(f"its whole numbers exceed {EXACT_INTEGERS:g}, where floats have gaps")
    if log and low <= 0:
        low = _floor(request, high)
        reason += f" from {low:g}, since 0 has no logarithm"
    if low > high:
        raise NoRange(f"nothing in its range is legal ({describe(request.bounds)})")
    if low == high:
        raise NoRange(f"only {low:g} is legal ({describe(request.bounds)})")
    return Range(low, high, log, source, reason)


def _floor(request: NumberRequest, high: float) -> float:
    """A positive lower end for a log scale where zero is legal."""
    if request.whole:
        return 1
    scale = (
        min(request.default, high) if request.default is not None and request.default > 0 else high
    )
    return scale / WIDE


def _schema_range(request: NumberRequest, low: float, high: float) -> Range:
    decades = low > 0 and high / low >= WIDE
    log = request.scale == "log" or (
        request.scale is None and (decades or request.trait is Trait.RATE)
    )
    log = log and high > 0
    reason = f"{request.why}, {_scale_words(log)}{_cut_words(request.bounds, low, high)}"
    return _result(request, low, high, log, reason, request.source)


def _cut_words(bounds: Bounds, low: float, high: float) -> str:
    """Say that the legal bounds cut [low, high]; empty where they do not."""
    below = bounds.low is not None and bounds.low > low
    above = bounds.high is not None and bounds.high < high
    return f", cut to what is legal ({describe(bounds)})" if below or above else ""


def _assume_share(request: NumberRequest) -> NumberRequest:
    """Bound a probability that has no bounds: 0 to 0.5, to 1 where the default is large."""
    if (
        request.trait not in (Trait.SHARE, Trait.NEAR_ONE)
        or request.whole
        or not request.bounds.unbounded
    ):
        return request
    high = min(1.0, max(0.5, 2 * (request.default or 0.0)))
    return replace(request, bounds=request.bounds.at_least(0.0).at_most(high))


def _momentum_range(request: NumberRequest, default: float) -> Range:
    """The range of a momentum m: from 1 - 10 (1 - m), at least m / 2, to 1 - (1 - m) / 10."""
    gap = 1 - default
    far, half, high = 1 - RATE_SPREAD * gap, default / 2, 1 - gap / RATE_SPREAD
    low = max(far, half)
    start = "ten times its distance to 1" if far >= half else "half of it"
    reason = f"around the default {default:g}: from {start} to a tenth of its distance to 1"
    return _result(
        request, low, high, False, reason + _cut_words(request.bounds, low, high), "default"
    )


def _rate_range(request: NumberRequest) -> Range:
    """The range of a rate or decay: a decade to either side of its default."""
    if request.default is None or request.default <= 0:
        low, high = ZERO_DECAY
        if request.bounds.high is not None and request.bounds.high < high:
            low, high = min(low, request.bounds.high / WIDE), request.bounds.high
        what = "no default" if request.default is None else f"the default {request.default:g}"
        reason = f"{what} gives no magnitude: {low:g} to {high:g} is usual for rates and decays"
        return _result(request, low, high, True, reason, "default")
    low, high = _balance(request, request.default, RATE_SPREAD)
    reason = f"a rate: within a decade of its default {request.default:g}, in log scale"
    return _result(request, low, high, True, reason, "default")


def _balance(request: NumberRequest, default: float, spread: float) -> tuple[float, float]:
    """[default / spread, default * spread] inside the bounds, with the default near the log middle.

    Where a bound cuts one side short, the other side reaches at most ``MAX_SKEW`` times as far:
    the median of a log-uniform draw then stays within ``sqrt(MAX_SKEW)`` < 3 of the default.
    """
    low, high = default / spread, default * spread
    floor = (
        request.bounds.low if request.bounds.low is not None and request.bounds.low > 0 else None
    )
    low, high = max(low, floor or low), min(high, request.bounds.high or high)
    default = min(max(default, low), high)
    up, down = high / default, default / low
    return max(low, default / (MAX_SKEW * up)), min(high, default * MAX_SKEW * down)


def _is_wide(request: NumberRequest) -> bool:
    """Whether the finite legal range spans three decades or more."""
    low, high = request.bounds.low, request.bounds.high
    assert low is not None
    assert high is not None
    size = abs(request.default) if request.default else None
    if low > 0:
        return high / low >= WIDE
    if low < 0:
        return size is not None and (high - low) / size >= WIDE
    return high / size >= WIDE if size else request.whole and high >= WIDE


def _around_default(request: NumberRequest) -> Range:
    why = "no finite legal range"
    if not request.bounds.unbounded:
        why = "the legal range spans three decades or more"
    if request.default is None:
        raise NoRange(f"{why} and no default to search around; give --range NAME=LOW:HIGH")
    default = request.default
    if default == 0:
        return _around_zero(request, why)
    if default < 0:
        reach = abs(default)
        reason = f"{why}: around the default {default:g}, linear"
        return _result(request, default - reach, default + reach, False, reason, "default")
    spread = INT_SPREAD if request.whole else FLOAT_SPREAD
    low, high = _balance(request, default, spread)
    log = request.scale != "linear"
    reason = f"{why}: a factor of {spread:g} around the default {default:g}, {_scale_words(log)}"
    return _result(request, max(low, 1) if request.whole else low, high, log, reason, "default")


def _around_zero(request: NumberRequest, why: str) -> Range:
    """The range for a default of 0, which gives no magnitude.

    Three decades below a finite end (from 1 for whole numbers), else up to 1 (whole: 10).
    """
    low, high = request.bounds.low, request.bounds.high
    if high is not None and high > 0 and low == 0:
        start = 1 if request.whole else high / WIDE
        reason = f"{why} and a default of 0: {start:g} to {high:g}, in log scale"
        return _result(request, start, high, True, reason, "default")
    reach = 10 if request.whole else 1
    start = -reach if low is not None and low < 0 else 0
    reason = f"{why} and a default of 0: {start:g} to {reach:g}, linear"
    return _result(request, start, reach, False, reason, "default")


def _legal_range(request: NumberRequest, what: str = "the legal range") -> Range:
    low, high = request.bounds.low, request.bounds.high
    assert low is not None
    assert high is not None
    log = request.scale == "log" and high > 0
    return _result(request, low, high, log, f"{what}, {_scale_words(log)}", "default")


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
