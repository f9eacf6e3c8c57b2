"""A resolved spec: precedence, user keys, coercion, scaled lengths, unknown keys."""

import json
import shutil
from pathlib import Path

import pytest
import yaml
from project_paths import SKILLS

from automl.errors import SkillError, SpecError
from automl.skill import load_skill
from automl.spec import build_spec
from automl.spec.nested import get_path


@pytest.fixture
def sink(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SKILLS / "kitchen_sink", tmp_path / "sink"))


def write(path: Path, values: object) -> Path:
    text = json.dumps(values) if path.suffix == ".json" else yaml.safe_dump(values)
    path.write_text(text)
    return path


def test_precedence_from_schema_to_override(sink: Path, tmp_path: Path) -> None:
    template = sink / "references/spec_template_train.yaml"
    values = yaml.safe_load(template.read_text())
    values["model"].update(hidden=128, depth=5, dropout=0.2)
    write(template, values)
    given = write(tmp_path / "spec.yaml", {"model": {"depth": 7, "dropout": 0.3}})
    skill = load_skill(sink)
    found = build_spec(skill, "train", spec_file=given, overrides=["model.dropout=0.4"])
    assert get_path(found.values, "model.width") == 256
    assert get_path(found.values, "model.hidden") == 128
    assert get_path(found.values, "model.depth") == 7
    assert get_path(found.values, "model.dropout") == 0.4
    assert found.user_keys == {"model.depth", "model.dropout"}
    assert "model.width" in found.trusted
    assert not found.user_keys & found.trusted


def test_overrides_may_be_a_mapping_with_short_keys(sink: Path) -> None:
    found = build_spec(load_skill(sink), "train", overrides={"learning_rate": 0.001, "depth": 3})
    assert found.values["train"]["optim"]["lr"] == 0.001
    assert found.user_keys == {"train.optim.lr", "model.depth"}


def test_a_whole_collection_is_merged_and_counts_by_leaf(sink: Path) -> None:
    found = build_spec(load_skill(sink), "train", overrides=["train.optim={lr: 0.1, name: sgd}"])
    assert found.values["train"]["optim"]["lr"] == 0.1
    assert found.values["train"]["optim"]["betas"] == [0.9, 0.999]
    assert found.user_keys == {"train.optim.lr", "train.optim.name"}


def test_free_mappings_and_list_items_may_be_set(sink: Path) -> None:
    overrides = ["extra.anything=1", "dataset.sources[0].image_dir=/data", "model.head_kwargs={}"]
    found = build_spec(load_skill(sink), "train", overrides=overrides)
    assert found.values["extra"] == {"kept": True, "anything": 1}
    assert found.values["dataset"]["sources"] == [{"image_dir": "/data", "label_dir": ""}]


def test_numbers_are_typed_where_nothing_is_lost(sink: Path) -> None:
    found = build_spec(load_skill(sink), "train", overrides=["optim.lr=1", "depth=3.0"])
    assert repr(found.values["train"]["optim"]["lr"]) == "1.0"
    assert repr(found.values["model"]["depth"]) == "3"


def test_a_template_may_write_a_number_as_yaml_1_2_does(sink: Path) -> None:
    assert "lr: 2e-4" in (sink / "references/spec_template_train.yaml").read_text()
    assert build_spec(load_skill(sink), "train").values["train"]["optim"]["lr"] == 0.0002


def test_a_user_text_for_a_number_is_refused_with_a_hint(sink: Path) -> None:
    with pytest.raises(SpecError, match=r"train.optim.lr: .* is '1e-3' \(text\); write 1.0e-3"):
        build_spec(load_skill(sink), "train", overrides=["optim.lr=1e-3"])


@pytest.mark.parametrize("suffix", [".yaml", ".json"])
def test_unknown_keys_of_a_file_are_all_named(sink: Path, tmp_path: Path, suffix: str) -> None:
    values = {"model": {"dept": 3, "width": 64}, "trian": {"seed": 1}}
    given = write(tmp_path / f"spec{suffix}", values)
    with pytest.raises(SpecError) as caught:
        build_spec(load_skill(sink), "train", spec_file=given)
    assert len(caught.value.faults) == 2
    assert "model.dept: unknown key; did you mean model.depth" in caught.value.faults[0]
    assert caught.value.faults[1].startswith("trian: unknown key")


