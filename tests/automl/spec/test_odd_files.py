"""Specs and templates as others write them: numbered classes, empty sections, Windows, broken."""

import shutil
from pathlib import Path

import pytest
from project_paths import SKILLS

from automl.errors import SkillError, SpecError
from automl.skill import load_skill
from automl.spec import build_spec


@pytest.fixture
def sink(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SKILLS / "kitchen_sink", tmp_path / "sink"))


def test_classes_that_are_numbered_are_set_and_repeated(sink: Path, tmp_path: Path) -> None:
    template = sink / "references/spec_template_train.yaml"
    text = template.read_text() + "\nnames: {0: car, 1: van, 2024-01-01: x, a.jpg: nan}\n"
    template.write_text(text)
    skill = load_skill(sink)
    again = build_spec(skill, "train", spec_file=template)
    assert again.user_keys == frozenset()
    for overrides in (["names.1=bus"], ["names={1: bus}"], {"names": {"1": "bus"}}):
        found = build_spec(skill, "train", overrides=overrides)
        assert found.values["names"] == again.values["names"] | {1: "bus"}
    file = tmp_path / "spec.yaml"
    file.write_text("names:\n  1: bus\n")
    assert build_spec(skill, "train", spec_file=file).values["names"][1] == "bus"


@pytest.mark.parametrize("section", ["model:", "model:\n  # depth: 3\ntrain: ~"])
def test_an_empty_section_says_nothing(sink: Path, tmp_path: Path, section: str) -> None:
    file = tmp_path / "spec.yaml"
    file.write_text(section + "\n")
    skill = load_skill(sink)
    plain = build_spec(skill, "train")
    found = build_spec(skill, "train", spec_file=file)
    assert (found.values, found.user_keys) == (plain.values, frozenset())
    (sink / "references/spec_template_train.yaml").write_text(section + "\n")
    assert build_spec(load_skill(sink), "train").values["model"]["width"] == 256


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_files_from_windows_are_read(
    sink: Path, tmp_path: Path, encoding: str, ending: str
) -> None:
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    plain = build_spec(load_skill(sink), "train")
    paths = sink / "schemas/train.schema.json", sink / "references/spec_template_train.yaml"
    for path in paths:
        text = mark + ending.join(path.read_text().splitlines()) + ending
        path.write_bytes(text.encode(encoding))
    for name, text in (("spec.yaml", "depth: 3"), ("spec.toml", "[model]\ndepth = 3")):
        file = tmp_path / name
        body = text if name.endswith("toml") else f"model: {{{text}}}"
        file.write_bytes((mark + body.replace("\n", ending)).encode(encoding))
        found = build_spec(load_skill(sink), "train", spec_file=file)
        assert found.values == plain.values | {"model": plain.values["model"] | {"depth": 3}}


def test_a_template_that_is_there_and_cannot_be_read_is_an_error(
    sink: Path, tmp_path: Path
) -> None:
    template = sink / "references/spec_template_train.yaml"
    outside = template.rename(tmp_path / "outside.yaml")
    assert build_spec(load_skill(sink), "train").values  # none at all: the schema's defaults
    template.symlink_to(outside)
    with pytest.raises(SkillError, match=f"{template}: leads out of the skill's folder"):
        build_spec(load_skill(sink), "train")
    template.unlink()
    for broken, why in (("", "is empty"), ("- a", "must be a mapping"), ("a:\n\tb: 1", "line 2")):
        template.write_text(broken)
        with pytest.raises(SkillError, match=why):
            build_spec(load_skill(sink), "train")
    template.unlink()
    template.mkdir()
    with pytest.raises(SkillError, match="is a folder, where a plain file is due"):
        build_spec(load_skill(sink), "train")


@pytest.mark.parametrize("text", ["007", "1:30", "on", "2026-01-02", "1e3", "*.jpg", "a #1", "%d"])
def test_a_text_of_the_command_line_is_taken_as_it_stands(sink: Path, text: str) -> None:
    found = build_spec(load_skill(sink), "train", overrides=[f"root_dir={text}"])
    assert found.values["dataset"]["root_dir"] == text


def test_numbers_of_the_command_line_are_decimal(sink: Path) -> None:
    skill = load_skill(sink)
    assert build_spec(skill, "train", overrides=["depth=010"]).values["model"]["depth"] == 10
    with pytest.raises(SpecError, match="model.depth: must be of type integer, is '0:03'"):
        build_spec(skill, "train", overrides=["depth=0:03"])
