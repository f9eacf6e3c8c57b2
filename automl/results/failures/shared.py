"""What all trials of a failure had in common, and those that did not fail had not.

A condition is shown only where it separates well: at most a quarter of the others meet it, and so
few would by chance, were the failures spread over all trials at random, less than one time in ten
(exact, by the hypergeometric distribution; times the parameters that were looked at).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from automl.skill.schema.numbers import is_finite

_SHOWN: Final = 2
_CHANCE: Final = 0.1
_OTHERS: Final = 0.25
_CHOICES: Final = 3  # of a parameter, that one condition names
_DIGITS: Final = 6
Params = Mapping[str, Any]


@dataclass(frozen=True)
class Shared:
    """A condition on one parameter that all failed trials of a group meet.

    Attributes:
        name: the parameter's dotted name, with the index of a list's element.
        words: the condition with both counts, as people read it.
        failed: how many failed trials of the group met it, which is all of them.
        others: how many of ``of_others`` trials that did not fail met it.
    """

    name: str
    words: str
    failed: int
    others: int
    of_others: int


@dataclass(frozen=True)
class _Condition:
    name: str
    words: str
    others: int
    chance: float


def shared_by(
    failed: Sequence[Params], others: Sequence[Params], labels: Mapping[str, str]
) -> tuple[Shared, ...]:
    """Return the conditions that separate ``failed`` from ``others`` best, two at most.

    Args:
        failed: the parameters of each trial of the group, dotted name -> value.
        others: those of the trials that did not fail.
        labels: dotted name -> short name.
    """
    if len(failed) < 2 or not others:
        return ()
    mine, theirs = list(map(_flat, failed)), list(map(_flat, others))
    names = [name for name in mine[0] if _varies(name, [*mine, *theirs])]
    found = [
        condition
        for name in names
        if (condition := _condition(name, mine, theirs, labels)) is not None
        and condition.others <= _OTHERS * len(others)
        and condition.chance * len(names) <= _CHANCE
    ]
    found.sort(key=lambda each: (each.others, each.chance))
    return tuple(_shared(each, len(failed), len(others)) for each in found[:_SHOWN])


def _shared(condition: _Condition, failed: int, others: int) -> Shared:
    words = f"{failed} of {failed} had {condition.words}; {condition.others} of {others} others"
    return Shared(condition.name, words, failed, condition.others, others)


def _flat(params: Params) -> dict[str, Any]:
    """Parameters with the elements of lists of numbers one by one; without those that are None."""
    flat: dict[str, Any] = {}
    for name, value in params.items():
        if isinstance(value, list) and value and all(map(is_finite, value)):
            flat |= {f"{name}[{index}]": item for index, item in enumerate(value)}
        elif value is not None:
            flat[name] = value
    return flat


def _varies(name: str, all_params: Sequence[Params]) -> bool:
    return len({_text(params.get(name)) for params in all_params}) > 1


def _condition(
    name: str, failed: Sequence[Params], others: Sequence[Params], labels: Mapping[str, str]
) -> _Condition | None:
    """The best condition on one parameter; None where a failed trial, or all others, lack it."""
    mine = [params[name] for params in failed if name in params]
    theirs = [params[name] for params in others if name in params]
    if len(mine) < len(failed) or not theirs:
        return None
    stem, bracket, rest = name.partition("[")
    label = labels.get(stem, stem) + bracket + rest
    total = len(failed) + len(others)
    found = [_choice(name, label, mine, theirs, total)]
    if all(map(is_finite, [*mine, *theirs])):
        found += [_limit(name, label, mine, theirs, total, least=least) for least in (True, False)]
    return min(
        (each for each in found if each is not None),
        key=lambda each: (each.others, each.chance),
        default=None,
    )


def _choice(
    name: str, label: str, mine: Sequence[Any], theirs: Sequence[Any], total: int
) -> _Condition | None:
    """That the value is one of those that the failed trials had; None where they had too many."""
    texts = sorted(set(map(_text, mine)))
    if len(texts) > min(_CHOICES, len(mine) // 2):
        return None
    others = sum(_text(value) in texts for value in theirs)
    words = f"{label}={texts[0]}" if len(texts) == 1 else f"{label} in {', '.join(texts)}"
    kinds = len({_text(value) for value in [*mine, *theirs]})
    chance = _chance(len(mine), others, total) * math.comb(kinds - 1, len(texts) - 1)
    return _Condition(name, words, others, chance)


def _limit(
    name: str,
    label: str,
    mine: Sequence[float],
    theirs: Sequence[float],
    total: int,
    *,
    least: bool,
) -> _Condition:
    """That the value is at least (or at most) what the failed trials had."""
    sign = 1 if least else -1
    edge = min(sign * value for value in mine)
    others = sum(sign * value >= edge for value in theirs)
    below = [sign * value for value in theirs if sign * value < edge]
    beyond = sign * max(below) if below else None
    text = _round_limit(sign * edge, beyond)
    words = f"{label} {'>=' if least else '<='} {text}"
    return _Condition(name, words, others, 2 * _chance(len(mine), others, total))


def _round_limit(edge: float, beyond: float | None) -> str:
    """The shortest number between the nearest other trial and the failed trials' own limit."""
    if isinstance(edge, int) or beyond is None:
        return _text(edge)
    rounding = math.floor if edge > beyond else math.ceil
    for digits in range(_DIGITS):
        unit = 10.0 ** (math.floor(math.log10(abs(edge))) - digits) if edge else 1.0
        rounded = float(f"{rounding(edge / unit) * unit:.{_DIGITS}g}")
        inside = beyond < rounded <= edge if edge > beyond else edge <= rounded < beyond
        if inside:
            return f"{rounded:g}"
    return repr(edge)


def _chance(failed: int, others: int, total: int) -> float:
    """The probability that all failures are among ``failed + others`` of ``total`` trials."""
    return math.comb(failed + others, failed) / math.comb(total, failed)


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return value if isinstance(value, str) else json.dumps(value, default=str)
