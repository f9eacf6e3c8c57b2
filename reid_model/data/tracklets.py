"""Tracks as image sets: the crops of one person, camera and track count as one.

The embedding of a set is the mean of its images' embeddings, as they come from the network (Zheng
et al., "MARS", ECCV 2016: average pooling).
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from reid_model.data.folder import Crop, Listing


def as_sets(crops: Iterable[Crop]) -> tuple[Crop, ...]:
    """Each track as one crop with ``others``, in the order of their first crops.

    A crop without a track stays alone. Persons and cameras may give their tracks the same names.
    """
    sets: dict[object, list[Crop]] = {}
    for crop in crops:
        own = (crop.pid, crop.camid, crop.track) if crop.track else crop.path
        sets.setdefault(own, []).append(crop)
    return tuple(
        replace(first, others=tuple(crop.path for crop in rest)) if rest else first
        for first, *rest in sets.values()
    )


def sets_of(listing: Listing, key: str) -> Listing:
    """The listing's crops as sets, with a note where there are any."""
    sets = as_sets(listing.crops)
    if len(sets) == len(listing.crops):
        return listing
    note = (
        f"{key}: {len(listing.crops)} images are {len(sets)} image sets, one for each track; "
        "each counts by the mean of its embeddings"
    )
    return Listing(sets, (*listing.notes, note))


def images_of(sets: Iterable[Crop]) -> tuple[Crop, ...]:
    """Every image of the sets as a crop of its own, set by set."""
    return tuple(
        replace(one, path=path, others=()) if one.others else one
        for one in sets
        for path in (one.path, *one.others)
    )


def set_means(batches: Iterable[Tensor], sets: Sequence[Crop]) -> Iterator[Tensor]:
    """The embeddings (n, d) of consecutive sets, from batches of those of :func:`images_of`.

    A set is given as soon as it is complete; it may reach over several batches.
    """
    sizes = [1 + len(one.others) for one in sets]
    ends, first = list(itertools.accumulate(sizes)), 0
    rest: list[Tensor] = []
    for batch in batches:
        rows = torch.cat([*rest, batch])
        read = ends[first - 1] + len(rows) if first else len(rows)
        end = bisect.bisect_right(ends, read)
        whole = sum(sizes[first:end])
        rest = [rows[whole:]]
        if end > first:
            yield torch.stack([_mean(own) for own in torch.split(rows[:whole], sizes[first:end])])
        first = end


def mean_of_sets(images: Tensor, sets: Sequence[Crop]) -> Tensor:
    """The embeddings (sets, d) of all sets, from those of :func:`images_of`."""
    return torch.cat(list(set_means([images], sets)))


def _mean(rows: Tensor) -> Tensor:
    return rows[0] if len(rows) == 1 else rows.double().mean(0).to(rows.dtype)
