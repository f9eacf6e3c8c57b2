"""Finds the spec that a run is given: a file of the user's, or a recipe of the skill's by name."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Final

from automl.errors import InputError
from automl.launch.request import RunRequest
from automl.skill import Skill

RECIPES_FOLDER: Final = Path("references", "recipes")
_SUFFIX: Final = ".yaml"


def given_spec_file(request: RunRequest, skill: Skill) -> Path | None:
    """Return the spec file of ``--spec`` or ``--recipe``; None without either.

    A recipe is a spec that the skill packages as ``references/recipes/NAME.yaml``.

    Raises:
        InputError: both are given, or the skill has no recipe of that name.
    """
    if request.recipe is None:
        return Path(request.spec_file) if request.spec_file else None
    if request.spec_file:
        raise InputError(
            "--recipe and --spec both give the spec: leave one out (--set changes single keys)"
        )
    known = recipes_of(skill)
    if request.recipe not in known:
        near = difflib.get_close_matches(request.recipe, known, 1)
        has = f"its recipes: {', '.join(known)}" if known else f"it has no {RECIPES_FOLDER}/"
        meant = f", did you mean {near[0]}?" if near else ";"
        raise InputError(
            f"--recipe {request.recipe}: {skill.info.name} has no such recipe{meant} {has}"
        )
    return known[request.recipe]


def recipes_of(skill: Skill) -> dict[str, Path]:
    """Return the recipes that a skill packages, by name."""
    files = sorted((skill.directory / RECIPES_FOLDER).glob(f"*{_SUFFIX}"))
    return {file.stem: file for file in files}
