"""A spec file fixes what it changes, and nothing that it repeats of the packaged spec."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from project_paths import SKILLS

from automl.skill import load_skill
from automl.space import build_space
from automl.spec import build_spec
from automl.spec.build import ResolvedSpec
from automl.spec.file_changes import file_changes, is_same
from automl.spec.nested import flatten

Resolve = Callable[..., ResolvedSpec]


@pytest.fixture
def resolve(tmp_path: Path) -> Resolve:
    def resolve(given: Any, **options: Any) -> ResolvedSpec:
        """``given``: the spec file's text, or its nested values."""
        file = tmp_path / "spec.yaml"
        file.write_text(given if isinstance(given, str) else yaml.safe_dump(given))
        return build_spec(load_skill(SKILLS / "kitchen_sink"), "train", spec_file=file, **options)

    return resolve


def test_a_full_template_leaves_all_to_search(resolve: Resolve) -> None:
    skill = load_skill(SKILLS / "kitchen_sink")
    template = (SKILLS / "kitchen_sink/references/spec_template_train.yaml").read_text()
    plain, found = build_spec(skill, "train"), resolve(template)
    assert found.user_keys == frozenset()
    assert found.values == plain.values
    spaces = [
        build_space(skill.schema("train"), spec.values, user_keys=spec.user_keys)
        for spec in (plain, found)
    ]
    assert spaces[0] == spaces[1]
    assert len(spaces[0].parameters) > 5
    note = found.notes[0]
    assert note.endswith(" equal the packaged default and stay free; --set KEY=VALUE fixes one")
    count = len(flatten(yaml.safe_load(template))) - 1  # one is '???': not set
    assert note.startswith(f"{count} of the {count} keys of ")


def test_a_short_file_fixes_what_it_changes(resolve: Resolve) -> None:
    found = resolve({"model": {"width": 256, "depth": 7}, "train": {"optim": {"clip": 1.0}}})
    assert found.user_keys == {"model.depth"}
    assert found.notes[0].startswith("2 of the 3 keys of ")
    assert "model.width" in found.trusted


def test_an_override_fixes_a_key_at_its_default(resolve: Resolve) -> None:
    found = resolve({"model": {"width": 256}}, overrides=["model.width=256"])
    assert found.user_keys == {"model.width"}


def test_nothing_is_said_of_a_file_that_repeats_nothing(resolve: Resolve) -> None:
    assert not any("stay free" in note for note in resolve({"model": {"depth": 7}}).notes)
    assert not any("stay free" in note for note in resolve("").notes)


def test_equal_by_value_is_equal_whatever_the_notation(resolve: Resolve) -> None:
    found = resolve(
        "model: {width: 256.0, temperature: 2, head_kwargs: {bias: true}}\n"
        "train: {optim: {lr: 2e-4, clip: 1e0, betas: [9e-1, 0.999], unfreeze_at: [5.0]}}\n"
        "dataset: {sources: [{label_dir: '', image_dir: ''}]}\n"
        "augment: {operations: [blur], sizes: [480, 512]}\n"
    )
    assert found.user_keys == frozenset()
    assert repr(found.values["model"]["width"]) == "256"
    assert found.values["train"]["optim"]["lr"] == 0.0002
    assert found.values["train"]["optim"]["betas"] == [0.9, 0.999]


def test_unequal_is_unequal(resolve: Resolve) -> None:
    found = resolve(
        {
            "augment": {"sizes": [512, 480], "mean": [0.5, 0.5], "operations": []},
            "dataset": {"sources": [{"image_dir": "/data", "label_dir": ""}]},
            "model": {"head_kwargs": {"bias": True, "gain": 2}},
        }
    )
    assert found.user_keys == {
        "augment.sizes",
        "augment.mean",
        "augment.operations",
        "dataset.sources",
        "model.head_kwargs.gain",
    }


@pytest.mark.parametrize(
    ("value", "default", "same"),
    [
        (1, 1.0, True),
        (True, 1, False),
        (0, False, False),
        ([True], [1], False),
        ([1, [2.0]], [1.0, [2]], True),
        ({"a": [1]}, {"a": [1.0]}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ("1e-3", 0.001, False),
        (None, None, True),
        (None, "", False),
    ],
)
def test_values_are_compared_as_what_they_are(value: Any, default: Any, same: bool) -> None:
    assert is_same(value, default) is same


def test_the_mark_of_a_key_to_be_set_is_no_value(resolve: Resolve) -> None:
    found = resolve({"dataset": {"root_dir": "???", "instances": "???"}, "model": "???"})
    assert found.user_keys == frozenset()
    assert found.values["dataset"]["root_dir"] == "???"  # the skill wants it, nobody gave it
    assert found.values["dataset"]["instances"] == 4
    assert found.values["model"]["depth"] == 6


def test_an_empty_section_changes_nothing(resolve: Resolve) -> None:
    found = resolve({"augment": {}, "model": {"depth": 7}})
    assert found.user_keys == {"model.depth"}
    assert found.values["augment"]["flip"] is True


def test_the_spec_of_an_earlier_run_fixes_no_length_that_followed_its_budget(
    resolve: Resolve,
) -> None:
    earlier = resolve({"train": {"num_epochs": 6}}).values
    assert earlier["train"]["optim"]["lr_steps"] == [4, 5]
    again = resolve(earlier)
    assert again.user_keys == {"train.num_epochs"}
    assert again.values == earlier
    longer = resolve(earlier, overrides=["num_epochs=60"])
    assert longer.values["train"]["optim"]["lr_steps"] == [40, 50]


def test_a_key_of_a_block_that_is_off_is_compared_like_any_other(resolve: Resolve) -> None:
    found = resolve({"train": {"optim": {"name": "adam", "momentum": 0.9, "nesterov": True}}})
    assert found.user_keys == {"train.optim.nesterov"}  # acts under sgd alone


def test_a_parents_value_is_not_overridden_by_a_default_in_the_file(resolve: Resolve) -> None:
    found = resolve({"model": {"width": 256, "depth": 7}}, inherited={"model.width": 128})
    assert found.values["model"]["width"] == 128
    assert found.values["model"]["depth"] == 7


def test_without_packaged_values_the_file_says_all(tmp_path: Path) -> None:
    assert file_changes({"a": "???"}, {}, None).values == {"a": "???"}
