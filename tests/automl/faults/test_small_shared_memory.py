"""A sweep in a container with 16 MB of shared memory: Ray keeps its objects on the disk."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from processes import PATIENCE_S
from project_paths import SKILLS

import automl

pytestmark = pytest.mark.slow
SMALL = 'mount -t tmpfs -o size=16m tmpfs /dev/shm && exec "$@"'


@pytest.fixture
def inside() -> list[str]:
    """The words before a command that sees a /dev/shm of 16 MB; skipped where none can be."""
    words = ["unshare", "--mount", "sh", "-c", SMALL, "sh"]
    try:
        subprocess.run([*words, "true"], check=True, capture_output=True)
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"no small /dev/shm can be mounted here: {error}")
    return words


def test_the_sweep_runs(inside: list[str], tmp_path: Path) -> None:
    (tmp_path / "crops").mkdir()
    command = [
        *inside, sys.executable, "-m", "automl", "run", "--yes", "--json", "--trials", "3",
        "--skill-dir", str(SKILLS / "bowl"), "--set", f"dataset.folder={tmp_path / 'crops'}",
        "--output", str(tmp_path / "run"), "--algorithm", "random",
        "--max-concurrent", "1",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "done"
    assert list(automl.load_trials(tmp_path / "run")["state"]) == ["finished"] * 3
