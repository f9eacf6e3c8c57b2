"""Tracks as image sets: the crops of one person, camera and track count as one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

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
    """The listing's crops as sets, with a note if there are any."""
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
