"""The driver on a cluster's head, without a cluster; what a client that is turned away is told."""

import os
import platform
import signal
import tempfile
from pathlib import Path

import pytest
import ray
from ray._private.utils import check_version_info

from automl.cli.main import run_command_line
from automl.errors import InputError
from automl.sweep.cluster import remote_driver
from automl.sweep.cluster.remote_driver import HeadDriver, drop_old_folders, exit_code, refusal
from automl.trial.child.process import LOCK_FILE, Child


@pytest.fixture(autouse=True)
def parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where drivers keep their folders."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def _to_its_end(driver: HeadDriver) -> tuple[str, str, int]:
    out, err = b"", b""
    while True:
        printed = driver.read()
        out, err = out + printed.out, err + printed.err
        if printed.code is not None:
            return out.decode(), err.decode(), printed.code


def test_a_command_line_its_lines_and_its_code(parent: Path) -> None:
    driver = HeadDriver("127.0.0.1:1")
    (path,) = driver.receive([("/home/me/sweep.yaml", b"trials: 0")])
    assert driver.missing([str(parent), "/none"]) == ["/none"]
    place = driver.start(["run", "--config", path])
    assert Path(place.folder).stat().st_mode & 0o777 == 0o700
    out, err, code = _to_its_end(driver)
    assert (out, code) == ("", 2)
    assert "trials must be positive, is 0" in err
    driver.signal(signal.SIGINT)  # harmless by now
    driver.close()
    assert not list(parent.iterdir())


def test_folders_of_lost_clients_go_after_a_day(parent: Path) -> None:
    for name in ("automl-driver-old", "automl-driver-held", "automl-driver-young", "other"):
        (parent / name).mkdir()
        if name == "automl-driver-young":  # what it printed is younger than its folder
            (parent / name / "stderr").touch()
        os.utime(parent / name, (0, 0))
    (parent / "automl-driver-link").symlink_to(parent / "other")
    held = parent / "automl-driver-held"
    with (parent / "log").open("wb") as log:
        child = Child(["sleep", "60"], held, log, parent)
        while not (held / LOCK_FILE).exists():
            child.poll(0.1)
        for path in (*held.iterdir(), held):
            os.utime(path, (0, 0))
        drop_old_folders(parent, remote_driver.KEPT_S + 60)
        child.stop()
    left = {path.name for path in parent.iterdir()}
    assert left == {"automl-driver-held", "automl-driver-link", "other", "log"} | {
        "automl-driver-young"
    }
    for path in (*held.iterdir(), held):
        os.utime(path, (0, 0))
    drop_old_folders(parent, remote_driver.KEPT_S + 60)
    assert not held.exists()


@pytest.mark.parametrize(
    ("code", "ours"),
    [(0, 0), (1, 1), (2, 2), (130, 130), (-signal.SIGTERM, 130), (-signal.SIGKILL, 1)],
)
def test_exit_codes(code: int, ours: int) -> None:
    assert exit_code(code) == ours


@pytest.mark.parametrize("facts", [{"ray_version": "1.0.0"}, {"python_version": "3.6.1"}])
def test_other_versions_than_the_clusters(facts: dict[str, str]) -> None:
    same = {"ray_version": ray.__version__, "python_version": platform.python_version()}
    with pytest.raises(RuntimeError) as caught:
        check_version_info(
            same | facts, "client", raise_on_mismatch=True, python_version_match_level="minor"
        )
    told = refusal("ray://head", caught.value)
    assert next(iter(facts.values())) in told
    assert "Install here the Python (minor version) and the Ray of the cluster" in told
    assert "token" in refusal("ray://head", InputError("no"))


TRACEBACK = """Initialization failure from server:
Traceback (most recent call last):
  File "proxier.py", line 780, in Datapath
RuntimeError: Proxy failed to Connect to backend!
"""


@pytest.mark.parametrize("failures", [1, 9])
def test_a_busy_head_is_asked_again(monkeypatch: pytest.MonkeyPatch, failures: int) -> None:
    asked: list[str] = []

    def init(address: str, **_: object) -> None:
        asked.append(address)
        if len(asked) <= failures:
            raise ConnectionAbortedError(TRACEBACK)

    monkeypatch.setattr(ray, "init", init)
    if failures == 1:
        remote_driver._connect("ray://head")
        assert len(asked) == 2
        return
    with pytest.raises(InputError, match="did not start a server .*: RuntimeError: Proxy failed"):
        remote_driver._connect("ray://head")
    assert len(asked) == remote_driver._TRIES


def test_without_grpcio(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(remote_driver, "find_spec", lambda name: None)
    assert run_command_line(["run", "--address", "ray://127.0.0.1:1", "--yes"]) == 2
    assert 'Ray\'s client needs grpcio: pip install "ray[client]"' in capsys.readouterr().err
