"""Which run folders paths and globs name: those whose trials belong into one table."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from glob import glob
from pathlib import Path
from typing import Any, Final

import yaml

from automl.constants import LEDGER_FILE, PLAN_FILE, TRIALS_FILE
from automl.errors import InputError

Runs = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


TRAIN: Final = "train"


_HEAD_ENDS: Final = "\npolicy:"  # a plan's first keys, which say what the run is, come before


@dataclass(frozen=True)
class Found:
    """The run folders that were asked for.

    Attributes:
        folders: those whose trials are of interest together.
        left_out: among several, those that trained nothing, with their action.
    """

    folders: list[Path]
    left_out: dict[Path, str] = field(default_factory=dict)


def run_folders(runs: Runs) -> list[Path]:
    """Return the :attr:`Found.folders` of :func:`find_runs`."""
    return find_runs(runs).folders


def find_runs(runs: Runs) -> Found:
    """Return the run folders that paths and globs name, each once.

    Beside trainings, the direct runs of other actions (evaluate, inference, export) are left out:
    the one row of each is no trial of anything. Where all are such, or one is named alone, they
    stay.

    Raises:
        InputError: a path is no run's folder, or a glob matches none.
    """
    asked = [runs] if isinstance(runs, str | os.PathLike) else list(runs)
    once: dict[Path, Path] = {}
    for folder in (folder for item in asked for folder in _matches(item)):
        once.setdefault(folder.resolve(), folder)
    folders = list(once.values())
    if len(folders) < 2:
        return Found(folders)
    others = {folder: action for folder in folders if (action := _other_action(folder))}
    if len(others) == len(folders):
        return Found(folders)
    return Found([folder for folder in folders if folder not in others], others)


def run_labels(folders: Sequence[Path]) -> list[str]:
    """Return the name of each folder; of folders that share it, as much of the path as differs."""
    parts = [folder.resolve().parts for folder in folders]
    for length in range(1, max(map(len, parts), default=1) + 1):
        labels = ["/".join(part[-length:]) for part in parts]
        if len(set(labels)) == len(labels):
            break
    return labels


def _matches(item: str | os.PathLike[str]) -> list[Path]:
    if Path(item).is_dir():
        return [Path(item)]
    found = [Path(path) for path in sorted(glob(str(item)))]
    folders = [path for path in found if (path / PLAN_FILE).is_file()]
    if not folders:
        raise InputError(f"no run's folder at {item}")
    return folders


def _other_action(folder: Path) -> str:
    """The action of a direct run that trains nothing; empty for every other run."""
    plan = _head(folder / PLAN_FILE)
    action = str(plan.get("action", TRAIN))
    return action if action != TRAIN and plan.get("route") == "direct" else ""


def _head(path: Path) -> Mapping[str, Any]:
    """The first keys of a plan: a hundred plans read whole would take seconds."""
    if not path.is_file():
        return {}  # whoever reads the run's tables says what is wrong with it
    text = path.read_text(encoding="utf-8").partition(_HEAD_ENDS)[0]
    found = yaml.safe_load(text)
    return found if isinstance(found, Mapping) else {}


def are_tables_whole(folder: Path) -> bool:
    """Return whether a run's tables were written after the last event of its ledger."""
    tables, ledger = folder / TRIALS_FILE, folder / LEDGER_FILE
    both = tables.exists() and ledger.exists()
    return both and tables.stat().st_mtime >= ledger.stat().st_mtime
