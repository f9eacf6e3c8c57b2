"""When a skill can be swept: AutoML is enabled, and schema and template exist and parse."""

import shutil
from pathlib import Path

import pytest
from project_paths import SKILLS

from automl.errors import SkillError
from automl.skill import Skill, load_skill

SCHEMA = "schemas/train.schema.json"
TEMPLATE = "references/spec_template_train.yaml"


@pytest.fixture
def sink(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SKILLS / "kitchen_sink", tmp_path / "sink"))


def fresh(directory: Path) -> Skill:
    return load_skill(directory)


def test_complete_skill_is_runnable(sink: Path) -> None:
    found = fresh(sink).runnability("train")
    assert found.ok
    assert found.missing == ()


@pytest.mark.parametrize("file", [SCHEMA, TEMPLATE])
def test_a_missing_file_is_named(sink: Path, file: str) -> None:
    (sink / file).unlink()
    found = fresh(sink).runnability("train")
    assert not found.ok
    assert found.missing == (file,)
    assert "enabled but not runnable for this model until schemas are generated" in found.reason
    assert f"{file} is missing" in found.reason


@pytest.mark.parametrize(
    ("file", "text"),
    [(SCHEMA, "{"), (SCHEMA, "[]"), (SCHEMA, '{"a": 1}'), (TEMPLATE, "a: ["), (TEMPLATE, "[1]")],
)
def test_a_broken_file_counts_as_missing(sink: Path, file: str, text: str) -> None:
    (sink / file).write_text(text)
    found = fresh(sink).runnability("train")
    assert not found.ok
    assert found.missing == (file,)
    assert file in found.reason


def test_a_skill_that_does_not_enable_automl_says_so(sink: Path) -> None:
    info = sink / "references/skill_info.yaml"
    info.write_text(info.read_text().replace("automl_enabled: true", "automl_enabled: false"))
    found = fresh(sink).runnability("train")
    assert not found.ok
    assert "not enabled" in found.reason


def test_digest_follows_the_bytes_of_info_schemas_and_templates(sink: Path) -> None:
    first = fresh(sink).digest()
    assert fresh(sink).digest() == first
    (sink / "SKILL.md").write_text("prose does not count")
    assert fresh(sink).digest() == first
    (sink / TEMPLATE).write_text((sink / TEMPLATE).read_text() + "\n# changed\n")
    assert fresh(sink).digest() != first


def test_deep_json_is_one_error(sink: Path) -> None:
    (sink / SCHEMA).write_text('{"properties":' * 20000 + "1" + "}" * 20000)
    with pytest.raises(SkillError, match="nested too deeply"):
        fresh(sink).schema("train")


def test_templates_are_fresh_copies(sink: Path) -> None:
    skill = fresh(sink)
    skill.template("train")["train"]["num_epochs"] = 99
    skill.schema("train").defaults()["train"]["num_epochs"] = 99
    assert skill.template("train")["train"]["num_epochs"] == 30
    assert skill.schema("train").defaults()["train"]["num_epochs"] == 30
