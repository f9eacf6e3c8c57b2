"""Which (query, gallery) pairs count: the Market-1501 protocol (Zheng et al., ICCV 2015).

Gallery images with pid -1 (junk) are never counted. An image with the query's own pid and camid is
removed for that query. Every other gallery image counts: a match if it shows the query's pid, else
a negative, distractors (pid 0 in Market-1501, which no query carries) among them.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from reid_model.config.identities import JUNK_PID
from reid_model.errors import DataError
from reid_model.retrieval.chunks import ragged_ranges


@dataclass(frozen=True, eq=False)
class SamePerson:
    """All same-pid pairs of some query rows, by row and then by gallery position.

    ``rows``: row within the chunk; ``cols``: position among the counted gallery images; ``match``:
    True where the cameras differ (a correct match), False where the pair is removed. All (P,).
    """

    rows: Tensor
    cols: Tensor
    match: Tensor


@dataclass(frozen=True, eq=False)
class Protocol:
    """The labels of one evaluation, junk left out of the gallery.

    ``counted``: (C,) positions of the counted images in the caller's gallery, ascending.
    ``by_pid``: (C,) positions among them in stable pid order; ``sorted_pids``: their pids.
    """

    query_pids: Tensor
    query_camids: Tensor
    gallery_pids: Tensor
    gallery_camids: Tensor
    counted: Tensor
    by_pid: Tensor
    sorted_pids: Tensor

    def same_person(self, rows: slice) -> SamePerson:
        """The same-pid pairs of these query rows."""
        pids = self.query_pids[rows].contiguous()
        starts = torch.searchsorted(self.sorted_pids, pids)
        ends = torch.searchsorted(self.sorted_pids, pids, right=True)
        owner, position = ragged_ranges(starts, ends - starts)
        cols = self.by_pid[position]
        match = self.query_camids[rows][owner] != self.gallery_camids[cols]
        return SamePerson(owner, cols, match)


def market_protocol(
    query_pids: Tensor,
    gallery_pids: Tensor,
    query_camids: Tensor,
    gallery_camids: Tensor,
    *,
    shape: tuple[int, int],
    device: torch.device,
) -> Protocol:
    """Check the labels against ``shape`` = (queries, gallery images) and index them by pid.

    Raises:
        DataError: a label vector of the wrong length or type; no query or no counted gallery image.
    """
    queries, images = shape
    q_pids = _labels(query_pids, "query_pids", queries, device)
    q_camids = _labels(query_camids, "query_camids", queries, device)
    g_pids = _labels(gallery_pids, "gallery_pids", images, device)
    g_camids = _labels(gallery_camids, "gallery_camids", images, device)
    counted = (g_pids != JUNK_PID).nonzero()[:, 0]
    _check_not_empty(queries, images, len(counted))
    g_pids, g_camids = g_pids[counted], g_camids[counted]
    sorted_pids, by_pid = g_pids.sort(stable=True)
    return Protocol(q_pids, q_camids, g_pids, g_camids, counted, by_pid, sorted_pids)


def no_match_error(protocol: Protocol) -> DataError:
    """The error for an evaluation without a single correct match; its message says why."""
    shared = torch.isin(protocol.query_pids, protocol.gallery_pids)
    if not bool(shared.any()):
        query, gallery = (_examples(pids) for pids in (protocol.query_pids, protocol.gallery_pids))
        return DataError(
            "no valid query: no query pid occurs in the gallery "
            f"(query pids {query}; gallery pids {gallery}); check that both folders belong to the "
            "same data set and that the file name pattern reads the pid"
        )
    return DataError(
        f"no valid query: {int(shared.sum())} of {len(shared)} queries share a pid with the "
        "gallery, but only with images of the same camera, which the protocol removes; check that "
        "the file name pattern reads the camera id, or take gallery images from other cameras"
    )


def _labels(labels: Tensor, name: str, length: int, device: torch.device) -> Tensor:
    if labels.ndim != 1 or labels.is_floating_point() or labels.dtype == torch.bool:
        raise DataError(
            f"{name} must be a vector of integers, got {tuple(labels.shape)} {labels.dtype}"
        )
    if len(labels) != length:
        raise DataError(f"{name} has {len(labels)} entries for {length} feature rows")
    return labels.to(device=device, dtype=torch.int64)


def _check_not_empty(queries: int, images: int, counted: int) -> None:
    if queries == 0:
        raise DataError("no valid query: the query set is empty")
    if counted == 0:
        what = "is empty" if images == 0 else f"holds junk only (all {images} images have pid -1)"
        raise DataError(f"no valid query: the gallery {what}")


def _examples(pids: Tensor) -> str:
    distinct = torch.unique(pids).tolist()
    shown = ", ".join(str(pid) for pid in distinct[:5])
    return f"{shown}, ... ({len(distinct)} in all)" if len(distinct) > 5 else shown
