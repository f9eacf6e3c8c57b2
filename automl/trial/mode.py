"""Chooses where a trial trains: in the actor's process, on ranks, a child process, a container."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from automl.errors import InputError
from automl.skill import Action
from automl.trial.container.settings import Container


class TrialMode(StrEnum):
    """Where a trial's training runs."""

    IN_PROCESS = "in_process"  # the entrypoint, in the process of the trial's actor
    RANKS = "ranks"  # the entrypoint, in one process for each device
    CHILD = "child"  # the command or script, as a child process
    CONTAINER = "container"  # the same in a container: the child process is its engine's

    @property
    def is_child(self) -> bool:
        """Whether a trial is a process of its own, whose files and log are read."""
        return self in (TrialMode.CHILD, TrialMode.CONTAINER)


@dataclass(frozen=True)
class ModeChoice:
    """Where the trials of a run train, and why."""

    mode: TrialMode
    reason: str


def choose_mode(
    action: Action,
    *,
    devices: int,
    isolate: bool,
    sweep: bool,
    container: Container | None = None,
) -> ModeChoice:
    """Return where trials of ``action`` train.

    Args:
        action: what a trial runs.
        devices: how many devices one trial takes.
        isolate: whether the user wants a child process for each trial.
        sweep: whether there is a sweep, which alone keeps processes warm between trials.
        container: the container that a trial gets, None for none.

    Raises:
        InputError: it must be a child process, but the action has an entrypoint alone.
    """
    execution = action.execution
    if container is not None:
        why = f"a container for each: {container.engine}, {container.image}"
        return ModeChoice(TrialMode.CONTAINER, why)
    if execution is None or execution.entrypoint is None:
        why = f"a child process: {action.name} has no Python entrypoint"
        return ModeChoice(TrialMode.CHILD, why)
    if devices <= 1 and not isolate:
        return ModeChoice(TrialMode.IN_PROCESS, "the Python entrypoint, on one device")
    if execution.ranks and sweep and not isolate:
        return ModeChoice(TrialMode.RANKS, f"a warm pool of {devices} ranks, one a device")
    why = _why_child(devices, isolate=isolate, ranks=bool(execution.ranks))
    if not action.command:
        raise InputError(f"{why}: this needs a command, and {action.name} has an entrypoint alone")
    return ModeChoice(TrialMode.CHILD, why)


def _why_child(devices: int, *, isolate: bool, ranks: bool) -> str:
    if isolate:
        return "a child process: --isolate"
    if ranks:
        return f"a child process: {devices} devices, and only a sweep keeps ranks warm"
    return f"a child process: {devices} devices, and the entrypoint declares no ranks"
