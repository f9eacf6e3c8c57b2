"""Running `automl init` again takes over what is new in the source and keeps what was edited."""

import sys
from pathlib import Path

import pytest
import yaml
from skills.init_sources import ARGPARSE

from automl.errors import InputError
from automl.init_skill.init import InitResult, init_skill
from automl.init_skill.request import InitRequest

SKILL = Path("skill")
OVERLAY = SKILL / "automl.yaml"
TEMPLATE = SKILL / "references" / "spec_template_train.yaml"


@pytest.fixture(autouse=True)
def first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("train.py").write_text(ARGPARSE)
    init_skill(InitRequest("train.py", SKILL, python=sys.executable, metric="val_acc"))


def again() -> InitResult:
    return init_skill(InitRequest(None, SKILL, python=sys.executable))


def edit(path: Path, old: str, new: str) -> None:
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))


def state() -> dict[str, str]:
    return {str(file): file.read_text() for file in SKILL.rglob("*") if file.is_file()}


def test_the_same_source_changes_nothing() -> None:
    before = state()
    assert again().kept == ()
    assert state() == before


def test_edits_and_comments_stay_and_new_parameters_come() -> None:
    edit(OVERLAY, "search: [0.001, 0.1]", "search: [0.005, 0.05]  # narrower: diverges above")
    edit(TEMPLATE, "momentum: 0.9", "momentum: 0.8")
    text = ARGPARSE.replace(
        '"--momentum", type=float, default=0.9', '"--drop", type=float, default=0.1'
    )
    Path("train.py").write_text(text.replace("default=32", "default=64"))
    made = again()
    assert set(made.kept) == {"automl.yaml", "references/spec_template_train.yaml"}
    assert made.searched["lr"]["search"] == [0.005, 0.05]
    assert "# narrower: diverges above" in OVERLAY.read_text()
    assert made.searched["drop"]["search"] == [0.0, 0.5]
    template = yaml.safe_load(TEMPLATE.read_text())
    assert (template["drop"], template["batch_size"], template["momentum"]) == (0.1, 64, 0.8)
    assert "momentum" not in made.searched


def test_what_the_user_took_out_stays_out_and_what_he_added_stays_in() -> None:
    content = yaml.safe_load(OVERLAY.read_text())
    del content["parameters"]["lr"]
    content["parameters"]["workers"] = {"include": True, "reason": "mine"}
    OVERLAY.write_text(yaml.safe_dump(content))
    (SKILL / "SKILL.md").write_text("about it")
    made = again()
    assert "lr" not in made.searched
    assert "workers" in made.searched
    assert (SKILL / "SKILL.md").read_text() == "about it"


def test_a_file_that_the_user_broke_is_named_and_nothing_changes() -> None:
    OVERLAY.write_text("parameters: [")
    before = state()
    with pytest.raises(InputError, match=r"automl\.yaml cannot be read.*nothing was changed"):
        again()
    edited = OVERLAY.write_text("parameters: {lr: {include: true, search: high, reason: x}}")
    assert edited
    assert {**state(), str(OVERLAY): before[str(OVERLAY)]} == before


def test_an_edit_that_makes_the_skill_invalid_is_refused() -> None:
    edit(SKILL / "references" / "skill_info.yaml", "maximize", "upwards")
    before = state()
    with pytest.raises(InputError, match="must be maximize or minimize"):
        again()
    assert state() == before
    assert [path.name for path in Path.cwd().iterdir() if path.name.startswith(".")] == []


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="was not made by automl init"):
        init_skill(InitRequest("train.py", other, python=sys.executable, metric="acc"))
    assert [path.name for path in other.iterdir()] == ["mine.txt"]
    (SKILL / ".automl-init.json").write_text("{")
    with pytest.raises(InputError, match="is damaged"):
        again()
