"""Writes what runs know into a file, and puts such a file beside a skill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from automl.errors import InputError
from automl.launch.planning.priors.knowledge import (
    Knowledge,
    knowledge_of,
    merged,
    read_knowledge,
    write_knowledge,
)
from automl.launch.planning.priors.read_priors import shipped_file
from automl.results.run import read_run
from automl.skill import Skill


def export_runs(folders: Sequence[Path], output: Path) -> Knowledge:
    """Write what runs know into a file, and return it.

    Raises:
        InputError: a folder is no sweep's, no trial of it finished, the runs are of different
            actions or metrics, or the file cannot be written there.
    """
    if output.is_dir() or not output.absolute().parent.is_dir():
        raise InputError(f"--output {output}: name a file in a folder that is there")
    found = merged([knowledge_of(read_run(folder)) for folder in folders], list(map(str, folders)))
    write_knowledge(found, output)
    return found


def import_file(file: Path, skill: Skill) -> tuple[Knowledge, Path]:
    """Put a file beside a skill; return what lies there now, and where.

    Raises:
        InputError: it is no such file, or knows nothing of the skill's parameters.
    """
    found = read_knowledge(file, "automl prior import")
    if found.action not in skill.actions:
        raise InputError(
            f"{file} is of action {found.action!r}, and skill {skill.info.name} has"
            f" {', '.join(skill.actions)}"
        )
    names = {name for sweep in found.sweeps for params, _ in sweep.trials for name in params}
    if not names.intersection(skill.schema(found.action).leaves):
        raise InputError(f"{file}: skill {skill.info.name} has none of {', '.join(sorted(names))}")
    place = shipped_file(skill.directory, found.action)
    if place.is_file():
        there = read_knowledge(place, "automl prior import: beside the skill,")
        found = merged([there, replace(found, skill=there.skill)], [str(place), str(file)])
    write_knowledge(found, place)
    return found, place
