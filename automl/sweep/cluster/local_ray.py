"""Starting a Ray on this machine, quietly and safely, and ending it."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from automl.errors import InputError, RunError
from automl.interrupts import called_at_end, is_ending
from automl.sweep.cluster.auth import secure_local, stay_on_loopback
from automl.sweep.cluster.forks import note_use
from automl.sweep.cluster.handlers import handler_kept
from automl.sweep.cluster.own_sessions import own_sessions
from automl.sweep.cluster.ray_folder import claimed, make_folder
from automl.sweep.cluster.server_watch import servers_watched
from automl.sweep.cluster.servers import end_in, ended_with_driver, marked
from automl.sweep.cluster.start_log import StartLog, keep_log
from automl.trial.files.disk import RAY_FOLDER

LOCAL: Final = "local"
_SESSIONS: Final = "s"  # short: the paths of sockets lie below
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


class RayStartError(RunError):
    """Ray did not come up in its time; ``reason`` says so in a line, the message what to do."""

    def __init__(self, error: Exception, log: StartLog) -> None:
        self.reason = f"Ray did not come up on this machine: {_first_sentence(error)}"
        self._log = log
        super().__init__(
            f"{self.reason}. A machine that is too busy, or short of memory, exceeds the 30 s that"
            " Ray has for it: end other work on it and give the same command again, or use a Ray"
            f" that runs (ray start --head, then --address auto). {log.text()}"
        )

    def drop_log(self) -> None:
        """Remove the log that was kept."""
        self._log.drop()


@contextmanager
def local_ray(folder: Path) -> Iterator[None]:
    """Start a Ray on this machine, behind loopback and a token, for the block.

    It keeps its files in ``folder``, made here, which other users cannot read.

    Raises:
        InputError: the folder cannot be made, or Ray cannot start here.
        RayStartError: it did not come up.
    """
    try:
        with called_at_end(partial(end_in, folder)), ended_with_driver(folder):
            make_folder(folder)  # not before: whoever removes it knows its name
            with claimed(folder), leave_at_end():
                prepare_environment()
                secure_local()
                _start_in(folder)
                with servers_watched(folder):
                    yield
    finally:
        end_in(folder)


def _start_in(folder: Path) -> None:
    # other users may read the folder that Ray makes, so it lies inside one that they may not
    place: dict[str, Any] = {"include_dashboard": False, "_temp_dir": str(folder / _SESSIONS)}
    try:
        with marked(folder):
            start_ray(LOCAL, place)
    except InputError:
        raise
    except Exception as error:  # Ray's errors share no base
        # a process that is about to end takes its Ray down itself: that is no failure to explain
        log = StartLog(None) if is_ending() else keep_log(folder / _SESSIONS)
        raise RayStartError(error, log) from error


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
        with handler_kept():
            ray.shutdown()
    finally:
        if collecting:
            gc.enable()


def start_ray(address: str, place: Mapping[str, Any]) -> None:
    """Start or join a Ray; the handler of SIGTERM, which Ray would replace, stays.

    Raises:
        InputError: there is none at ``address``, or it cannot be started in its ``place``.
        Exception: a local Ray did not come up in time.
    """
    import ray

    quieten()
    note_use()
    try:
        with handler_kept(), own_sessions():
            ray.init(
                address=address,
                log_to_driver=False,
                logging_level=logging.ERROR,
                configure_logging=True,
                **place,
            )
    except Exception as error:
        if address != LOCAL or _is_refusal(error):
            raise InputError(_refusal(address, error)) from error
        raise


def _is_refusal(error: Exception) -> bool:
    """Whether a local Ray cannot start at all, rather than not in time."""
    late = isinstance(error, TimeoutError | ConnectionError)
    return isinstance(error, OSError | ValueError) and not late


def quieten() -> None:
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)  # our listener reports failures


def prepare_environment() -> None:
    """Set what Ray and Tune read when they are imported, where the user has not."""
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    stay_on_loopback()


def _first_sentence(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text.partition(". ")[0].rstrip(".")


def _refusal(address: str, error: Exception) -> str:
    if address == LOCAL:
        return f"Ray does not start on this machine: {error} (its files go below {RAY_FOLDER})"
    return (
        f"no Ray cluster at {address!r}: {error}; a cluster with token authentication wants its"
        " token in RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH (or RAY_AUTH_MODE=token and a file)"
    )
