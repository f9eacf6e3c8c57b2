"""What a Ray that failed to start leaves behind is ended, and nothing else."""

import subprocess
import sys
from pathlib import Path

from automl.sweep.cluster.servers import end_in

WRITES = "import sys, time; print('up', flush=True); time.sleep(600)"


def _child(*words: str) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", WRITES, *words], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "up\n"
    return child


def test_only_the_children_that_work_in_the_folder_end(tmp_path: Path) -> None:
    folder = tmp_path / "ray-1"
    (folder / "logs").mkdir(parents=True)
    server, other = _child(f"--log-dir={folder}/logs"), _child(str(tmp_path))
    end_in(folder)
    assert server.wait() == -9
    assert other.poll() is None
    assert not folder.exists()
    other.kill()
    other.communicate()
    server.communicate()
    end_in(folder)  # there is none any more
