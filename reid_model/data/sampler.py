"""P x K batches: P identities with K crops each, so that every crop has positives and negatives.

One epoch's plan is a pure function of (labels, P, K, seed, epoch); each device takes its slice of
the same plan, so training is the same whatever the number of devices. Every crop is seen once an
epoch (identities whose crops are not a multiple of K repeat some; an identity with more than its
share of batches shows the rest in later epochs).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from torch.utils.data import Sampler

Ints = npt.NDArray[np.int64]


def in_micro_batches(batches: list[list[int]], count: int) -> list[list[int]]:
    """Each batch cut into ``count`` micro-batches of equal size (but for one crop), in order.

    In P x K batches, if ``count`` divides P, an identity's crops stay together.
    """
    if count == 1:
        return batches
    return [part.tolist() for batch in batches for part in np.array_split(batch, count)]


def num_batches(labels: Sequence[int], people: int, instances: int) -> int:
    """Batches of one epoch; the same in every epoch."""
    groups = -(-np.bincount(labels) // instances)
    return int(-(-groups.sum() // people))


def plan_epoch(
    labels: Sequence[int], people: int, instances: int, seed: int, epoch: int
) -> list[list[int]]:
    """The batches of one epoch: each is people * instances indices, grouped by identity.

    ``labels`` are 0..C-1, each with at least one crop, and C >= people.
    """
    generator = np.random.default_rng([seed, epoch])
    total = num_batches(labels, people, instances)
    batches: list[list[Ints]] = [[] for _ in range(total)]
    chunks = _chunks(np.asarray(labels), instances, total, generator)
    present = [set[int]() for _ in range(total)]
    load = np.zeros(total, dtype=np.int64)
    # Identities with many chunks first; each takes the least loaded batches, ties at random.
    for label in sorted(chunks, key=lambda label: -len(chunks[label])):
        order = np.lexsort((generator.random(total), load))[: len(chunks[label])]
        load[order] += 1
        for batch, chunk in zip(order, chunks[label], strict=True):
            batches[batch].append(chunk)
            present[batch].add(label)
    _fill(batches, present, (people, instances), np.asarray(labels), generator)
    return [np.concatenate(batch).tolist() for batch in batches]


def _chunks(
    labels: Ints, instances: int, total: int, generator: np.random.Generator
) -> dict[int, list[Ints]]:
    """Each identity's crops in shuffled groups of K, at most one for each batch."""
    by_label = np.split(np.argsort(labels, kind="stable"), np.cumsum(np.bincount(labels))[:-1])
    found: dict[int, list[Ints]] = {}
    for label in generator.permutation(len(by_label)):
        crops = generator.permutation(by_label[label])
        missing = -len(crops) % instances
        # A short last chunk is filled with the crops of the others, its own would be repeats.
        others = crops[: len(crops) // instances * instances]
        filler = _drawn(others if len(others) else crops, missing, generator)
        crops = np.concatenate([crops, filler])
        found[int(label)] = list(crops.reshape(-1, instances)[:total])
    return found


def _drawn(crops: Ints, count: int, generator: np.random.Generator) -> Ints:
    """``count`` of an identity's crops; none is repeated before all were taken."""
    return np.resize(generator.permutation(crops), count)


def _fill(
    batches: list[list[Ints]],
    present: list[set[int]],
    shape: tuple[int, int],
    labels: Ints,
    generator: np.random.Generator,
) -> None:
    """Bring short batches to P identities with others drawn at random."""
    people, instances = shape
    for batch, inside in zip(batches, present, strict=True):
        missing = people - len(batch)
        if missing == 0:
            continue
        absent = np.setdiff1d(np.arange(labels.max() + 1), list(inside))
        for label in generator.choice(absent, missing, replace=False):
            crops = np.flatnonzero(labels == label)
            batch.append(_drawn(crops, instances, generator))


def plan_shuffled(count: int, batch_size: int, seed: int, epoch: int) -> list[list[int]]:
    """Plain shuffling into full batches; a remainder is left to later epochs."""
    order = np.random.default_rng([seed, epoch]).permutation(count)
    full = max(1, count // batch_size)
    return [batch.tolist() for batch in np.array_split(order[: full * batch_size], full)]


class EpochBatches(Sampler[list[int]], ABC):
    """One device's share of each epoch's plan; ``set_epoch`` chooses the epoch."""

    def __init__(self, length: int, accumulate: int = 1) -> None:
        self._length = length * accumulate
        self._accumulate = accumulate
        self._epoch = 0
        self._skip = 0

    @property
    def sampler(self) -> EpochBatches:
        """Itself: where Lightning looks for ``set_epoch``."""
        return self

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose plan the next iteration follows."""
        self._epoch = epoch

    def start_at(self, epoch: int, batches: int) -> None:
        """Begin the next iteration in ``epoch``, after its first ``batches``: a resumed run.

        Lightning makes its first iterator before it says which epoch it resumes.
        """
        self._epoch, self._skip = epoch, batches

    @abstractmethod
    def plan(self, epoch: int) -> list[list[int]]:
        """This device's batches of one epoch."""

    @property
    def steps(self) -> int:
        """Batches of one epoch, each counted once however many micro-batches it has."""
        return self._length // self._accumulate

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[list[int]]:
        skip, self._skip = self._skip, 0
        return iter(in_micro_batches(self.plan(self._epoch)[skip:], self._accumulate))


class PKBatches(EpochBatches):
    """Batches of P identities with K crops each."""

    def __init__(
        self,
        labels: Sequence[int],
        people: int,
        instances: int,
        *,
        seed: int,
        rank: int = 0,
        world_size: int = 1,
        accumulate: int = 1,
    ) -> None:
        """``people`` are the identities of a batch over all devices, a multiple of their number."""
        super().__init__(num_batches(labels, people, instances), accumulate)
        self._labels, self._people, self._instances = labels, people, instances
        self._seed, self._rank, self._world_size = seed, rank, world_size

    def plan(self, epoch: int) -> list[list[int]]:
        """See EpochBatches."""
        whole = plan_epoch(self._labels, self._people, self._instances, self._seed, epoch)
        return [self._share(batch) for batch in whole]

    def _share(self, batch: list[int]) -> list[int]:
        """This device's crops of each micro-batch, which is the same on any number of devices."""
        size = self._people // self._world_size // self._accumulate * self._instances
        mine = slice(self._rank * size, (self._rank + 1) * size)
        cut = in_micro_batches([batch], self._accumulate)
        return [index for micro_batch in cut for index in micro_batch[mine]]


class ShuffledBatches(EpochBatches):
    """Plainly shuffled batches."""

    def __init__(
        self,
        count: int,
        batch_size: int,
        *,
        seed: int,
        rank: int = 0,
        world_size: int = 1,
        accumulate: int = 1,
    ) -> None:
        """``batch_size`` is that of the batch over all devices."""
        super().__init__(max(1, count // batch_size), accumulate)
        self._count, self._batch_size, self._seed = count, batch_size, seed
        self._rank, self._world_size = rank, world_size

    def plan(self, epoch: int) -> list[list[int]]:
        """See EpochBatches; every device has equally many crops of a batch."""
        whole = plan_shuffled(self._count, self._batch_size, self._seed, epoch)
        even = [batch[: len(batch) // self._world_size * self._world_size] for batch in whole]
        return [batch[self._rank :: self._world_size] for batch in even]
