"""Starting Ray quietly and safely, and asking it what there is."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final

from automl.errors import InputError
from automl.sweep.address import check_answers
from automl.sweep.lean import lean_start, lean_tune, prepare_environment
from automl.sweep.resources import Capacity, Node
from automl.sweep.secure import secure_joining, secure_local

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
    "OMP_WAIT_POLICY": "PASSIVE",  # trials side by side: a thread that waits must not spin
}


@contextmanager
def ray_running(address: str | None = None) -> Iterator[Capacity]:
    """Start a local Ray on loopback (or join the cluster at ``address``) for the block.

    A Ray that this process has joined already is used as it is, and left running.

    Yields:
        What the nodes have that trials may use.

    Raises:
        InputError: no cluster answers at ``address``, or this process has joined one already.
    """
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    import ray  # after the environment, which Ray reads when it is imported

    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)  # failures are told by our listener
    if ray.is_initialized():
        if address not in (None, "auto"):
            raise InputError(f"this process has joined a Ray already: leave out address {address}")
        yield capacity_now(cluster=True)
        return
    check_answers(address)
    with _placed(address) as placed:
        _join(address, placed)
        try:
            with lean_tune() if address is None else nullcontext():
                yield capacity_now(cluster=address is not None)
        finally:
            ray.shutdown()


@contextmanager
def _placed(address: str | None) -> Iterator[dict[str, Any]]:
    """What Ray is told of a local session: its folder, closed to others, is gone at the end."""
    if address:
        secure_joining()
        yield {}
        return
    secure_local()
    prepare_environment()
    folder = _new_folder(os.environ.get(_FOLDER) or "/tmp")
    try:
        # Ray opens its own folder to everybody, so that lies inside a closed one
        yield {"include_dashboard": False, "_temp_dir": str(Path(folder) / "s")}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _new_folder(parent: str) -> str:
    try:
        return tempfile.mkdtemp(prefix="ray-", dir=parent)
    except OSError as error:
        raise InputError(
            f"Ray cannot keep its files in {parent} ({error.strerror}): make that folder, or name"
            f" another in {_FOLDER}"
        ) from error


def _join(address: str | None, placed: Mapping[str, Any]) -> None:
    import ray

    quick = lean_start() if address is None else nullcontext()
    try:
        with quick:
            ray.init(
                address=address or "local",
                log_to_driver=False,
                logging_level=logging.ERROR,
                configure_logging=True,
                **placed,
            )
    except (OSError, ValueError) as error:
        raise InputError(_refusal(address, error)) from error


def _refusal(address: str | None, error: Exception) -> str:
    if address is None:
        return f"Ray does not start on this machine: {error} (its files go below {_FOLDER})"
    return (
        f"no Ray cluster at {address!r}: {error}; a cluster with token authentication wants its"
        " token in RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH (or RAY_AUTH_MODE=token and a file)"
    )


def capacity_now(*, cluster: bool) -> Capacity:
    """Return what the nodes that are alive have; ``cluster``: whether they may come and go."""
    from automl.sweep.nodes import living_nodes, node_name

    nodes = (Node(node_name(node), dict(node["Resources"])) for node in living_nodes())
    return Capacity(tuple(nodes), cluster)
