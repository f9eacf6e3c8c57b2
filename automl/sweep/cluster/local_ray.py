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
from automl.home import can_write, temporary_folder
from automl.sweep.cluster.auth import secure_local, stay_on_loopback

_FOLDER: Final = "RAY_TMPDIR"
_ENVIRONMENT: Final = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_GLOBAL_CHECKPOINT_S": "86400",
    "TUNE_PRINT_ALL_TRIAL_ERRORS": "0",
    "TUNE_WARN_INSUFFICENT_RESOURCE_THRESHOLD_S": "86400",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",
    "TUNE_MAX_PENDING_TRIALS_PG": "1000",  # all first trials at once: the searcher limits them
    "RAY_CHDIR_TO_TRIAL_DIR": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_worker_niceness": "0",  # a trial has the priority of a training started by hand, not +15
    "RAY_prestart_worker_first_driver": "0",  # Tune's actors run in other workers than these
    "OMP_WAIT_POLICY": "PASSIVE",  # trials side by side: a thread that waits must not spin
}


@contextmanager
def local_ray() -> Iterator[None]:
    """Start a Ray on this machine, behind loopback and a token, for the block.

    It keeps its files in a folder that other users cannot read, and that goes at the end.

    Raises:
        InputError: Ray does not start here.
    """
    prepare_environment()
    secure_local()
    folder = _new_folder(os.environ.get(_FOLDER) or _short_folder())
    # other users may read the folder that Ray makes, so it lies inside one that they may not
    place: dict[str, Any] = {"include_dashboard": False, "_temp_dir": str(Path(folder) / "s")}
    try:
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
    """Shut Ray down with Python's garbage collector off.

    If the collector frees one of Ray's objects during the shutdown, Ray ends the whole process.
    """
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
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)  # our listener reports failures


def prepare_environment() -> None:
    """Set what Ray and Tune read when they are imported, where the user has not."""
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    stay_on_loopback()


def _short_folder() -> str:
    """Return /tmp where it can be written, since the path of a socket holds 107 bytes at most."""
    return "/tmp" if can_write(Path("/tmp")) else temporary_folder()


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
