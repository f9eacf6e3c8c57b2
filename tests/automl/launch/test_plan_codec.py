"""Every version's plan.yaml is read and written as it was: old runs are resumed by it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from automl.errors import InputError
from automl.launch.plan_codec import plan_from_dict, save_plan
from automl.skill import Skill, load_skill

GOLDEN = sorted((Path(__file__).parent / "golden").glob("plan-*.yaml"))


def test_there_is_a_file_of_a_version() -> None:
    assert GOLDEN


@pytest.fixture
def skill(bowl: Path) -> Skill:
    return load_skill(bowl)


def _content(path: Path, skill: Skill) -> dict[str, Any]:
    """The plan as it is where the skill lies elsewhere and the libraries are those of now."""
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["skill"] |= {"directory": str(skill.directory), "digest": skill.digest()}
    return content


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_plan_is_written_as_it_was_read(path: Path, skill: Skill, tmp_path: Path) -> None:
    content = _content(path, skill)
    save_plan(plan_from_dict(content, skill, tmp_path), content["resources"])
    written = yaml.safe_load((tmp_path / "plan.yaml").read_text(encoding="utf-8"))
    assert list(written) == list(content)
    assert written == {**content, "versions": written["versions"]}


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_plan_that_lacks_a_key_is_damaged(path: Path, skill: Skill, tmp_path: Path) -> None:
    content = _content(path, skill)
    del content["course"]
    with pytest.raises(InputError, match="damaged or of another version: 'course'"):
        plan_from_dict(content, skill, tmp_path)


def test_a_plan_from_before_data_roots_is_read(skill: Skill, tmp_path: Path) -> None:
    content = _content(GOLDEN[0], skill)
    del content["data_roots"], content["sources"]["dataset.folder"]["source"]
    del content["warnings"]
    plan = plan_from_dict(content, skill, tmp_path)
    assert plan.roots.lines() == []
    assert plan.sources["dataset.folder"].location == "/data/root/crops.tar.gz"
