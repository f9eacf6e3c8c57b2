"""The builder on a skill that uses every feature of the dialect, and the user's options."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from common import raw_checker
from project_paths import SKILLS

from automl.errors import SpaceError, SpecError
from automl.skill import Schema, load_skill, packaged_skill_dir, read_schema
from automl.space import FixedSuggest, RandomSuggest, Space, build_space, sample
from automl.spec import build_spec, validate_spec

GOLDEN = Path(__file__).parent / "kitchen_sink_space.json"


@pytest.fixture(scope="module")
def sink() -> tuple[Schema, dict[str, Any]]:
    skill = load_skill(SKILLS / "kitchen_sink")
    return skill.schema("train"), build_spec(skill, "train").values


@pytest.fixture(scope="module")
def space(sink: tuple[Schema, dict[str, Any]]) -> Space:
    return build_space(*sink)


def test_the_golden_space(space: Space) -> None:
    """Regenerate with: automl space --skill-dir tests/fixtures/skills/kitchen_sink --format json"""
    assert json.loads(json.dumps(space.to_json())) == json.loads(GOLDEN.read_text())


def test_every_draw_is_legal_and_every_condition_holds(
    sink: tuple[Schema, dict[str, Any]], space: Space
) -> None:
    schema, base = sink
    nodes = raw_checker.nodes_of(schema.source)
    seen: set[str] = set()
    for params, spec in sample(space, base, 1500, seed=3):
        for name, value in params.items():
            assert raw_checker.faults(name, nodes[name], value, spec) == [], (name, value)
            assert raw_checker.is_active(nodes[name], spec)
        inactive = set(space.names) - params.keys()
        assert all(not raw_checker.is_active(nodes[name], spec) for name in inactive)
        seen |= params.keys()
    assert seen == set(space.names)


def test_drawn_specs_validate(sink: tuple[Schema, dict[str, Any]], space: Space) -> None:
    schema, base = sink
    for _, spec in sample(space, base, 100, seed=4):
        validate_spec(schema, spec, allow_missing=("dataset.root_dir",))


def test_an_inactive_parameter_keeps_its_base_value(
    sink: tuple[Schema, dict[str, Any]], space: Space
) -> None:
    _, base = sink
    for params, spec in sample(space, base, 200, seed=5):
        sgd = params["train.optim.name"] == "sgd"
        assert ("train.optim.momentum" in params) is sgd
        assert ("train.optim.nesterov" in params) is (sgd and params["augment.flip"])
        assert ("train.optim.amsgrad" in params) is (not sgd or not params["augment.flip"])
        if not sgd:
            assert spec["train"]["optim"]["momentum"] == 0.9


def test_the_same_seed_gives_the_same_specs(
    sink: tuple[Schema, dict[str, Any]], space: Space
) -> None:
    _, base = sink
    before = json.dumps(base)
    one, two, other = (json.dumps(list(sample(space, base, 20, seed))) for seed in (1, 1, 2))
    assert one == two != other
    assert json.dumps(base) == before


def test_the_default_configuration_can_be_enqueued(
    sink: tuple[Schema, dict[str, Any]], space: Space
) -> None:
    _, base = sink
    defaults = space.defaults(base)
    assert "train.optim.momentum" not in defaults
    assert defaults["train.optim.lr_steps"] == [20, 25]
    drawn = space.draw(FixedSuggest(space.encode(defaults, base)), base)
    differing = {name for name in defaults if drawn[name] != defaults[name]}
    assert differing == {"model.levels", "train.optim.weight_decay"}  # null, 0: out of their range


def test_a_searched_condition_is_answered_under_its_own_values(
    sink: tuple[Schema, dict[str, Any]], space: Space
) -> None:
    _, base = sink
    answers = space.encode({"train.optim.name": "sgd", "train.optim.momentum": 0.7}, base)
    drawn = space.draw(FixedSuggest(answers), base)
    assert drawn["train.optim.momentum"] == 0.7


def test_a_condition_that_is_fixed_is_decided_at_once(
    sink: tuple[Schema, dict[str, Any]],
) -> None:
    schema, base = sink
    found = build_space(schema, base, search=["momentum", "optim.name"])
    assert found.parameters[1].active_when == ({"train.optim.name": ("sgd",)},)
    with pytest.raises(SpaceError, match="exists only when train.optim.name is sgd; .* 'adam'"):
        build_space(schema, base, search=["momentum"])
    sgd = {**base, "train": {**base["train"], "optim": {**base["train"]["optim"], "name": "sgd"}}}
    alone = build_space(schema, sgd, search=["momentum"])
    assert alone.parameters[0].active_when is None


def test_a_condition_that_no_draw_meets() -> None:
    schema = read_never()
    found = build_space(schema, schema.defaults())
    assert found.names == ("o",)
    why = "it exists only when o is z; here o is searched among other values"
    assert found.left_out[0].reason == why


def read_never() -> Schema:
    properties = {
        "o": {"enum": ["a", "b"], "default": "a", "automl_enabled": True},
        "x": {
            "type": "int",
            "default": 1,
            "maximum": 9,
            "automl_enabled": True,
            "x_automl": {"active_when": {"o": ["z"]}},
        },
    }
    return read_schema({"properties": properties}, "test")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"ranges": {"optim.lr": "1e-5:1e-3:log"}}, {"low": 1e-5, "high": 1e-3, "log": True}),
        ({"ranges": {"optim.lr": (1e-5, 1e-3, "linear")}}, {"low": 1e-5, "log": False}),
        ({"choices": {"optim.lr": "0.1,0.01"}}, {"choices": [0.01, 0.1], "low": 0.01}),
        ({"choices": {"model.depth": [4, 2, 8]}}, {"choices": [2, 4, 8], "kind": "choice"}),
        ({"choices": {"augment.mean": "[[0, 0], [1, 1]]"}}, {"choices": [[0, 0], [1, 1]]}),
        ({"choices": {"lr_steps": "[3],[5]"}}, {"choices": [[3], [5]]}),
        ({"weights": {"optim.name": "3,1"}}, {"weights": [0.75, 0.25]}),
        ({"weights": {"optim.name": {"sgd": 1, "adam": 1}}}, {"weights": [0.5, 0.5]}),
        (
            {"choices": {"depth": "2,4"}, "weights": {"depth": [1, 3]}},
            {"choices": [2, 4], "weights": [0.25, 0.75]},
        ),
        ({"choices": {"optim.lr": "1e-2,1E-3"}}, {"choices": [0.001, 0.01], "low": 0.001}),
        ({"choices": {"depth": ["1e1", 2]}}, {"choices": [2, 10]}),
        ({"choices": {"optim.lr": "[1e-2, 1E-3]"}}, {"choices": [0.001, 0.01], "low": 0.001}),
        (
            {"choices": {"optim.betas": "[9e-1, 0.9],[0.8, 99e-2]"}},
            {"choices": [[0.9, 0.9], [0.8, 0.99]]},
        ),
        (
            {"choices": {"optim.lr": "1e-2,1e-3"}, "weights": {"optim.lr": "3e0,1"}},
            {"choices": [0.001, 0.01], "weights": [0.25, 0.75]},
        ),
        (
            {"choices": {"optim.lr": "1e-2,1e-3"}, "weights": {"lr": {"1e-2": 3, 0.001: "1e0"}}},
            {"choices": [0.001, 0.01], "weights": [0.25, 0.75]},
        ),
        ({"ranges": {"optim.lr": ["1e-5", "1E-3"]}}, {"low": 1e-5, "high": 1e-3}),
        ({"ranges": {"augment.scale": "0.2:1"}}, None),
    ],
)
def test_wishes(
    sink: tuple[Schema, dict[str, Any]],
    options: Mapping[str, Any],
    expected: dict[str, Any] | None,
) -> None:
    if expected is None:
        with pytest.raises(SpaceError, match="leaves what is legal"):
            build_space(*sink, search=[], **options)
        return
    found = build_space(*sink, search=[], **options)
    assert len(found.parameters) == 1
    parameter = found.parameters[0].to_json()
    assert {key: parameter[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"choices": {"backbone": "small,huge"}}, "choice 'huge' is not one of"),
        ({"choices": {"depth": "1,two"}}, "choice 'two' is not of type int"),
        ({"choices": {"depth": "1,0"}}, "choice 0 is out of its legal range"),
        ({"choices": {"depth": "1,null"}}, "choice None is null"),
        ({"choices": {"flip": "0,1"}}, "choice 0 is not of type bool"),
        ({"choices": {"depth": "1"}}, "only 1 is possible"),
        ({"choices": {"depth": "1,1"}}, "has a choice twice"),
        ({"choices": {"operations": "[blur],[spin]"}}, "is not one of"),
        ({"choices": {"augment.scale": "[0.5],[0.2, 1.5]"}}, "does not have 2 to 2 items"),
        ({"choices": {"depth": "[a"}}, "must be values with commas between"),
        ({"ranges": {"backbone": "1:2"}}, "a range is for numbers, this is a choice"),
        ({"weights": {"optim.name": "1,2,3"}}, "needs 2 weights"),
        ({"weights": {"optim.name": "1,x"}}, "must be numbers"),
        ({"weights": {"optim.name": "1,0"}}, "must be positive"),
        ({"weights": {"model.dropout": "1,2"}}, "weights are for choices"),
        ({"ranges": {"depth": "1:2"}, "choices": {"depth": "1,2"}}, "either a range or choices"),
        ({"ranges": {"dept": "1:2"}}, "did you mean model.depth"),
    ],
)
def test_wishes_that_cannot_be(
    sink: tuple[Schema, dict[str, Any]], options: Mapping[str, Any], said: str
) -> None:
    with pytest.raises(SpaceError, match=said):
        build_space(*sink, search=[], **options)


@pytest.mark.parametrize("option", ["ranges", "choices", "weights"])
def test_one_option_names_a_leaf_once(sink: tuple[Schema, dict[str, Any]], option: str) -> None:
    twice = {"optim.lr": "0.1:0.2", "train.optim.lr": "0.1:0.3"}
    with pytest.raises(SpecError, match=r"'optim.lr' and 'train.optim.lr' both say train.optim.lr"):
        build_space(*sink, search=[], **{option: twice})


def test_several_impossible_wishes_are_said_together(
    sink: tuple[Schema, dict[str, Any]],
) -> None:
    with pytest.raises(SpaceError) as caught:
        build_space(*sink, ranges={"depth": "0:5", "dropout": "0.5:2"})
    assert len(caught.value.faults) == 2


def test_a_null_section_is_not_searched() -> None:
    inner = {"rank": {"type": "int", "default": 8, "minimum": 1, "maximum": 64}}
    document = {"default": {"lora": None}, "properties": {"lora": {"properties": inner}}}
    schema = read_schema({**document, "automl_default_parameters": ["lora.rank"]}, "test")
    assert schema.defaults() == {"lora": None}
    found = build_space(schema, schema.defaults())
    assert "section lora is null" in found.left_out[0].reason


def test_nothing_of_the_schema_is_dropped_in_silence() -> None:
    document = {
        "properties": {
            "x": {
                "type": "int",
                "default": 3,
                "maximum": 9,
                "automl_enabled": True,
                "quantum": 2,
                "enum_weights": [1],
            },
            "y": {"type": "int", "default": 3, "math_cond": "around 3"},
        },
        "if": {"properties": {"x": {"const": 3}}},
    }
    schema = read_schema(document, "test")
    warnings = build_space(schema, schema.defaults()).warnings
    assert [warning.split(": ")[:2] for warning in warnings] == [
        ["x", "quantum"],
        ["x", "enum_weights"],
        ["y", "math_cond"],
        ["(root)", "if"],
    ]


def test_the_packaged_skill() -> None:
    skill = load_skill(packaged_skill_dir())
    schema, spec = skill.schema("train"), build_spec(skill, "train")
    found = build_space(schema, spec.values, shorthand=skill.info.shorthand)
    assert len(found.parameters) > 5
    assert found.warnings == ()
    nodes = raw_checker.nodes_of(schema.source)
    suggest = RandomSuggest(0)
    for _ in range(500):
        params = found.draw(suggest, spec.values)
        full = found.apply(params, spec.values)
        assert not [f for n, v in params.items() for f in raw_checker.faults(n, nodes[n], v, full)]
    validate_spec(schema, full, allow_missing=schema.leaves)


def test_any_searchable_leaf_of_the_packaged_skill_can_be_searched_alone() -> None:
    skill = load_skill(packaged_skill_dir())
    schema, spec = skill.schema("train"), build_spec(skill, "train")
    searched = 0
    for name in schema.leaves:
        try:
            found = build_space(schema, spec.values, search=[name], allow_disabled=True)
        except SpaceError:
            continue
        searched += 1
        for _, full in sample(found, spec.values, 5, seed=1):
            validate_spec(schema, full, allow_missing=schema.leaves)
    assert searched > 50
