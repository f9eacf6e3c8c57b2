"""Which parameters are searched by default, and what --search, --range and overrides change."""

from typing import Any

import pytest

from automl.errors import SpaceError
from automl.skill import Schema, read_schema
from automl.space import build_space, default_names
from automl.space.builder.selection import why_irrelevant


def rate(**more: Any) -> dict[str, Any]:
    return {"type": "float", "default": 0.1, "minimum": 0.01, "maximum": 1, **more}


def schema() -> Schema:
    optim = {
        "enabled": rate(automl_enabled=True),
        "listed": rate(),
        "own_false": rate(automl_enabled=False),
        "own_disabled": rate(automl_enabled=True),
        "neither": rate(),
        "LISTED": rate(),
    }
    document = {
        "automl_default_parameters": ["train.optim.listed", "train.optim.own_false"],
        "automl_disabled_parameters": ["train", "train.optim", "train.optim.own_disabled"],
        "properties": {
            "train": {
                "automl_enabled": False,
                "properties": {"optim": {"properties": optim, "automl_enabled": False}},
            },
            "evaluate": {"properties": {"cutoff": rate(automl_enabled=True)}},
        },
    }
    return read_schema(document, "test")


def space(**options: Any) -> Any:
    found = schema()
    return build_space(found, found.defaults(), **options)


def test_rule_1_the_most_specific_entry_wins() -> None:
    assert default_names(schema()) == (
        "train.optim.enabled",
        "train.optim.listed",
        "evaluate.cutoff",
    )
    assert space().names == ("train.optim.enabled", "train.optim.listed")


def test_a_leaf_that_is_default_and_disabled_is_disabled_and_said() -> None:
    reasons = {out.name: out.reason for out in space().left_out}
    assert "disabled wins" in reasons["train.optim.own_disabled"]
    assert "disabled wins" in reasons["train.optim.own_false"]


def test_rule_2_search_replaces_the_default_set() -> None:
    assert space(search=["neither"]).names == ("train.optim.neither",)
    assert space(search=["optim.neither, optim.listed"]).names == (
        "train.optim.listed",
        "train.optim.neither",
    )
    assert space(search=["short"], shorthand={"short": "train.optim.listed"}).names == (
        "train.optim.listed",
    )


def test_rule_2_a_disabled_leaf_is_refused_unless_allowed() -> None:
    with pytest.raises(SpaceError, match="own_disabled is disabled .* use --allow-disabled"):
        space(search=["own_disabled"])
    assert space(search=["own_disabled"], allow_disabled=True).names == (
        "train.optim.own_disabled",
    )


def test_rule_3_a_key_that_the_user_fixed_is_not_searched() -> None:
    found = space(user_keys=["train.optim.listed"])
    assert found.names == ("train.optim.enabled",)
    assert [(f.name, f.value, f.why) for f in found.fixed] == [
        ("train.optim.listed", 0.1, "set by you")
    ]
    with pytest.raises(SpaceError, match="both set and asked to be searched"):
        space(search=["listed"], user_keys=["train.optim.listed"])


def test_rule_4_what_cannot_change_the_metric_comes_back_by_name() -> None:
    assert (
        "belongs to 'evaluate'" in {o.name: o.reason for o in space().left_out}["evaluate.cutoff"]
    )
    assert space(search=["cutoff"]).names == ("evaluate.cutoff",)
    assert "evaluate.cutoff" in space(action="evaluate").names


def test_a_wish_adds_to_the_default_set() -> None:
    found = space(ranges={"neither": "0.1:0.5"})
    assert found.names == ("train.optim.enabled", "train.optim.listed", "train.optim.neither")


def test_names_differing_in_case_are_two_parameters() -> None:
    assert space(search=["LISTED", "listed"]).names == ("train.optim.listed", "train.optim.LISTED")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("train.optim", "is a collection; name a parameter in it: train.optim.enabled"),
        ("enabledd", "did you mean train.optim.enabled"),
        ("zzz", "unknown key 'zzz'"),
    ],
)
def test_names_that_mean_no_parameter(name: str, said: str) -> None:
    with pytest.raises(SpaceError, match=said):
        space(search=[name])


def test_all_refused_names_are_listed() -> None:
    with pytest.raises(SpaceError) as caught:
        space(search=["own_disabled", "own_false"])
    assert len(caught.value.faults) == 2


@pytest.mark.parametrize(
    ("name", "relevant"),
    [
        ("dataset.num_workers", False),
        ("dataset.workers", False),
        ("dataset.pin_memory", False),
        ("train.num_gpus", False),
        ("train.gpu_ids", False),
        ("train.num_nodes", False),
        ("train.device", False),
        ("dataset.val_batch_size", False),
        ("dataset.val.batch_size", False),
        ("dataset.test.batch_size", False),
        ("evaluate.threshold", False),
        ("inference.threshold", False),
        ("a.test.b", False),
        ("export.opset", False),
        ("train.checkpoint_interval", False),
        ("train.validation_interval", False),
        ("train.batch_size", True),
        ("dataset.train.batch_size", True),
        ("model.evaluate_margin", True),
        ("dataset.val.flip", False),
        ("dataset.val_aug.flip", False),
        ("dataset.test_max_size", False),
        ("inference_args.x", False),
        ("distill.teacher.dropout", False),
        ("distill.teacher_model.dropout", False),
        ("model.valve_gain", True),
        ("model.inferential", True),
        ("model.num_heads", True),
        ("model.node_dim_scale", True),
        ("train.optim.lr", True),
        ("train.seed", True),
    ],
)
def test_relevance_by_name(name: str, relevant: bool) -> None:
    document: dict[str, Any] = {"type": "int", "default": 1}
    for part in reversed(name.split(".")):
        document = {"properties": {part: document}}
    leaf = read_schema(document, "test").leaves[name]
    assert (why_irrelevant(leaf) is None) is relevant


def test_paths_are_irrelevant_only_as_text() -> None:
    properties = {
        "weights_path": {"type": "string", "default": ""},
        "path": {"type": "float", "default": 0.5},
    }
    leaves = read_schema({"properties": properties}, "test").leaves
    assert why_irrelevant(leaves["weights_path"]) is not None
    assert why_irrelevant(leaves["path"]) is None
