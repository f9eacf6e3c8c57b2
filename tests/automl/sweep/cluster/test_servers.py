"""What a Ray leaves that failed to start, or whose driver died, is ended, and nothing else."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from processes import is_alive, wait_until

from automl.sweep.cluster.servers import end_in, marked, servers_in

WRITES = "import sys, time; print('up', flush=True); time.sleep(600)"


def _child(*words: str) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", WRITES, *words], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "up\n"
    return child


def test_only_processes_that_work_in_the_folder_end(tmp_path: Path) -> None:
    folder = tmp_path / "ray-1"
    (folder / "logs").mkdir(parents=True)
    server, reader = _child(f"--log-dir={folder}/logs"), _child(f"{folder}/logs/raylet.out")
    other = _child(f"--log-dir={folder}0/logs")
    assert list(servers_in(folder)) == [server.pid]
    end_in(folder)
    assert server.wait() == -9
    assert not folder.exists()
    server.communicate()
    for child in (reader, other):
        assert child.poll() is None
        child.kill()
        child.communicate()
    end_in(folder)  # there is none any more


def _titled(title: str, folder: Path) -> subprocess.Popen[bytes]:
    command = [title, "-c", "read line"]
    with marked(folder):
        return subprocess.Popen(command, executable="/bin/sh", stdin=subprocess.PIPE)


def test_a_process_that_has_a_title_is_known_by_what_it_inherited(tmp_path: Path) -> None:
    """As Ray's agents and workers; a trainer that a worker started is not Ray's."""
    folder = tmp_path / "ray-1"
    agent, trainer = _titled("ray::DashboardAgent", folder), _titled("trainer", folder)
    other = _titled("ray::IDLE", tmp_path / "ray-2")
    end_in(folder)
    assert agent.wait() == -9
    assert agent.stdin is not None
    agent.stdin.close()
    for child in (trainer, other):
        assert child.poll() is None
        child.communicate()


DRIVER = """
import subprocess, sys, time
from pathlib import Path
from automl.sweep.cluster.servers import ended_with_driver

writes, folder = sys.argv[1:]
with ended_with_driver(Path(folder)):
    agent = [sys.executable, "-c", writes, f"--temp-dir={folder}/s"]
    agent = subprocess.Popen(agent, stdout=subprocess.PIPE, text=True, start_new_session=True)
    agent.stdout.readline()
    print(agent.pid, flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGQUIT])
def test_nothing_outlives_a_driver_that_dies(tmp_path: Path, number: signal.Signals) -> None:
    folder = tmp_path / "ray-1"
    folder.mkdir()
    driver = subprocess.Popen(
        [sys.executable, "-c", DRIVER, WRITES, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert driver.stdout is not None
    agent = int(driver.stdout.readline())
    assert is_alive(agent)
    driver.send_signal(number)
    assert driver.wait() == -number
    driver.communicate()
    wait_until(lambda: not is_alive(agent) and not folder.exists())
