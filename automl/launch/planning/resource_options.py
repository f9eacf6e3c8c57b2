"""What the user wants each trial of a run to get, and where it runs and lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from automl.launch.planning.run_folder import is_url
from automl.launch.request import RunRequest


@dataclass(frozen=True)
class ResourceOptions:
    """What the user wants each trial to get, and where; None lets the run decide.

    The fields are those of the request; ``storage`` is a URL here.
    """

    max_concurrent: int | None = None
    cpus_per_trial: float | None = None
    gpus_per_trial: float | None = None
    address: str | None = None
    resources: Mapping[str, float] = field(default_factory=dict)
    storage: str | None = None
    cache_dir: str | None = None


def read_resource_options(request: RunRequest) -> ResourceOptions:
    """Return the request's wishes; a storage that is a path says where the run's folder is."""
    storage = str(request.storage) if request.storage else None
    return ResourceOptions(
        request.max_concurrent,
        request.cpus_per_trial,
        request.gpus_per_trial,
        request.address,
        dict(request.resources or {}),
        storage if is_url(storage) else None,
        str(Path(request.cache_dir).absolute()) if request.cache_dir else None,
    )


def cache_note(request: RunRequest) -> tuple[str, ...]:
    """Return what to tell of a cache folder that the nodes of a cluster may not see."""
    if request.cache_dir is None or request.address is None:
        return ()
    folder = Path(request.cache_dir).absolute()
    return (
        f"nodes that do not see {folder} (--cache-dir) stage the data in the $AUTOML_CACHE_DIR of"
        " theirs",
    )
