"""Which resources each trial gets, where it runs, and where its files lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from automl.launch.planning.run_folder import is_url
from automl.launch.request import RunRequest


@dataclass(frozen=True)
class ResourceOptions:
    """Which resources each trial gets, and where it runs; None lets the run decide.

    The fields are those of the request; ``storage`` is a URL or None.
    """

    max_concurrent: int | None = None
    cpus_per_trial: float | None = None
    gpus_per_trial: float | None = None
    address: str | None = None
    resources: Mapping[str, float] = field(default_factory=dict)
    storage: str | None = None
    cache_dir: str | None = None


def read_resource_options(request: RunRequest) -> ResourceOptions:
    """Return the options of a request; a storage that is a path is the run's folder instead."""
    storage = str(request.storage) if request.storage else None
    return ResourceOptions(
        max_concurrent=request.max_concurrent,
        cpus_per_trial=request.cpus_per_trial,
        gpus_per_trial=request.gpus_per_trial,
        address=request.address,
        resources=dict(request.resources or {}),
        storage=storage if is_url(storage) else None,
        cache_dir=str(Path(request.cache_dir).absolute()) if request.cache_dir else None,
    )


def cache_note(request: RunRequest) -> tuple[str, ...]:
    """Return a note on a cache folder that nodes of a cluster may not see."""
    if request.cache_dir is None or request.address is None:
        return ()
    folder = Path(request.cache_dir).absolute()
    return (
        f"nodes that do not see {folder} (--cache-dir) stage the data in the $AUTOML_CACHE_DIR of"
        " theirs",
    )
