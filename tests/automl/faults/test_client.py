"""A sweep started from outside its cluster: its lines, its exit codes, its signals, going on."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from drivers import events, resume_command, start, status
from processes import PATIENCE_S, wait_until
from project_paths import SKILLS, SUPPORT

import automl

pytest.importorskip("grpc", reason="Ray's client needs grpcio")
pytestmark = pytest.mark.slow
HOST = SUPPORT / "client_host.py"
ENVIRONMENT = {
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": "a-token-of-the-test",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "1",
}


@pytest.fixture(scope="module")
def temporary() -> Iterator[Path]:
    """Where the head keeps Ray's files and the drivers' folders; a short path, as sockets need."""
    with tempfile.TemporaryDirectory(dir="/tmp", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def address(temporary: Path) -> Iterator[str]:
    places = {"RAY_TMPDIR": str(temporary), "TMPDIR": str(temporary)}
    host = subprocess.Popen(
        [sys.executable, str(HOST)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        stderr=subprocess.DEVNULL, env={**os.environ, **ENVIRONMENT, **places},
    )  # fmt: skip
    assert host.stdout is not None
    yield host.stdout.readline().strip()
    host.communicate(timeout=PATIENCE_S)


@pytest.fixture
def arguments(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("RAY_AUTH_TOKEN", ENVIRONMENT["RAY_AUTH_TOKEN"])
    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)
    (tmp_path / "crops").mkdir()
    (tmp_path / "sweep.yaml").write_text("trials: 3")
    return [
        "--skill-dir", str(SKILLS / "bowl"), "--set", f"dataset.folder={tmp_path / 'crops'}",
        "--config", str(tmp_path / "sweep.yaml"), "--output", str(tmp_path / "run"),
        "--address", address,
    ]  # fmt: skip


def test_a_hopeless_sweep_ends_with_its_exit_code(arguments: list[str], tmp_path: Path) -> None:
    driver = start(*arguments, "--set", "fault=crash", "--algorithm", "random")
    printed, told = driver.communicate(timeout=PATIENCE_S)
    assert driver.returncode == 1, told
    assert json.loads(printed)["status"] == "failed"
    assert "the first 3 trials all failed: RuntimeError: the bowl broke" in told
    assert status(tmp_path / "run")[0]["state"] == "failed"


def test_an_input_error_there_leaves_nothing(arguments: list[str], temporary: Path) -> None:
    driver = start(*arguments, "--skill-dir", "/no/such/skill")
    _, told = driver.communicate(timeout=PATIENCE_S)
    assert driver.returncode == 2, told
    assert "/no/such/skill: no such folder on the cluster's head node" in told
    assert not list(temporary.glob("automl-driver-*"))


def test_ctrl_c_ends_the_sweep_there_and_it_goes_on(
    arguments: list[str], address: str, tmp_path: Path
) -> None:
    """What Ray's actors block. The other signals: tests/automl/cli/test_remote.py."""
    run = tmp_path / "run"
    few = ["--trials", "6", "--max-concurrent", "1", "--algorithm", "random"]
    driver = start(*arguments, "--set", "fault=sleep", *few)
    wait_until(lambda: events(run, "end"), driver)
    driver.send_signal(signal.SIGINT)
    printed, told = driver.communicate(timeout=PATIENCE_S)
    assert driver.returncode == 130, told
    assert json.loads(printed)["status"] == "interrupted"
    assert status(run)[0]["resume"] == resume_command(run)
    driver = start("--resume", str(run), "--address", address)
    printed, told = driver.communicate(timeout=PATIENCE_S)
    assert driver.returncode == 0, told
    assert json.loads(printed)["status"] == "done"
    assert "[6/6] trial 0005 finished" in told
    assert len(automl.load_trials(run)) == 6
