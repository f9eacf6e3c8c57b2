"""Query and gallery of an evaluation, and which pairs of them its protocol removes."""

from __future__ import annotations

from dataclasses import dataclass

from reid_model.config.families import ALL, CROSS_CAMERA
from reid_model.data.folder import Crop
from reid_model.data.tracklets import images_of


@dataclass(frozen=True)
class RetrievalSplit:
    """Query and gallery: crops, or image sets of tracks; distractors stay in as negatives.

    Junk is left out: the protocol never counts it and re-ranking must not use it. ``protocol``: one
    of :data:`reid_model.config.families.PROTOCOLS`.
    """

    query: tuple[Crop, ...]
    gallery: tuple[Crop, ...]
    notes: tuple[str, ...] = ()
    protocol: str = CROSS_CAMERA

    @property
    def views(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """For each query and gallery crop, the number that scoring uses as its camid.

        Pairs of the same pid with equal numbers are removed. The number stands for the camera; by
        ``cross_image`` for the image (a file of the same name and size is the same); by ``all`` no
        query has that of a gallery crop.
        """
        if self.protocol == CROSS_CAMERA:
            return tuple(c.camid for c in self.query), tuple(c.camid for c in self.gallery)
        if self.protocol == ALL:
            return (-1,) * len(self.query), (0,) * len(self.gallery)
        numbers: dict[tuple[str, int], int] = {}
        for crop in (*self.query, *self.gallery):
            numbers.setdefault(_image(crop), len(numbers))
        query, gallery = (
            tuple(numbers[_image(crop)] for crop in part) for part in (self.query, self.gallery)
        )
        return query, gallery

    @property
    def crops(self) -> tuple[Crop, ...]:
        """Every image: those of the queries, then those of the gallery."""
        return images_of(self.query + self.gallery)


def _image(crop: Crop) -> tuple[str, int]:
    """What two copies of an image have in common."""
    return crop.path.name, crop.path.stat().st_size
