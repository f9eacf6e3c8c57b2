"""Starting a Ray on this machine, quietly and safely, and ending it."""

from __future__ import annotations

import gc
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from automl.errors import InputError
from automl.sweep.cluster.auth import secure_local
from automl.sweep.cluster.fast_start import fast_ray_start
from automl.sweep.cluster.preload import Preload, preloading

_FOLDER: Final = "RAY_TMPDIR"


_ENVIRONMENT: Final = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_GLOBAL_CHECKPOINT_S": "86400",
    "TUNE_PRINT_ALL_TRIAL_ERRORS": "0",
    "TUNE_WARN_INSUFFICENT_RESOURCE_THRESHOLD_S": "86400",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",
    "TUNE_MAX_PENDING_TRIALS_PG": "1000",  # all first trials at once: Room says how many there are
    "RAY_CHDIR_TO_TRIAL_DIR": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_worker_niceness": "0",  # a trial has the priority of a training started by hand, not +15
    # a second by default: too short for the workers that Ray starts with to get their trials
    "RAY_idle_worker_killing_time_threshold_ms": "15000",
    "OMP_WAIT_POLICY": "PASSIVE",  # trials side by side: a thread that waits must not spin
}


@contextmanager
def local_ray(preload: Preload | None = None) -> Iterator[None]:
    """Start a Ray on this machine, behind loopback and a token, for the block.

    Its folder, closed to others, is gone at the end; ``preload``: what its workers load ahead.

    Raises:
        InputError: Ray does not start here.
    """
    prepare_environment()
    secure_local()
    folder = _new_folder(os.environ.get(_FOLDER) or "/tmp")
    # Ray opens its own folder to everybody, so that lies inside a closed one
    place: dict[str, Any] = {"include_dashboard": False, "_temp_dir": str(Path(folder) / "s")}
    try:
        with fast_ray_start(), preloading(preload):
            start_ray("local", place)
        with leave_at_end():
            yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def leave_at_end() -> Iterator[None]:
    try:
        yield
    finally:
        leave_ray()


def leave_ray() -> None:
    """End Ray; meanwhile no thread may clear away what is Ray's, at which Ray ends the process."""
    import ray

    collecting = gc.isenabled()
    gc.disable()
    try:
        ray.shutdown()
    finally:
        if collecting:
            gc.enable()


def start_ray(address: str, place: Mapping[str, Any]) -> None:
    import ray

    quieten()
    try:
        ray.init(
            address=address,
            log_to_driver=False,
            logging_level=logging.ERROR,
            configure_logging=True,
            **place,
        )
    except (OSError, ValueError) as error:
        raise InputError(_refusal(address, error)) from error


def quieten() -> None:
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)  # failures are told by our listener


def prepare_environment() -> None:
    """Set what Ray and Tune read when they are imported, where the user has not."""
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)


def _new_folder(parent: str) -> str:
    try:
        return tempfile.mkdtemp(prefix="ray-", dir=parent)
    except OSError as error:
        raise InputError(
            f"Ray cannot keep its files in {parent} ({error.strerror}): make that folder, or name"
            f" another in {_FOLDER}"
        ) from error


def _refusal(address: str, error: Exception) -> str:
    if address == "local":
        return f"Ray does not start on this machine: {error} (its files go below {_FOLDER})"
    return (
        f"no Ray cluster at {address!r}: {error}; a cluster with token authentication wants its"
        " token in RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH (or RAY_AUTH_MODE=token and a file)"
    )
