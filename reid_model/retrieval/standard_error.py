"""Standard errors of retrieval scores, by a bootstrap over the persons of the queries.

The queries of one person resemble each other, so persons are drawn, not queries (Field and Welsh,
"Bootstrapping clustered data", JRSS B 2007). A replicate draws as many of the n persons as there
are, with replacement; its score is the sum of the drawn persons' query scores over the number of
their queries. The standard error is the standard deviation of the replicates' scores, times
sqrt(n / (n - 1)), without which that of few persons would be too small on average.

It tells how much a score would vary with other persons. It is 0 if every query is answered
alike; what is left then is the resolution, one query.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from reid_model.retrieval.chunks import row_chunks

REPLICATES = 1000
"""Draws; the standard error itself is within some 2 % (1 / sqrt(2 * REPLICATES)) of their limit."""

_DRAWS_AT_ONCE = 1 << 20
_SEED = 0

Floats = npt.NDArray[np.float64]


def standard_errors(scores: Tensor, pids: Tensor) -> list[float] | None:
    """One standard error for each column of ``scores`` (queries, k), whose persons are ``pids``.

    The draws depend on the number of persons alone, so that two networks on the same queries are
    compared by the same ones. None if all queries show one person.
    """
    people, places = torch.unique(pids, return_inverse=True)
    count = len(people)
    if count < 2:
        return None
    ones = torch.ones(len(scores), 1, dtype=torch.float64)
    columns = torch.cat([scores.double(), ones], dim=1)
    totals = torch.zeros(count, columns.shape[1], dtype=torch.float64)
    totals.index_add_(0, places, columns)
    sums = np.concatenate(list(_drawn_sums(totals.numpy())), axis=1)
    replicates = sums[:-1] / sums[-1]
    errors: list[float] = (replicates.std(axis=1, ddof=1) * (count / (count - 1)) ** 0.5).tolist()
    return errors


def _drawn_sums(totals: Floats) -> Iterator[Floats]:
    """The sum of each column of ``totals`` (persons, k) over drawn persons: (k, draws), in chunks.

    Not by a matrix product: a library may add in another order with another number of threads.
    """
    columns, count = np.ascontiguousarray(totals.T), len(totals)
    generator = np.random.default_rng(_SEED)
    for rows in row_chunks(REPLICATES, max(1, _DRAWS_AT_ONCE // count)):
        drawn = generator.integers(count, size=(rows.stop - rows.start, count))
        yield np.stack([column.take(drawn).sum(axis=1) for column in columns])
