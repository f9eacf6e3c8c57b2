"""What every node is asked first: its versions, by a function that needs nothing of ours there."""

import logging
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import ray
from ray import cloudpickle

from automl.errors import InputError
from automl.sweep.cluster import node_checks
from automl.sweep.cluster.node_checks import check_nodes, version_reader
from automl.trial.node_check import PACKAGES, NodeQuestion

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


ONE, TWO, THREE = (digit * 56 for digit in "123")  # ids of nodes as Ray writes them


class Fleet:
    """Three nodes of a made-up Ray: ``dead`` ones do not answer, ``gone`` ones Ray knows of."""

    def __init__(self, dead: set[str], gone: set[str]) -> None:
        self.dead, self.gone, self.asked = dead, gone, list[str]()

    def ask(self, options: dict[str, object], *question: object) -> str:
        node = str(question[-1])
        self.asked.append(node)
        return node

    def get(self, node: str) -> object:
        if node in self.dead:
            raise ray.exceptions.TaskUnschedulableError("the node does not exist any more")
        return version_reader()(PACKAGES) if self.asked.count(node) == 1 else []

    def nodes(self) -> list[dict[str, object]]:
        names = {ONE, TWO, THREE} - (self.gone if self.asked else set())
        return [
            {"NodeID": n, "Alive": True, "NodeManagerHostname": n, "NodeManagerAddress": "10.0.0.1"}
            for n in sorted(names)
        ]

    def install(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(node_checks, "_ask_versions", self.ask)
        patch.setattr(node_checks, "_ask_check", self.ask)
        patch.setattr(ray, "nodes", self.nodes)
        patch.setattr(ray, "wait", lambda refs, num_returns, timeout: (refs, []))
        patch.setattr(ray, "get", self.get)


QUESTION = NodeQuestion(run_dir=None, token="", skill_dir=Path("skill"), digest="")


def test_a_node_that_vanishes_while_it_is_asked_is_left_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Spot machines do: the run goes on with the others, which alone are asked further."""
    fleet = Fleet(dead={TWO}, gone={TWO})
    fleet.install(monkeypatch)
    with caplog.at_level(logging.WARNING):
        check_nodes(QUESTION)
    assert sorted(fleet.asked) == [ONE, ONE, TWO, THREE, THREE]
    assert f"node {TWO} (10.0.0.1) was lost before its first trial" in caplog.text


def test_a_living_node_that_cannot_answer_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    Fleet(dead={TWO}, gone=set()).install(monkeypatch)
    with pytest.raises(InputError) as found:
        check_nodes(QUESTION)
    assert f"node {TWO} (10.0.0.1): cannot answer: " in str(found.value)
