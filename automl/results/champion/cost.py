"""What a run cost: its trials, and what follows them for the champion."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from automl.constants import (
    BEST_FOLDER,
    DEFAULTS_FOLDER,
    EVALUATION_FOLDER,
    FINAL_FOLDER,
    LEDGER_FILE,
)
from automl.errors import InputError
from automl.results.run import Run

_TESTS: Final = (Path(BEST_FOLDER, EVALUATION_FOLDER), Path(BEST_FOLDER, DEFAULTS_FOLDER))


@dataclass(frozen=True)
class RunCost:
    """What a run took, its champion's evaluation and trainings on all data included.

    Attributes:
        trials: of the search; fresh: trainings that confirmed its best ones.
        refits: trainings of champion and defaults on all data; tests: evaluations of them.
        seconds: the wall time of all; gpu_seconds: time times GPUs of all.
    """

    trials: int
    fresh: int
    refits: int
    tests: int
    seconds: float
    gpu_seconds: float

    @property
    def words(self) -> str:
        """The counts, in words."""
        counts = [
            _count(self.trials, "trial"),
            _count(self.fresh, "fresh training"),
            _count(self.refits, "training") + " on all data" if self.refits else "",
            _count(self.tests, "evaluation"),
        ]
        *most, last = [each for each in counts if each] or ["no trial"]
        return f"{', '.join(most)} and {last}" if most else last


def cost_of(run: Run) -> RunCost:
    """Return what a run cost so far."""
    refits = _runs(run, Path(FINAL_FOLDER))
    tests = _runs(run, *_TESTS)
    every = [run, *refits, *tests]
    return RunCost(
        trials=len(run.searched),
        fresh=len(run.rows) - len(run.searched),
        refits=sum(len(each.histories) for each in refits),
        tests=sum(len(each.histories) for each in tests),
        seconds=sum(each.wall_seconds for each in every),
        gpu_seconds=sum(each.gpu_seconds for each in every),
    )


def _runs(run: Run, *folders: Path) -> list[Run]:
    """Return the runs in these of the run's folders, those that are there and can be read."""
    found = [Run(run.folder / folder) for folder in folders]
    return [each for each in found if (each.folder / LEDGER_FILE).is_file() and _is_whole(each)]


def _is_whole(run: Run) -> bool:
    try:
        run.check()
    except InputError:
        return False
    return True


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""
