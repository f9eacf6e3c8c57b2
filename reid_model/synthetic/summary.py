"""What a made data set holds, as a value that anyone can print."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from reid_model.synthetic.shot import DISTRACTOR, JUNK, SPLITS, Shot


@dataclass(frozen=True)
class SplitSummary:
    """Counts of one split; ``identities`` leaves junk and distractors out, ``images`` has all."""

    name: str
    images: int
    identities: int
    junk: int
    distractors: int

    def __str__(self) -> str:
        extra = f" (of these {self.junk} junk, {self.distractors} distractors)" if self.junk else ""
        return f"{self.name}: {self.images} images of {self.identities} identities{extra}"


@dataclass(frozen=True)
class DataSummary:
    """Where a data set was written and what it holds."""

    out: Path
    tar: bool
    height: int
    width: int
    cameras: int
    splits: tuple[SplitSummary, ...]

    def lines(self) -> tuple[str, ...]:
        """The summary as lines for a terminal."""
        form = "tar.gz" if self.tar else "folders"
        look = f"{self.height}x{self.width} pixels, {self.cameras} cameras, {form}"
        return (f"{self.out}: {look}", *(f"  {split}" for split in self.splits))

    def __str__(self) -> str:
        return "\n".join(self.lines())


def count_splits(shots: Iterable[Shot]) -> tuple[SplitSummary, ...]:
    """Count the shots of each split."""
    every = tuple(shots)
    return tuple(
        _count(split, [shot.pid for shot in every if shot.split == split]) for split in SPLITS
    )


def _count(split: str, pids: list[int]) -> SplitSummary:
    """Count the pids of one split's images."""
    return SplitSummary(
        name=split,
        images=len(pids),
        identities=len({pid for pid in pids if pid not in (JUNK, DISTRACTOR)}),
        junk=pids.count(JUNK),
        distractors=pids.count(DISTRACTOR),
    )
