"""Workers load a trainer ahead, and what is wrong with it stays the trial's to say."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from automl.sweep.cluster.preload import Preload, preloading

TOLD = ["AUTOML_PRELOAD", "RAY_preload_python_modules"]
SHOW = """
import os, sys
import automl.sweep.cluster.preload
print("trainer" in sys.modules, os.environ.get("OMP_NUM_THREADS"), "AUTOML_PRELOAD" in os.environ)
"""


def _worker(what: Preload, **more: str) -> list[str]:
    """What a worker shows that is started while ``what`` is told."""
    with preloading(what):
        environment = {**os.environ, **more}
    if not more:
        environment.pop("OMP_NUM_THREADS", None)
    done = subprocess.run(
        [sys.executable, "-c", SHOW], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def test_it_is_told_only_while_ray_starts(tmp_path: Path) -> None:
    with preloading(Preload("trainer:run", str(tmp_path), 2)):
        assert all(name in os.environ for name in TOLD)
    assert not any(name in os.environ for name in TOLD)
    with preloading(None):
        assert not any(name in os.environ for name in TOLD)


def test_the_users_own_modules_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOLD[1], "theirs")
    with preloading(Preload("trainer:run", str(tmp_path), 2)):
        assert os.environ[TOLD[1]] == "theirs,automl.sweep.cluster.preload"
    assert os.environ[TOLD[1]] == "theirs"


def test_the_trainer_is_there_with_the_threads_of_a_trial(tmp_path: Path) -> None:
    (tmp_path / "trainer.py").write_text("def run(spec, report): ...\n")
    what = Preload("trainer:run", str(tmp_path), 3)
    assert _worker(what) == ["True", "3", "False"]
    assert _worker(what, OMP_NUM_THREADS="7") == ["True", "7", "False"]


@pytest.mark.parametrize("text", ["raise ValueError('broken')", "import sys; sys.exit(3)", "x = 1"])
def test_a_trainer_that_cannot_be_loaded_does_not_end_the_worker(tmp_path: Path, text: str) -> None:
    (tmp_path / "trainer.py").write_text(text + "\n")
    assert _worker(Preload("trainer:run", str(tmp_path), 1))[1:] == ["1", "False"]
