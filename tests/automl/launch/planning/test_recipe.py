"""``--recipe NAME``: a spec that the skill packages, or one error."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from automl.errors import InputError
from automl.launch.plan import make_plan
from automl.launch.request import RunRequest

RECIPE = {"train": {"momentum": 0.5, "kind": "flat"}, "automl_policy": "off"}


@pytest.fixture
def skill(bowl: Path) -> Path:
    folder = bowl / "references" / "recipes"
    folder.mkdir()
    (folder / "steady.yaml").write_text(yaml.safe_dump(RECIPE))
    return bowl


@pytest.fixture
def asked(skill: Path, tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "crops").mkdir()
    data = {"dataset.folder": str(tmp_path / "crops")}
    return {"skill_dir": skill, "output": tmp_path / "run", "overrides": data}


def test_the_spec_is_the_recipes_where_nothing_else_is_set(asked: dict[str, Any]) -> None:
    asked["overrides"] |= {"momentum": 0.7}
    plan = make_plan(RunRequest(**asked, recipe="steady"))
    assert (plan.spec["train"]["momentum"], plan.spec["train"]["kind"]) == (0.7, "flat")
    assert plan.space is None, "its policy counts as that of a spec file"


def test_what_no_recipe_is_called_is_one_error(asked: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="no such recipe, did you mean steady?") as error:
        make_plan(RunRequest(**asked, recipe="stedy"))
    assert "its recipes: steady" in str(error.value)
    for name in ("../spec_template_train", "steady.yaml", ""):
        with pytest.raises(InputError, match="its recipes: steady"):
            make_plan(RunRequest(**asked, recipe=name))


def test_a_skill_without_recipes_says_so(asked: dict[str, Any], skill: Path) -> None:
    (skill / "references" / "recipes" / "steady.yaml").unlink()
    with pytest.raises(InputError, match="it has no references/recipes/"):
        make_plan(RunRequest(**asked, recipe="steady"))


def test_a_recipe_and_a_spec_file_contradict_each_other(
    asked: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "own.yaml").write_text("{}")
    with pytest.raises(InputError, match="--recipe and --spec both give the spec"):
        make_plan(RunRequest(**asked, recipe="steady", spec_file=tmp_path / "own.yaml"))


def test_the_reid_skill_packages_its_recipes(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="its recipes: agw, bot, clip-reid-stage2, fast, sbs"):
        make_plan(RunRequest(recipe="none-such", output=tmp_path / "run"))
