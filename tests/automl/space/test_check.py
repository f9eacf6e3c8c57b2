"""`automl validate`: every fault and warning of a skill with its file and key."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from common.skill_bank import write_bank
from project_paths import SKILLS

from automl.errors import SkillError
from automl.skill import packaged_skill_dir
from automl.space.check import check_skill, find_skills

SCHEMA = "schemas/train.schema.json"
TEMPLATE = "references/spec_template_train.yaml"
INFO = "references/skill_info.yaml"


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    """The kitchen sink without its one deliberate contradiction."""
    directory = Path(shutil.copytree(SKILLS / "kitchen_sink", tmp_path / "sink"))
    change(directory, lambda optim: optim["legacy_lr"].pop("automl_enabled"))
    return directory


def change(directory: Path, edit: Callable[[dict[str, Any]], Any]) -> None:
    """Edits the optimiser's properties in the train schema."""
    document = json.loads((directory / SCHEMA).read_text())
    edit(document["properties"]["train"]["properties"]["optim"]["properties"])
    (directory / SCHEMA).write_text(json.dumps(document))


def edit_yaml(path: Path, edit: Callable[[dict[str, Any]], Any]) -> None:
    values = yaml.safe_load(path.read_text())
    edit(values)
    path.write_text(yaml.safe_dump(values))


def found(directory: Path) -> list[str]:
    return [str(fault) for fault in check_skill(directory).faults]


def warned(directory: Path) -> list[str]:
    checked = check_skill(directory)
    assert checked.faults == ()
    return [str(warning) for warning in checked.warnings]


def test_clean_skills_have_no_faults(clean: Path) -> None:
    assert warned(clean) == []
    assert warned(packaged_skill_dir()) == []
    assert check_skill(packaged_skill_dir()).actions == (
        "train",
        "evaluate",
        "export",
        "inference",
    )


def test_a_made_up_bank_has_only_its_contradictions(tmp_path: Path) -> None:
    write_bank(tmp_path, skills=4, leaves=60)
    skills = find_skills(tmp_path)
    assert len(skills) == 4
    allowed = ("disabled by its own name", "x_automl.search")
    for line in (line for skill in skills for line in found(skill)):
        assert any(words in line for words in allowed), line


@pytest.mark.parametrize(
    ("edit", "fault"),
    [
        (lambda o: o["lr"].update(type="tensor"), "train.optim.lr: type: 'tensor'"),
        (
            lambda o: o["clip"].update(minimum=5, maximum=3),
            "clip: minimum/maximum: its legal range",
        ),
        (lambda o: o["name"].update(option_weights=[1]), "train.optim.name: option_weights: needs"),
        (lambda o: o["clip"].update(depends_on="nope"), "clip: depends_on: names 'nope'"),
        (lambda o: o["clip"].update(depends_on="train.optim.clip"), "form a cycle"),
        (lambda o: o["lr"].update(automl_enabled=False), "lr: automl_enabled: is both"),
        (
            lambda o: o["clip"].update(x_automl={"search": [0.1, 1000]}),
            "train.optim.clip: x_automl.search: [0.1, 1000] leaves what is legal",
        ),
        (
            lambda o: o["clip"].update(x_automl={"active_when": {"train.optim.x": [1]}}),
            "train.optim.clip: active_when: names 'train.optim.x'",
        ),
        (
            lambda o: o["amsgrad"]["x_automl"]["active_when"].append({"train.optim.x": [1]}),
            "train.optim.amsgrad: active_when: names 'train.optim.x'",
        ),
        (
            lambda o: o["amsgrad"]["x_automl"]["active_when"].append(["adam"]),
            "train.optim.amsgrad: x_automl.active_when: alternative 3: must map dotted keys to",
        ),
        (
            lambda o: o["amsgrad"]["x_automl"]["active_when"].append({"train.optim.name": []}),
            "alternative 3: train.optim.name may have no value at all",
        ),
        (
            lambda o: o["amsgrad"]["x_automl"]["active_when"].append({"train.optim.amsgrad": [1]}),
            "train.optim.amsgrad: depends_on/active_when: form a cycle",
        ),
        (
            lambda o: o["nesterov"]["x_automl"]["active_when"].update({"train.optim.name": "sdg"}),
            "train.optim.nesterov: active_when: train.optim.name is never 'sdg'",
        ),
        (
            lambda o: o["nesterov"]["x_automl"]["active_when"].update({"augment.flip": [1]}),
            "train.optim.nesterov: active_when: augment.flip is never 1",
        ),
        (
            lambda o: o["nesterov"]["x_automl"]["active_when"].update({"train.optim.name": "sg*"}),
            "train.optim.nesterov: active_when: train.optim.name is never 'sg*'",
        ),
        (
            lambda o: o["clip"].update(x_automl={"budget": {"key": "e", "reference": 9}}),
            "train.optim.clip: budget: names 'e'",
        ),
    ],
)
def test_faults_of_a_schema(clean: Path, edit: Any, fault: str) -> None:
    change(clean, edit)
    lines = found(clean)
    assert any(line.startswith(f"{SCHEMA}: ") and fault in line for line in lines), lines


