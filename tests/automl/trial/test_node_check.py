"""What keeps a machine from running a run's trials."""

from dataclasses import replace
from pathlib import Path

import pytest

from automl.skill import load_skill
from automl.trial.data.staging import Staged
from automl.trial.node_check import PROBE_FILE, NodeQuestion, check_node, version_faults


@pytest.fixture
def question(bowl: Path, tmp_path: Path) -> NodeQuestion:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / PROBE_FILE.format(name="driver")).write_text("token")
    return NodeQuestion(tmp_path / "run", "token", bowl, load_skill(bowl).digest())


def test_a_machine_that_can(question: NodeQuestion) -> None:
    assert check_node(question, "n1") == []
    assert question.run_dir is not None
    assert (question.run_dir / PROBE_FILE.format(name="n1")).read_text() == "token"


def test_a_folder_that_is_another_ones(question: NodeQuestion, tmp_path: Path) -> None:
    (fault,) = check_node(replace(question, token="other"), "n1")
    assert "sees another folder" in fault
    (fault,) = check_node(replace(question, run_dir=tmp_path / "none"), "n1")
    assert "does not see" in fault
    assert "--storage" in fault
    assert check_node(replace(question, run_dir=None), "n1") == []


def test_a_skill_that_is_another_or_not_there(question: NodeQuestion, bowl: Path) -> None:
    (fault,) = check_node(replace(question, skill_dir=bowl / "none"), "n1")
    assert "has no skill" in fault
    (bowl / "references" / "skill_info.yaml").open("a").write("# changed\n")
    (fault,) = check_node(question, "n1")
    assert "another version of the skill" in fault


def test_data_are_staged_or_told_missing(question: NodeQuestion, data: Path) -> None:
    archive = data / "crops.tar.gz"
    there = Staged(str(archive), "/nowhere/crops", "extracted_folder")
    assert check_node(replace(question, sources={"d": there}), "n1") == []
    assert (Path(there.here()) / "a.jpg").read_bytes() == b"1"
    (fault,) = check_node(replace(question, sources={"d": Staged("/none", "/nowhere/crops")}), "n1")
    assert fault.startswith("d: /none does not exist on this machine")


def test_versions_that_differ() -> None:
    own = {"python": "3.11", "ray": "2.60.0", "torch": "2.12.1"}
    assert version_faults(own, own) == []
    assert version_faults({"python": "3.12", "torch": "2.12.1"}, own) == [
        "python is 3.12, the driver has 3.11",
        "ray is missing, the driver has 2.60.0",
    ]
