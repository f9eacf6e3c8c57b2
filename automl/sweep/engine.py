"""Starting Ray quietly and safely, and asking it what there is."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from automl.errors import InputError
from automl.sweep.resources import Capacity

_ENVIRONMENT: Final = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_GLOBAL_CHECKPOINT_S": "86400",
    "TUNE_PRINT_ALL_TRIAL_ERRORS": "0",
    "TUNE_WARN_INSUFFICENT_RESOURCE_THRESHOLD_S": "86400",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",
    "RAY_CHDIR_TO_TRIAL_DIR": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "OMP_WAIT_POLICY": "PASSIVE",  # trials side by side: a thread that waits must not spin
}


@contextmanager
def ray_running(address: str | None = None) -> Iterator[Capacity]:
    """Start a local Ray on loopback (or join the cluster at ``address``) for the block.

    Yields:
        The CPUs and GPUs that trials may use.

    Raises:
        InputError: no cluster answers at ``address``.
    """
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    import ray  # after the environment, which Ray reads when it is imported

    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)  # failures are told by our listener
    local = {} if address else {"_node_ip_address": "127.0.0.1", "include_dashboard": False}
    try:
        ray.init(
            address=address or "local",
            log_to_driver=False,
            logging_level=logging.ERROR,
            configure_logging=True,
            **local,
        )
    except (ConnectionError, ValueError) as error:
        raise InputError(f"no Ray cluster at {address!r}: {error}") from error
    try:
        have = ray.cluster_resources()
        yield Capacity(cpus=have.get("CPU", 0.0), gpus=have.get("GPU", 0.0))
    finally:
        ray.shutdown()
