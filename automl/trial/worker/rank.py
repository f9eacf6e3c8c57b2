"""Runs a trainer as one of several ranks that train together, and cleans up after it.

The environment variables are those that torchrun sets, so that trainers written for torchrun work.
torch is never imported here: a process that did not import it has nothing to clean up.
"""

from __future__ import annotations

import gc
import os
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from automl.constants import Fault
from automl.trial.faults import Cause, failure_cause
from automl.trial.status_record import Report
from automl.trial.worker.entrypoint import call_entrypoint
from automl.trial.worker.reuse import TRIAL_PROCESS

LOOPBACK: Final = "127.0.0.1"
HELD_LIMIT_BYTES: Final = 64 * 2**20  # what libraries keep for themselves is less
_COLLATERAL: Final = ("closed by peer", "reset by peer", "Broken pipe", "recvValue failed",
                      "remote process exited", "NCCL", "wait timeout", "waitForInput")  # fmt: skip


@dataclass(frozen=True)
class RankCall:
    """What every rank of one trial needs to know.

    Attributes:
        reference, skill_dir: the entrypoint.
        spec: the trial's complete spec.
        log: the file that takes what ranks print.
        size: how many ranks there are.
        port: a free port, on which rank 0 listens.
    """

    reference: str
    skill_dir: Path
    spec: Mapping[str, Any]
    log: Path
    size: int
    port: int


@dataclass(frozen=True)
class RankEnd:
    """How one rank ended a trial.

    Attributes:
        rank: its number.
        cause: why it failed, None where it finished or was stopped.
        time: when, by the machine's clock that never jumps.
        held_bytes: device memory that it could not free.
        leak_reason: why the process should run no further trial, empty while it may.
        died: whether its process is gone.
    """

    rank: int
    cause: Cause | None = None
    time: float = 0.0
    held_bytes: int = 0
    leak_reason: str = ""
    died: bool = False

    @property
    def is_reusable(self) -> bool:
        """Whether the process can take another trial."""
        return self.cause is None and not self.leak_reason and self.held_bytes <= HELD_LIMIT_BYTES


def run_rank(rank: int, call: RankCall, report: Report) -> RankEnd:
    """Call the entrypoint as ``rank`` and return how it ended; nothing is raised.

    ``report`` gets the records of this rank; what it raises stops the trainer.
    """
    cause = None
    with TRIAL_PROCESS.trial(call.log):  # it restores the environment afterwards
        os.environ.update(rank_environment(rank, call.size, call.port))
        try:
            heading = f"rank {rank} of {call.size} failed:\n"
            call_entrypoint(call.reference, call.skill_dir, call.spec, report, call.log, heading)
        except SystemExit:
            pass  # stopped by report
        except BaseException as error:
            cause = _cause(error)
        ended = time.monotonic()
        held = tidy()
    return RankEnd(rank, cause, ended, held, TRIAL_PROCESS.leak_reason)


def rank_environment(rank: int, size: int, port: int) -> dict[str, str]:
    """Return the variables that torchrun sets for ``rank`` of ``size`` on one machine."""
    numbers = {
        "RANK": rank, "LOCAL_RANK": rank, "ROLE_RANK": rank, "GROUP_RANK": 0,
        "WORLD_SIZE": size, "LOCAL_WORLD_SIZE": size, "ROLE_WORLD_SIZE": size,
        "GROUP_WORLD_SIZE": 1, "MASTER_PORT": port,
        "TORCHELASTIC_RESTART_COUNT": 0, "TORCHELASTIC_MAX_RESTARTS": 0,
    }  # fmt: skip
    variables = {name: str(value) for name, value in numbers.items()}
    variables |= {"MASTER_ADDR": LOOPBACK, "TORCHELASTIC_RUN_ID": f"automl-{port}"}
    names = {name for _, name in socket.if_nameindex()}
    inside = next((name for name in ("lo", "lo0") if name in names), None)
    for variable in ("GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME") if inside else ():
        variables[variable] = os.environ.get(variable, str(inside))
    return variables


def free_port() -> int:
    """Return a port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def tidy() -> int:
    """End the process group and free memory; return the device memory still held, in bytes."""
    distributed = sys.modules.get("torch.distributed")
    if distributed is not None and distributed.is_available() and distributed.is_initialized():
        with suppress(Exception):  # its peers may be gone
            distributed.destroy_process_group()
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is None or not (torch.cuda.is_available() and torch.cuda.is_initialized()):
        return 0
    torch.cuda.empty_cache()
    return sum(torch.cuda.memory_allocated(index) for index in range(torch.cuda.device_count()))


def primary(ends: Sequence[RankEnd]) -> RankEnd | None:
    """Return the rank whose failure made the others fail; None where none failed.

    A rank that died comes first, then one that did not merely lose a peer, then the earliest.
    """
    failed = [end for end in ends if end.cause is not None]
    return min(failed, key=lambda end: (not end.died, _is_echo(end), end.time), default=None)


def _is_echo(end: RankEnd) -> bool:
    assert end.cause is not None
    lost = any(word in end.cause.reason for word in _COLLATERAL)
    return lost or end.cause.fault == Fault.INFRASTRUCTURE


def _cause(error: BaseException) -> Cause:
    """Why a rank failed."""
    if isinstance(error, Exception):
        return failure_cause(error)
    return Cause(f"left with {type(error).__name__}: {error}")
