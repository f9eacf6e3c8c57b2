"""What every node is asked first: its versions, by a function that needs nothing of ours there."""

import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from ray import cloudpickle

from automl.sweep.cluster.node_checks import version_reader

THERE = """
import sys
sys.modules["automl"] = None  # not installed there
from ray import cloudpickle
print(cloudpickle.load(open(sys.argv[1], "rb"))(["ray"])["ray"])
"""


def test_the_versions_of_this_machine() -> None:
    assert version_reader()(["ray", "torch", "no-such-package"]) == {
        "python": ".".join(platform.python_version_tuple()[:2]),
        "ray": version("ray"),
        "torch": version("torch").partition("+")[0],
        "no-such-package": "missing",
    }


def test_it_runs_on_a_machine_without_this_package(tmp_path: Path) -> None:
    (tmp_path / "reader").write_bytes(cloudpickle.dumps(version_reader()))
    command = [sys.executable, "-c", THERE, str(tmp_path / "reader")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == version("ray")