@pytest.mark.parametrize(
    ("edit", "warning"),
    [
        (lambda o: o["lr"].update(quantum=1), "train.optim.lr: quantum: is not a keyword"),
        (lambda o: o["clip"].update(default=500.0), "train.optim.clip: default: must be at most"),
        (
            lambda o: o["lr"].update(automl_default_parameters=["train.optim.gone"]),
            "automl_default_parameters: 'train.optim.gone' is not in the schema",
        ),
    ],
)
def test_a_trainer_runs_in_spite_of_these(clean: Path, edit: Any, warning: str) -> None:
    change(clean, edit)
    lines = warned(clean)
    assert any(line.startswith(f"{SCHEMA}: ") and warning in line for line in lines), lines


def test_a_template_that_does_not_fit_its_schema_is_a_warning(clean: Path) -> None:
    edit_yaml(clean / TEMPLATE, lambda values: values["model"].update(depth="six", widht=3))
    lines = warned(clean)
    assert f"{TEMPLATE}: model.widht: unknown key; did you mean model.width?" in lines
    assert f"{TEMPLATE}: model.depth: must be of type integer, is 'six'" in lines


def test_unknown_keys_that_skill_info_names_are_warnings(clean: Path) -> None:
    def edit(values: dict[str, Any]) -> None:
        values["spec_params"]["train"]["model.nowhere"] = "output_dir"
        values["data_sources"]["train"]["dataset.sources[0].image_dir"] = "x"
        values["data_sources"]["train"]["dataset.nowhere"] = "x"
        values["actions"]["train"]["inputs"]["model.lost"] = {"type": "file"}
        values["spec_shorthand_keys"]["gone"] = "model.gone"
        values["gpu_spec_key"] = "train.gpus"
        values["holdout_key"] = "data.share"
        values["data_sources"]["train"]["dataset.root_dir"]["unless"] = "data.held"

    edit_yaml(clean / INFO, edit)
    assert {line.split(": ")[1] for line in warned(clean)} == {
        "spec_params.train.model.nowhere",
        "data_sources.train.dataset.nowhere",
        "actions.train.inputs.model.lost",
        "spec_shorthand_keys.gone",
        "gpu_spec_key",
        "holdout_key",
        "data_sources.train.dataset.root_dir.unless",
    }


@pytest.mark.parametrize("file", [SCHEMA, TEMPLATE, INFO, "schemas/manifest.json"])
def test_a_file_that_does_not_parse_is_named_with_the_place(clean: Path, file: str) -> None:
    (clean / file).write_text("{")
    lines = found(clean)
    assert any(line.startswith(f"{file}: ") and "is not valid" in line for line in lines), lines
    assert not any(str(clean) in line for line in lines)


def test_missing_files(clean: Path) -> None:
    (clean / SCHEMA).unlink()
    assert found(clean) == [f"schemas/manifest.json: actions.train: {SCHEMA} is missing"]
    (clean / "schemas/manifest.json").unlink()
    assert warned(clean) == [f"{SCHEMA}: is missing, although AutoML is enabled"]


@pytest.mark.parametrize(
    ("overlay", "expected"),
    [
        (
            "parameters: {a.lrr: {incldue: true, reason: r}}",
            ["a.lrr: incldue: is not", "a.lrr is no"],
        ),
        ("{action: tune, parameters: {}}", ["action: 'tune' has no schema"]),
        ("- a.lr", ["must hold `parameters`"]),
    ],
)
def test_what_the_skills_own_overlay_gets_wrong_is_a_warning(
    clean: Path, overlay: str, expected: list[str]
) -> None:
    (clean / "automl.yaml").write_text(overlay)
    lines = warned(clean)
    assert len(lines) == len(expected)
    for line, words in zip(lines, expected, strict=True):
        assert line.startswith(f"automl.yaml: {words}")


def test_a_word_that_is_no_inference_rule_is_a_fault(clean: Path) -> None:
    def edit(values: dict[str, Any]) -> None:
        values["spec_params"]["train"] = {
            "results_dir": "results_dir",
            "model.backbone": "large",
            "train.resume_checkpoint": "resume_model",
        }

    edit_yaml(clean / INFO, edit)
    (line,) = found(clean)
    assert line.startswith(f"{INFO}: spec_params.train.results_dir: 'results_dir' is no inference")
    assert "output_dir, parent_model, " in line


def test_several_faults_of_skill_info_keep_their_keys(clean: Path) -> None:
    edit_yaml(clean / INFO, lambda values: values.update(name=3, automl_enabled="x"))
    checked = check_skill(clean)
    assert [(fault.file, fault.key) for fault in checked.faults] == [
        (INFO, "name"),
        (INFO, "automl_enabled"),
    ]


def test_a_folder_without_skills_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SkillError, match="neither a skill nor a bank"):
        find_skills(tmp_path)
    with pytest.raises(SkillError, match="nowhere: no such directory"):
        find_skills(tmp_path / "nowhere")
