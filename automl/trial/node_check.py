"""Checks whether a node can run the trials of a run: packages, run folder, skill, data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from automl.errors import AutoMLError
from automl.skill import load_skill
from automl.trial.child_start import container_home
from automl.trial.container.check import ready_container
from automl.trial.container.settings import Container
from automl.trial.data.staging import Staged
from automl.trial.files.url_storage import Storage
from automl.trial.stored_trial import scratch

PACKAGES: Final = ("reid-automl", "ray", "optuna", "torch")
PROBE_FILE: Final = ".reach-{name}"


@dataclass(frozen=True)
class NodeQuestion:
    """What every node of a cluster is checked for before the first trial.

    Attributes:
        run_dir: the run's folder, None where no node needs to see it.
        token: what the driver wrote into the folder's :data:`PROBE_FILE` of the name ``driver``.
        skill_dir: the skill directory.
        digest: its digest where the driver runs.
        sources: the run's data, to be staged on the node.
        storage: the URL at which the run is stored, None where nodes see ``run_dir``.
        containers: those that trials get, each with what they run in it.
    """

    run_dir: Path | None
    token: str
    skill_dir: Path
    digest: str
    sources: Mapping[str, Staged] = field(default_factory=dict)
    storage: str | None = None
    containers: tuple[tuple[Container, str], ...] = ()


def version_faults(there: Mapping[str, str], here: Mapping[str, str]) -> list[str]:
    """Return which versions of a node differ from the driver's, one line each."""
    return [
        f"{name} is {there.get(name, 'missing')}, the driver has {own}"
        for name, own in here.items()
        if there.get(name, "missing") != own
    ]


def check_node(question: NodeQuestion, name: str) -> list[str]:
    """Return what keeps this machine from running the run's trials, one line each.

    ``name`` is in the name of the file that this node writes into the run's folder.
    """
    faults = _folder_faults(question, name) if question.run_dir is not None else []
    faults += _skill_faults(question)
    if question.storage is not None:
        faults += filter(None, [Storage(question.storage).probe(name)])
    faults += _container_faults(question)
    for key, source in question.sources.items():
        try:
            source.here()
        except AutoMLError as error:
            faults.append(f"{key}: {error}")
    return faults


def _container_faults(question: NodeQuestion) -> list[str]:
    """Pull each image, and try a container where the node's trials will write."""
    faults = []
    for container, program in question.containers:
        place = question.run_dir or scratch(question.storage or "")
        try:
            ready_container(container, program, place, container_home())
        except (AutoMLError, OSError) as error:
            faults.append(str(error))
    return faults


def _folder_faults(question: NodeQuestion, name: str) -> list[str]:
    assert question.run_dir is not None
    advice = "give --output on a path that all nodes share, or --storage URL"
    try:
        found = (question.run_dir / PROBE_FILE.format(name="driver")).read_text()
    except OSError as error:
        return [f"does not see {question.run_dir} as the driver does ({error.strerror}): {advice}"]
    if found != question.token:
        return [f"sees another folder at {question.run_dir} than the driver: {advice}"]
    try:
        (question.run_dir / PROBE_FILE.format(name=name)).write_text(question.token)
    except OSError as error:
        return [f"cannot write into {question.run_dir} ({error.strerror}): {advice}"]
    return []


def _skill_faults(question: NodeQuestion) -> list[str]:
    try:
        digest = load_skill(question.skill_dir).digest()
    except (AutoMLError, OSError) as error:
        return [f"has no skill in {question.skill_dir}: {error}"]
    if digest != question.digest:
        return [f"has another version of the skill in {question.skill_dir}: copy the driver's"]
    return []
