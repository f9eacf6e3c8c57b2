"""A sweep started from outside its cluster: its lines, its exit code, Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from drivers import SKILLS, events, start, wait_until

pytest.importorskip("grpc", reason="Ray's client needs grpcio")
pytestmark = pytest.mark.slow
HOST = Path(__file__).with_name("client_host.py")
ENVIRONMENT = {
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": "a-token-of-the-test",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "1",
}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with tempfile.TemporaryDirectory(dir="/tmp", ignore_cleanup_errors=True) as folder:
        host = subprocess.Popen(
            [sys.executable, str(HOST)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            stderr=subprocess.DEVNULL, env={**os.environ, **ENVIRONMENT, "RAY_TMPDIR": folder},
        )  # fmt: skip
        assert host.stdout is not None
        yield host.stdout.readline().strip()
        host.communicate(timeout=60)


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


def test_a_sweep_and_its_lines(arguments: list[str]) -> None:
    driver = start(*arguments)
    printed, told = driver.communicate(timeout=240)
    assert driver.returncode == 0, told
    assert json.loads(printed)["status"] == "done"
    assert "[3/3] trial 0002 finished" in told


def test_ctrl_c_ends_the_sweep_there(arguments: list[str], tmp_path: Path) -> None:
    driver = start(*arguments, "--set", "fault=sleep", "--set", "num_epochs=900")
    wait_until(lambda: events(tmp_path / "run", "epoch"), driver, 240)
    driver.send_signal(signal.SIGINT)
    printed, told = driver.communicate(timeout=120)
    assert driver.returncode == 130, told
    assert json.loads(printed)["status"] == "interrupted"