def test_all_bad_overrides_are_named(sink: Path) -> None:
    with pytest.raises(SpecError) as caught:
        build_spec(load_skill(sink), "train", overrides=["wdith=3", "optm.lr=1"])
    assert "model.width" in caught.value.faults[0]
    assert "train.optim.lr" in caught.value.faults[1]


@pytest.mark.parametrize("name", ["optim", "train.optim"])
def test_a_collection_is_no_parameter(sink: Path, name: str) -> None:
    with pytest.raises(SpecError, match="is a collection, not a parameter"):
        build_spec(load_skill(sink), "train", overrides=[f"{name}=3"])


def test_toml_and_empty_files(sink: Path, tmp_path: Path) -> None:
    toml = tmp_path / "spec.toml"
    toml.write_text("[model]\ndepth = 9\n")
    empty = tmp_path / "empty.yaml"
    empty.write_text("")
    skill = load_skill(sink)
    assert build_spec(skill, "train", spec_file=toml).values["model"]["depth"] == 9
    assert build_spec(skill, "train", spec_file=empty).user_keys == frozenset()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.yaml", "a: [", "is not valid YAML"),
        ("a.json", "{", "is not valid JSON"),
        ("a.toml", "=", "is not valid TOML"),
        ("a.yaml", "- 1", "must be a mapping"),
        ("a.yaml", "1: 2", "must be a mapping"),
    ],
)
def test_malformed_files_are_one_error(
    sink: Path, tmp_path: Path, name: str, text: str, said: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(SpecError, match=said):
        build_spec(load_skill(sink), "train", spec_file=tmp_path / name)


def test_missing_file_and_unknown_action(sink: Path, tmp_path: Path) -> None:
    for name in ("none.yaml", "none.toml"):
        with pytest.raises(SpecError, match="no such file"):
            build_spec(load_skill(sink), "train", spec_file=tmp_path / name)
    with pytest.raises(SkillError, match="no action"):
        build_spec(load_skill(sink), "fly")


def test_a_dump_of_all_keys_fixes_only_what_differs(sink: Path, tmp_path: Path) -> None:
    skill = load_skill(sink)
    dump = skill.template("train")
    dump["model"]["depth"] = 9
    given = write(tmp_path / "dump.yaml", dump)
    assert build_spec(skill, "train", spec_file=given).user_keys == {"model.depth"}


def test_lengths_of_another_budget_are_scaled_unless_set(sink: Path) -> None:
    skill = load_skill(sink)
    found = build_spec(skill, "train", overrides=["num_epochs=6"])
    assert found.values["train"]["optim"]["lr_steps"] == [4, 5]
    assert found.values["train"]["optim"]["warmup_epochs"] == 0
    assert "lr_steps [40, 50] is written for 60 epochs; scaled to [4, 5] for 6" in found.notes[0]
    kept = build_spec(skill, "train", overrides=["num_epochs=6", "lr_steps=[2, 3]"])
    assert kept.values["train"]["optim"]["lr_steps"] == [2, 3]
    assert len(kept.notes) == 1
    with pytest.raises(SpecError, match=r"betas\[0\]: must be at most 1.0, is 5"):
        build_spec(skill, "train", overrides=["betas[0]=5"])
    item = build_spec(skill, "train", overrides=["num_epochs=6", "lr_steps[0]=5"])
    assert item.values["train"]["optim"]["lr_steps"] == [5, 50]
    same = build_spec(skill, "train", overrides=["num_epochs=60"])
    assert same.notes == ()
    assert same.values["train"]["optim"]["lr_steps"] == [40, 50]


def test_without_schema_the_templates_keys_are_known(sink: Path) -> None:
    (sink / "schemas/train.schema.json").unlink()
    found = build_spec(load_skill(sink), "train", overrides=["depth=anything", "optim.lr=1"])
    assert found.values["model"]["depth"] == "anything"
    with pytest.raises(SpecError, match="unknown key 'dept'"):
        build_spec(load_skill(sink), "train", overrides=["dept=1"])


def test_without_template_the_schemas_defaults_serve(sink: Path) -> None:
    (sink / "references/spec_template_train.yaml").unlink()
    assert build_spec(load_skill(sink), "train").values["train"]["num_epochs"] == 30


def test_without_both_anything_goes(sink: Path, tmp_path: Path) -> None:
    given = write(tmp_path / "spec.yaml", {"a": {"b": 1}})
    found = build_spec(load_skill(sink), "export", spec_file=given, overrides=["c.d=2"])
    assert found.values == {"a": {"b": 1}, "c": {"d": 2}}
    assert found.user_keys == {"a.b", "c.d"}
