"""Holds identities out of the training set, for a validation that leaves the test data alone.

The split is a function of the crops' names, the share and the seed: neither the order in which a
file system lists files, nor the machine, nor the number of processes has a part in it. A larger
share holds out the same identities and more.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from reid_model.data.folder import Crop
from reid_model.errors import DataError

_KEY = "dataset.holdout"
_FEWEST = 2
"""The fewest identities to train on, and to score: one alone has no negatives."""


@dataclass(frozen=True)
class Holdout:
    """The crops that training keeps, and those of the held-out identities by their part."""

    kept: tuple[Crop, ...]
    query: tuple[Crop, ...]
    gallery: tuple[Crop, ...]


def hold_out(
    crops: Iterable[Crop], share: float, seed: int, *, across_cameras: bool = True
) -> Holdout:
    """Hold out ``share`` of the identities, drawn from those that at least two cameras saw.

    Where matches need not be ``across_cameras``, from those with at least two crops.

    As in Market-1501 one crop per identity and camera is a query and the others are the gallery. A
    camera's only crop goes to the gallery; if no camera has a second one, the first camera's is
    the query. So every query has a correct match. Identities of one camera and distractors (pid 0)
    stay in training.

    Raises DataError if the share leaves too few identities to train or to score.
    """
    ordered = sorted(crops, key=lambda crop: str(crop.path))
    people = _by(ordered, "pid")
    usable = [pid for pid, own in people.items() if pid > 0 and _has_two(own, across_cameras)]
    pids = _drawn_pids(sorted(usable), share, seed, len(people), across_cameras)
    query = {crop.path for pid in pids for crop in _queries(people[pid], seed)}
    held = [crop for crop in ordered if crop.pid in pids]
    return Holdout(
        kept=tuple(crop for crop in ordered if crop.pid not in pids),
        query=tuple(crop for crop in held if crop.path in query),
        gallery=tuple(crop for crop in held if crop.path not in query),
    )


def draw_queries(crops: Iterable[Crop], *, across_cameras: bool) -> Holdout:
    """Query and gallery of a data set without queries, by the rule of :func:`hold_out`.

    Every person with a correct match is asked for; the others, and distractors, are gallery.
    """
    ordered = sorted(crops, key=lambda crop: str(crop.path))
    people = _by(ordered, "pid")
    asked = [own for pid, own in people.items() if pid > 0 and _has_two(own, across_cameras)]
    query = {crop.path for own in asked for crop in _queries(own, seed=0)}
    return Holdout(
        kept=(),
        query=tuple(crop for crop in ordered if crop.path in query),
        gallery=tuple(crop for crop in ordered if crop.path not in query),
    )


def _has_two(own: Sequence[Crop], across_cameras: bool) -> bool:
    """Whether a person has a query and a correct match for it."""
    return len(_by(own, "camid") if across_cameras else own) > 1


def _drawn_pids(
    usable: Sequence[int], share: float, seed: int, identities: int, across_cameras: bool
) -> frozenset[int]:
    count = math.floor(share * identities + 0.5)
    seen = "seen by two cameras or more" if across_cameras else "of two crops or more"
    _check(share, count, len(usable), identities, seen)
    drawn = np.random.default_rng(seed).permutation(usable)[:count]
    return frozenset(drawn.tolist())


def _queries(own: Sequence[Crop], seed: int) -> list[Crop]:
    """The queries of one identity, the same whoever else is held out."""
    cameras = _by(own, "camid")
    several = [camid for camid in sorted(cameras) if len(cameras[camid]) > 1]
    generator = np.random.default_rng([seed, own[0].pid])
    asked = (cameras[camid] for camid in several or [min(cameras)])
    return [crops[generator.integers(len(crops))] for crops in asked]


def _by(crops: Iterable[Crop], name: str) -> dict[int, list[Crop]]:
    """Crops by their pid or camid."""
    found: dict[int, list[Crop]] = {}
    for crop in crops:
        found.setdefault(getattr(crop, name), []).append(crop)
    return found


def _check(share: float, count: int, usable: int, identities: int, seen: str) -> None:
    if identities < 2 * _FEWEST or usable < _FEWEST:
        raise DataError(
            f"{_KEY} {share:g}: the training set has {identities} identities, {usable} of them "
            f"{seen}; {_FEWEST} such are needed to score and {_FEWEST} others to "
            f"train, so set {_KEY} to 0 and validate on query and test folders"
        )
    asked = f"{_KEY} {share:g} holds out {count} of {identities} training identities"
    if count < _FEWEST:
        least = math.ceil(1000 * _FEWEST / identities) / 1000
        raise DataError(
            f"{asked}: at least {_FEWEST} are needed to score; set it to {least:g} or more, or to 0"
        )
    if count > usable:
        most = math.floor(1000 * usable / identities) / 1000
        raise DataError(
            f"{asked}, but only {usable} are {seen}, and no others can be scored;"
            f" set it to {most:g} or less"
        )
