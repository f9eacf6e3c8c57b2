"""A rank's environment, what it says of its end, and whose failure counts."""

import os
import socket
from pathlib import Path

import pytest

from automl.constants import Fault
from automl.trial.faults import Cause
from automl.trial.worker.rank import (
    RankCall,
    RankEnd,
    free_port,
    primary,
    rank_environment,
    run_rank,
)

TRAINER = """
import os
def run(spec, report=None):
    names = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
    report({"status": "RUNNING", "epoch": 1, "kpi": {"score": 1.0},
            "message": " ".join(os.environ[name] for name in names)})
    print("past the report")
    if spec["crash"]:
        raise ValueError("no good")
"""


@pytest.fixture
def call(tmp_path: Path) -> RankCall:
    (tmp_path / "trainer_of_ranks.py").write_text(TRAINER)
    spec = {"crash": False}
    return RankCall("trainer_of_ranks:run", tmp_path, spec, tmp_path / "log.txt", 2, 12345)


def test_a_rank_knows_its_place_and_leaves_no_trace(call: RankCall) -> None:
    before, told = dict(os.environ), []
    end = run_rank(1, call, told.append)
    assert told[0].message == "1 1 2 2 127.0.0.1 12345"
    assert (end.rank, end.cause, end.held_bytes, end.is_reusable) == (1, None, 0, True)
    assert dict(os.environ) == before


def test_a_stop_is_no_failure(call: RankCall) -> None:
    def stop(record: object) -> None:
        raise SystemExit(0)

    assert run_rank(0, call, stop).is_reusable
    assert "past the report" not in call.log.read_text()


def test_a_failure_is_told_with_its_traceback(call: RankCall) -> None:
    call.spec["crash"] = True  # type: ignore[index]
    end = run_rank(1, call, lambda record: None)
    assert end.cause == Cause("ValueError: no good", Fault.BUG)
    assert not end.is_reusable
    log = call.log.read_text()
    assert "rank 1 of 2 failed:\nTraceback" in log
    assert 'raise ValueError("no good")' in log


def test_memory_that_is_not_given_back_ends_a_pool() -> None:
    assert RankEnd(0, held_bytes=2**20).is_reusable
    assert not RankEnd(0, held_bytes=2**30).is_reusable


def test_the_users_interface_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "eth7")
    told = rank_environment(0, 2, 1)
    assert told["GLOO_SOCKET_IFNAME"] == "eth7"
    assert told["NCCL_SOCKET_IFNAME"] in {name for _, name in socket.if_nameindex()}


def test_a_free_port_can_be_listened_on() -> None:
    with socket.socket() as listener:
        port = free_port()
        listener.bind(("127.0.0.1", port))
        assert listener.getsockname()[1] == port


def _failed(
    rank: int, time: float, reason: str, fault: str = Fault.BUG, died: bool = False
) -> RankEnd:
    return RankEnd(rank, Cause(reason, fault), time, died=died)


def test_the_first_cause_counts_not_its_echo() -> None:
    echo = _failed(0, 1.0, "RuntimeError: Connection closed by peer [127.0.0.1]:3")
    own = _failed(1, 2.0, "ValueError: no good")
    dead = _failed(2, 3.0, "worker process has died", Fault.INFRASTRUCTURE, died=True)
    assert primary([echo, own]) is own
    assert primary([echo, own, dead]) is dead
    assert primary([_failed(0, 2.0, "b"), _failed(1, 1.0, "a")]).rank == 1  # type: ignore[union-attr]
    assert primary([RankEnd(0), RankEnd(1)]) is None
