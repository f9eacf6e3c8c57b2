"""What YAML means, and what is refused before it is built."""

from pathlib import Path

import pytest
import yaml

from automl.bounded_yaml import MAX_DEPTH, load_yaml, repeated_keys

LEGAL = [
    "a: 1\nb: [x, {c: 2024-01-02}]\n",
    "base: &b {x: 1, y: 2}\nmore: {<<: *b, y: 3}\nlast: {<<: *b, <<: {z: 1}}\n",
    "a: &a [1]\nb: [*a, *a, *a]\n",
    "[" * 100 + "]" * 100,
    "'on': yes\ntrue_: !!bool true\n",
    "a: !!set {b, c}\nd: !!binary aGk=\n",
    "",
    "# nothing\n",
    "a: |\n  b: 1\n  b: 2\n",
]


@pytest.mark.parametrize("text", LEGAL, ids=range(len(LEGAL)))
def test_legal_yaml_is_what_pyyaml_reads(text: str) -> None:
    assert load_yaml(text, unique=True) == yaml.safe_load(text)


def test_a_mistake_is_placed_where_it_is() -> None:
    with pytest.raises(yaml.MarkedYAMLError) as caught:
        load_yaml("a: [", unique=True)
    assert caught.value.problem_mark.line == 0


def test_a_mapping_that_is_merged_before_it_is_built_repeats_nothing() -> None:
    text = "a: &a {x: 1, y: 2}\nc: {b: &b {<<: *a, x: 3}}\nd: {<<: *b, y: 4}\n"
    assert load_yaml(text, unique=True)["d"] == {"x": 3, "y": 4}


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        ("a: 1\nb:\n  c: 1\n  c: 2\n", "c", 4),
        ("a: 1\n'a': 2\n", "a", 2),
        ("16: a\n0x10: b\n", "0x10", 2),
        ("yes: a\non: b\n", "on", 2),
        ("- {x: 1}\n- {y: 1, y: 1}\n", "y", 2),
        ("base: &b {x: 1}\nmore: {<<: *b, z: 1, z: 2}\n", "z", 2),
    ],
)
def test_a_repeated_key_is_named_with_its_line(text: str, key: str, line: int) -> None:
    assert repeated_keys(text) == [(key, line)]
    with pytest.raises(yaml.YAMLError, match=f"the key {key} stands there twice"):
        load_yaml(text, unique=True)
    assert load_yaml(text) == yaml.safe_load(text)


def test_levels_are_counted_and_the_place_is_named() -> None:
    deep = "a: 1\nb: " + "[" * MAX_DEPTH + "]" * MAX_DEPTH
    with pytest.raises(yaml.MarkedYAMLError, match="nested more than 500 levels") as caught:
        load_yaml(deep)
    assert caught.value.problem_mark.line == 1


def test_every_spec_of_the_repository_is_read_as_before() -> None:
    root = Path(__file__).parents[2]
    files = [*root.glob("references/*.yaml"), *root.glob("experiments/*.yaml")]
    assert len(files) > 3
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert load_yaml(text, unique=True) == yaml.safe_load(text)
