"""Which runs paths and globs name: those whose trials belong into one table."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from glob import glob
from pathlib import Path
from typing import Final, TypeVar

from automl.constants import LEDGER_FILE, PLAN_FILE, RouteKind
from automl.errors import InputError
from automl.results.run import Run

T = TypeVar("T")
Runs = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
TRAIN: Final = "train"


@dataclass(frozen=True)
class FoundRuns:
    """The runs that were asked for.

    Attributes:
        runs: those whose trials belong into one table.
        left_out: folders of the others, which trained nothing, with their action.
    """

    runs: list[Run]
    left_out: dict[Path, str] = field(default_factory=dict)


def read_runs(runs: Runs) -> list[Run]:
    """Return the :attr:`FoundRuns.runs` of :func:`find_runs`."""
    return find_runs(runs).runs


def find_runs(runs: Runs) -> FoundRuns:
    """Return the runs that paths and globs name, each once.

    Beside trainings, the direct runs of other actions (evaluate, inference, export) are left out:
    their one row is no trial of a search. They stay where no other run is named.

    Raises:
        InputError: a path is no run's folder, or a glob matches none.
    """
    asked = [runs] if isinstance(runs, str | os.PathLike) else list(runs)
    once: dict[Path, Path] = {}
    for folder in (folder for item in asked for folder in _matches(item)):
        once.setdefault(folder.resolve(), folder)
    found = [Run(folder) for folder in once.values()]
    several = found if len(found) > 1 else []
    others = {run.folder: action for run in several if (action := _other_action(run))}
    kept = [run for run in found if run.folder not in others]
    if not kept:
        kept, others = found, {}
    for run, label in zip(kept, _labels(kept), strict=True):
        run.label = label
    return FoundRuns(kept, others)


def _warn(fault: str) -> None:
    warnings.warn(f"left out: {fault}", stacklevel=2)


def readable(
    runs: Sequence[Run], read: Callable[[Run], T], tell: Callable[[str], None] = _warn
) -> list[tuple[Run, T]]:
    """Return each run with what ``read`` gives of it; one that cannot be read spoils no other.

    ``tell`` is called with what is wrong with each that is left out.

    Raises:
        InputError: it is the only run, or none of them can be read.
    """
    found, faults = [], []
    for run in runs:
        try:
            found.append((run, read(run)))
        except InputError as error:
            if len(runs) == 1:
                raise
            faults.append(str(error))
    if not found and faults:
        raise InputError("none of these runs can be read", faults)
    for fault in faults:
        tell(fault)
    return found


def _labels(runs: Sequence[Run]) -> list[str]:
    """The name of each folder; of folders that share it, as much of the path as differs."""
    parts = [run.folder.resolve().parts for run in runs]
    for length in range(1, max(map(len, parts), default=1) + 1):
        labels = ["/".join(part[-length:]) for part in parts]
        if len(set(labels)) == len(labels):
            break
    return labels


def _matches(item: str | os.PathLike[str]) -> list[Path]:
    if Path(item).is_dir():
        return [Path(item)]
    found = [Path(path) for path in sorted(glob(str(item)))]
    folders = [path for path in found if _is_run(path)]
    if not folders:
        raise InputError(f"no run's folder at {item}")
    return folders


def _is_run(folder: Path) -> bool:
    """Whether a folder is a run's, perhaps one whose plan is lost."""
    return any(os.path.lexists(folder / name) for name in (PLAN_FILE, LEDGER_FILE))


def _other_action(run: Run) -> str:
    """The action of a direct run that trains nothing; empty for every other run."""
    action = str(run.head.get("action", TRAIN))
    return action if action != TRAIN and run.head.get("route") == RouteKind.DIRECT else ""
