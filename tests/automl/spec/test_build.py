"""A resolved spec: precedence, user keys, coercion, scaled lengths, unknown keys."""

import json
import re
import shutil
from collections import ChainMap
from pathlib import Path
from typing import Any

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


@pytest.mark.parametrize(
    ("override", "key", "value"),
    [
        ("depth=1e1", "model.depth", 10),
        ("model.width=2.56e2", "model.width", 256),
        ("betas=[9e-1, 99e-2]", "train.optim.betas", [0.9, 0.99]),
        ("optim.lr_steps=[1e1, 2e1]", "train.optim.lr_steps", [10, 20]),
        ("unfreeze_at=[1e0]", "train.optim.unfreeze_at", [1]),
        ("model.head_kwargs={gain: 1e-3, of: [1e1]}", "model.head_kwargs.gain", 0.001),
        ("model.temperature=15e-1", "model.temperature", 1.5),
        ("model.pretrained_path=1e-3", "model.pretrained_path", "1e-3"),
        ("model.pretrained_path=", "model.pretrained_path", ""),
        ("model.temperature=", "model.temperature", None),
        ("model.temperature=null", "model.temperature", None),
    ],
)
def test_a_value_has_the_type_that_is_due(sink: Path, override: str, key: str, value: Any) -> None:
    found = build_spec(load_skill(sink), "train", overrides=[override])
    assert repr(get_path(found.values, key)) == repr(value)
    assert any(key.startswith(user) for user in found.user_keys)


@pytest.mark.parametrize(
    ("override", "fault"),
    [
        ("depth=1e-3", "model.depth: must be of type integer, is 0.001"),
        ("depth=", "model.depth: must be of type integer, is ''"),
        ("augment.flip=", "augment.flip: must be of type boolean, is ''"),
        ("betas=", "train.optim.betas: must be of type array, is ''"),
        ("optim.lr=fast", "train.optim.lr: must be of type number, is 'fast'"),
        ("optim.lr=1e-3x", "train.optim.lr: must be of type number, is '1e-3x'"),
        ("optim.lr=1e999", "train.optim.lr: must be of type number, is '1e999'"),
    ],
)
def test_what_is_no_such_value_is_refused(sink: Path, override: str, fault: str) -> None:
    with pytest.raises(SpecError, match=re.escape(fault)):
        build_spec(load_skill(sink), "train", overrides=[override])


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["optim.lr=0.1", "learning_rate=0.2"], "both say train.optim.lr: give it once"),
        (["train={optim: {lr: 0.1}}", "train.optim.lr=0.1"], "'train' and 'train.optim.lr' both"),
        (["betas=[0.5, 0.9]", "train.optim.betas[0]=0.6"], "both say train.optim.betas[0]"),
        ({"depth": 3, "model.depth": 3}, "'depth' and 'model.depth' both say model.depth"),
    ],
)
def test_a_key_is_given_once_in_one_spelling(sink: Path, overrides: Any, words: str) -> None:
    with pytest.raises(SpecError, match=re.escape(words)):
        build_spec(load_skill(sink), "train", overrides=overrides)


def test_one_spelling_may_be_given_over_another(sink: Path) -> None:
    over = ChainMap({"learning_rate": 0.2}, {"train.optim.lr": 0.1, "depth": 4})
    found = build_spec(load_skill(sink), "train", overrides=over)
    assert found.values["train"]["optim"]["lr"] == 0.2
    assert found.values["model"]["depth"] == 4
    over = ChainMap({"betas": [0.5, 0.6]}, {"train.optim.betas[0]": 0.7})
    found = build_spec(load_skill(sink), "train", overrides=over)
    assert found.values["train"]["optim"]["betas"] == [0.5, 0.6]


def test_an_element_is_set_in_a_list_wherever_it_is_named(sink: Path) -> None:
    overrides = ["model.head_kwargs.gain=2", "model.head_kwargs={}"]
    found = build_spec(load_skill(sink), "train", overrides=overrides)
    assert found.values["model"]["head_kwargs"]["gain"] == 2


def test_a_key_twice_in_a_file_is_refused(sink: Path, tmp_path: Path) -> None:
    file = tmp_path / "spec.yaml"
    file.write_text("model:\n  depth: 3\n  width: 64\n  depth: 4\n")
    with pytest.raises(SpecError, match="line 4 column 3: the key depth stands there twice"):
        build_spec(load_skill(sink), "train", spec_file=file)
    (tmp_path / "spec.json").write_text('{"model": {"depth": 3, "depth": 4}}')
    with pytest.raises(SpecError, match="the key depth stands there twice"):
        build_spec(load_skill(sink), "train", spec_file=tmp_path / "spec.json")
    file.write_text("base: &base {depth: 3}\nmodel: {<<: *base, depth: 4}\n")
    with pytest.raises(SpecError, match="base: unknown key"):  # an anchor is no second key
        build_spec(load_skill(sink), "train", spec_file=file)


def test_a_file_may_name_keys_with_dots(sink: Path, tmp_path: Path) -> None:
    file, skill = tmp_path / "spec.yaml", load_skill(sink)
    file.write_text(
        "train.optim.lr: 1e-3\nmodel: {depth: 7}\nmodel.head_kwargs: {a.b: 1}\n"
        "train.optim: {name: sgd}\nextra: {my.own: 1}\n"
    )
    found = build_spec(skill, "train", spec_file=file)
    assert found.user_keys >= {"train.optim.lr", "train.optim.name", "model.depth"}
    assert found.values["extra"] == {"kept": True, "my.own": 1}
    assert found.values["train"]["optim"]["lr"] == 0.001
    assert found.values["model"]["head_kwargs"] == {"bias": True, "a.b": 1}
    assert "train.optim.lr" not in found.values
    for text, words in {
        "train.optim.lr: 1e-3\ntrain: {optim: {lr: 0.1}}": "train.optim.lr is said twice",
        "train: {optim: {lr: 0.1}}\ntrain.optim: {lr: 1e-3}": "train.optim.lr is said twice",
        "train.optim: 5": "train.optim: is a collection",
        "train: {optim.lr: 1e-3, optim: {lr: 0.1}}": "train.optim.lr is said twice: give it once",
        "train.optim.lrr: 1e-3": "train.optim.lrr: unknown key; did you mean train.optim.lr",
    }.items():
        file.write_text(text)
        with pytest.raises(SpecError, match=words):
            build_spec(skill, "train", spec_file=file)


def test_without_a_schema_the_packaged_value_says_what_is_due(sink: Path, tmp_path: Path) -> None:
    (sink / "schemas/train.schema.json").unlink()
    (sink / "references/spec_template_train.yaml").write_text(
        "lr: 1e-4\nsteps: 100\nname: x\nrates: [0.1]\nfree: null\nopen: {}\n"
    )
    file = tmp_path / "spec.yaml"
    file.write_text("steps: 1e3\nrates: [1e-1, 1e-2]\nopen: {a: 1e-1, b: 'x'}\n")
    found = build_spec(
        load_skill(sink), "train", spec_file=file, overrides=["name=1e-3", "free=2e1"]
    )
    assert found.values == {
        "lr": 0.0001, "steps": 1000, "name": "1e-3", "rates": [0.1, 0.01], "free": 20.0,
        "open": {"a": 0.1, "b": "x"},
    }  # fmt: skip
    assert build_spec(load_skill(sink), "train", overrides=["name=", "free="]).values["name"] == ""


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
        ("a.yaml", "1: 2", "1: unknown key"),
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
