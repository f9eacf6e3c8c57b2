"""A cluster of three nodes on one machine: the two that run trials are lost, one comes."""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from drivers import events, start
from processes import PATIENCE_S, wait_until
from project_paths import SKILLS, SUPPORT

import automl

pytestmark = pytest.mark.slow
TRIALS = 6
EPOCHS = 16
HOST = SUPPORT / "cluster_host.py"
ENVIRONMENT = {
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": "a-token-of-the-test",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "1",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_failure_threshold": "4",
    "RAY_health_check_initial_delay_ms": "0",
}


class Host:
    """The process that runs the cluster."""

    def __init__(self, folder: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(HOST)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            stderr=subprocess.DEVNULL, env={**os.environ, **ENVIRONMENT, "RAY_TMPDIR": folder},
        )  # fmt: skip
        self.address = self._line()

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the cluster's process ended"
        return line.strip()

    def tell(self, command: str) -> int:
        """Give a command; return how many nodes there are then."""
        assert self._process.stdin is not None
        print(command, file=self._process.stdin, flush=True)
        return int(self._line())

    def end(self) -> None:
        """Shut the cluster down."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=PATIENCE_S)


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with tempfile.TemporaryDirectory(dir="/tmp", ignore_cleanup_errors=True) as folder:
        made = Host(folder)
        try:
            yield made
        finally:
            made.end()


@pytest.fixture
def arguments(host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("RAY_AUTH_TOKEN", ENVIRONMENT["RAY_AUTH_TOKEN"])
    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)
    (tmp_path / "crops").mkdir()
    return [
        "--skill-dir", str(SKILLS / "bowl"), "--set", f"dataset.folder={tmp_path / 'crops'}",
        "--output", str(tmp_path / "run"), "--trials", str(TRIALS), "--address", host.address,
        "--algorithm", "random",
    ]  # fmt: skip


def test_a_demand_that_only_all_nodes_together_meet(arguments: list[str], tmp_path: Path) -> None:
    driver = start(*arguments, "--cpus-per-trial", "2")
    _, complaint = driver.communicate(timeout=PATIENCE_S)
    assert driver.returncode == 2
    assert "one trial needs 2 CPUs, the largest node, " in complaint
    assert not (tmp_path / "run").exists()


def _running(output: Path) -> set[int]:
    """The trials that reported an epoch and have not ended since."""
    running = set()
    ledger = output / "ledger.jsonl"
    for line in ledger.read_text().split("\n")[:-1] if ledger.exists() else ():
        event = json.loads(line)
        if event["event"] == "epoch":
            running.add(event["number"])
        elif event["event"] == "end":
            running.discard(event["number"])
    return running


def test_nodes_are_lost_and_another_comes(host: Host, arguments: list[str], tmp_path: Path) -> None:
    """Both nodes that run trials go at once: what they ran and what is left runs on the new one."""
    output = tmp_path / "run"
    slow = ("--set", "fault=sleep", "--set", f"num_epochs={EPOCHS}")
    driver = start(*arguments, *slow, "--keep-checkpoints", "all")
    wait_until(lambda: events(output, "end") and _running(output), driver)
    finished, running = {event["number"] for event in events(output, "end")}, _running(output)
    host.tell("lose")
    host.tell("lose")
    host.tell("add")
    _, complaint = driver.communicate(timeout=PATIENCE_S)
    assert driver.returncode == 0, complaint
    table = automl.load_trials(output).set_index("number")
    assert list(table.index) == list(range(TRIALS))
    assert set(table["state"]) == {"finished"}
    ends = Counter((event["number"], event["state"]) for event in events(output, "end"))
    assert all(ends[number, "finished"] == 1 for number in range(TRIALS))
    lost = [event for event in events(output, "end") if event["state"] == "retried"]
    assert lost
    noticed = min(event["time"] for event in lost)
    in_time = {end["number"] for end in events(output, "end") if end["time"] < noticed}
    assert running - in_time <= {event["number"] for event in lost}
    assert {event["fault"] for event in lost} == {"infrastructure"}
    assert not finished & {event["number"] for event in lost}
    for number in finished:
        assert len(list((output / "trials" / f"{number:04d}").rglob("*.pth"))) == EPOCHS
