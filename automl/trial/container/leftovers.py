"""Removes containers that nobody watches any more: of this run, and of runs whose guard is dead."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from automl.trial.child.guard import LABEL, is_dead
from automl.trial.container.command import RUN_LABEL
from automl.trial.container.engines import APPTAINER, ask
from automl.trial.container.settings import Container

_ALL: Final = ("ps", "--all", "--quiet", "--no-trunc", "--filter", f"label={LABEL}")


def remove_leftovers(container: Container) -> list[str]:
    """Remove the containers of this run on this machine, and all whose guard is dead.

    Nothing of this run may be running. Returns the names of those that are gone. Apptainer's are
    plain child processes, which end with their guard.
    """
    if container.engine == APPTAINER:
        return []
    return [name for ident, name in _leftovers(container) if _remove(container, ident)]


def _leftovers(container: Container) -> Iterator[tuple[str, str]]:
    ids = ask(container.engine, _ALL).stdout.split()
    if not ids:
        return
    for found in _described(ask(container.engine, ["inspect", *ids]).stdout):
        labels = found.get("Config", {}).get("Labels") or {}
        if labels.get(RUN_LABEL) == container.run or is_dead(str(labels.get(LABEL, ""))):
            yield str(found.get("Id", "")), str(found.get("Name", "")).lstrip("/")


def _described(answer: str) -> list[Mapping[str, Any]]:
    try:
        return list(json.loads(answer))
    except ValueError:  # one of them is gone meanwhile: the next sweep finds the others
        return []


def _remove(container: Container, ident: str) -> bool:
    return ask(container.engine, ["rm", "--force", "--volumes", ident]).returncode == 0
