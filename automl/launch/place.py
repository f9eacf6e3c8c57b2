"""Where a run lives: ``--output`` and ``--storage``, a path or a URL."""

from __future__ import annotations

from pathlib import Path

from automl.errors import InputError
from automl.launch.request import RunRequest
from automl.trial.secrets import refuse_password


def is_url(storage: str | None) -> bool:
    """Return whether ``--storage`` names a URL rather than a path."""
    return storage is not None and "://" in storage


def output_of(storage: str | None, default: Path) -> Path:
    """Return the run's folder where the user gave no ``--output``: below a storage's path."""
    return Path(storage) / default.name if storage and not is_url(storage) else default


def check_place(request: RunRequest) -> None:
    """Refuse what cannot be a run's place.

    Raises:
        InputError: a path and ``--output`` contradict each other, the URL carries a password, or
            the run needs the files of several trials in one folder.
    """
    storage = request.storage
    if storage is None:
        return
    refuse_password(storage, "--storage")
    if not is_url(storage) and request.output is not None:
        raise InputError(
            f"--storage {storage} and --output {request.output}: give one; a path needs no"
            " --storage"
        )
    together = "--confirm" if request.confirm is not None else ""
    together = "--algorithm pbt" if request.algorithm == "pbt" else together
    if is_url(storage) and together:
        raise InputError(
            f"{together} works on the checkpoints of several trials, in one folder that every node"
            " sees: leave out --storage URL, and give --output on a shared path"
        )
