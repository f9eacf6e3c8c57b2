"""What names imply in schemas of others: switches, schedulers, optimizers, pairs, warm-ups."""

from typing import Any

import pytest

from automl.skill import read_schema
from automl.space import RandomSuggest, Space, build_space
from automl.spec.nested import flatten, unflatten

DRAWS = 200


def number(kind: str, default: float, low: float, high: float) -> dict[str, Any]:
    return {
        "type": kind,
        "default": default,
        "minimum": low,
        "maximum": high,
        "automl_enabled": True,
    }


def choice(default: str, *options: str, enabled: bool = False) -> dict[str, Any]:
    return {
        "type": "categorical",
        "default": default,
        "enum": list(options),
        "automl_enabled": enabled,
    }


def flag(default: bool, enabled: bool = False) -> dict[str, Any]:
    return {"type": "bool", "default": default, "automl_enabled": enabled}


def space_of(leaves: dict[str, dict[str, Any]], **options: Any) -> tuple[Space, dict[str, Any]]:
    """The space of leaves given by dotted name, and the spec of their defaults."""
    nested = unflatten(leaves)

    def node(value: dict[str, Any]) -> dict[str, Any]:
        if "type" in value and isinstance(value["type"], str):
            return value
        return {"properties": {key: node(member) for key, member in value.items()}}

    schema = read_schema(node(nested), "test")
    base = schema.defaults()
    return build_space(schema, base, **options), base


def draws(space: Space, base: dict[str, Any]) -> list[dict[str, Any]]:
    suggest = RandomSuggest(0)
    return [space.draw(suggest, base) for _ in range(DRAWS)]


@pytest.mark.parametrize("switch", ["aug.color.enable", "aug.color.enabled", "aug.enable_color"])
def test_what_lies_below_a_switch_that_is_off_is_left_out(switch: str) -> None:
    leaves = {switch: flag(False), "aug.color.hue": number("float", 0.2, 0, 0.5)}
    space, _ = space_of(leaves)
    assert space.names == ()
    assert f"{switch} is true" in space.left_out[0].reason


@pytest.mark.parametrize("deep", ["aug.color.hue", "aug.color.more.hue"])
def test_a_searched_switch_decides_what_lies_below_it(deep: str) -> None:
    leaves = {"aug.color.enable": flag(True, True), deep: number("float", 0.2, 0, 0.5)}
    space, base = space_of(leaves)
    drawn = draws(space, base)
    assert {(one["aug.color.enable"], deep in one) for one in drawn} == {
        (True, True),
        (False, False),
    }


def test_a_switch_of_another_section_decides_nothing() -> None:
    leaves = {"wandb.enable": flag(False), "aug.hue": number("float", 0.2, 0, 0.5)}
    assert space_of(leaves)[0].names == ("aug.hue",)


@pytest.mark.parametrize(
    ("scheduler", "acts"),
    [("StepLR", True), ("step", True), ("MultiStep", False), ("MultiStepLR", False)],
)
def test_a_step_size_acts_under_a_step_schedule_alone(scheduler: str, acts: bool) -> None:
    leaves = {
        "optim.lr_scheduler": choice(scheduler, "StepLR", "step", "MultiStep", "MultiStepLR"),
        "optim.lr_step_size": number("int", 11, 1, 100),
    }
    assert ("optim.lr_step_size" in space_of(leaves)[0].names) is acts


@pytest.mark.parametrize(
    ("optimizer", "acts"), [("SGD", True), ("AdamW", False), ("adam", False), ("RMSprop", True)]
)
def test_a_momentum_does_not_act_under_adam(optimizer: str, acts: bool) -> None:
    leaves = {
        "optim.optimizer": choice(optimizer, "SGD", "AdamW", "adam", "RMSprop"),
        "optim.momentum": number("float", 0.9, 0, 1),
    }
    assert ("optim.momentum" in space_of(leaves)[0].names) is acts


def test_a_teachers_momentum_is_none_of_the_optimizers() -> None:
    leaves = {
        "optim.optimizer": choice("AdamW", "SGD", "AdamW"),
        "optim.teacher_momentum": number("float", 0.9, 0, 1),
    }
    assert space_of(leaves)[0].names == ("optim.teacher_momentum",)


def test_a_bare_parent_of_a_whole_number_bounds_it() -> None:
    select = {**number("int", 300, 1, 1000), "depends_on": "model.num_queries"}
    queries = number("int", 300, 1, 1000)
    space, base = space_of({"model.num_queries": queries, "model.num_select": select})
    drawn = draws(space, base)
    assert all(one["model.num_select"] <= one["model.num_queries"] for one in drawn)
    fixed, base = space_of(
        {"model.num_queries": {**queries, "automl_enabled": False}, "model.num_select": select}
    )
    assert max(one["model.num_select"] for one in draws(fixed, base)) <= 300


def test_a_parent_that_its_packaged_child_exceeds_bounds_nothing() -> None:
    child = {**number("int", 300, 1, 1000), "depends_on": "a.width"}
    space, base = space_of({"a.width": number("int", 200, 1, 1000), "a.child": child})
    assert any(one["a.child"] > one["a.width"] for one in draws(space, base))


@pytest.mark.parametrize(("queries", "select"), [(40, None), (None, 700)])
def test_what_the_user_sets_of_a_pair_bounds_the_other(
    queries: int | None, select: int | None
) -> None:
    child = {**number("int", 100, 1, 1000), "depends_on": "model.num_queries"}
    leaves = {"num_queries": number("int", 300, 1, 1000), "num_select": child}
    schema = read_schema({"properties": {"model": {"properties": leaves}}}, "test")
    given = {"num_queries": queries} if queries else {"num_select": select}
    base = {"model": {"num_queries": 300, "num_select": 100, **given}}
    space = build_space(schema, base, user_keys=[f"model.{name}" for name in given])
    for one in draws(space, base):
        drawn = {**flatten(base), **one}
        assert drawn["model.num_select"] <= drawn["model.num_queries"]


@pytest.mark.parametrize("pair", ["min_size max_size", "size_min size_max"])
def test_pairs_of_least_and_most_keep_their_order(pair: str) -> None:
    least, most = (f"aug.{name}" for name in pair.split())
    leaves = {least: number("int", 200, 32, 900), most: number("int", 600, 32, 900)}
    space, base = space_of(leaves)
    drawn = draws(space, base)
    assert all(one[least] <= one[most] for one in drawn)
    assert len({one[least] for one in drawn}) > 50


def test_a_warmup_ends_within_the_budget() -> None:
    leaves = {
        "train.num_epochs": {"type": "int", "default": 10},
        "train.warmup_epochs": number("int", 1, 0, 100),
    }
    space, base = space_of(leaves)
    assert max(one["train.warmup_epochs"] for one in draws(space, base)) <= 5


@pytest.mark.parametrize("name", ["decay_step_list", "steps", "milestones", "lr_steps"])
def test_decay_lists_are_distinct_and_inside_the_budget(name: str) -> None:
    leaves = {
        "train.num_epochs": {"type": "int", "default": 80},
        f"train.{name}": {"type": "list_2", "default": [35, 45], "automl_enabled": True},
    }
    space, base = space_of(leaves)
    for one in draws(space, base):
        first, second = one[f"train.{name}"]
        assert 1 <= first < second < 80


def test_milestones_in_iterations_are_no_epochs() -> None:
    leaves = {
        "train.num_epochs": {"type": "int", "default": 50},
        "train.steps": {"type": "list", "default": [327778, 355092], "automl_enabled": True},
    }
    space, _ = space_of(leaves)
    assert "count iterations, not epochs" in space.left_out[0].reason


def test_a_space_without_its_learning_rate_is_warned_of() -> None:
    rate = {**number("float", 1e-3, 0, 1), "automl_enabled": False}
    leaves = {"optim.base_lr": rate, "aug.hue": number("float", 0.2, 0, 0.5)}
    space, _ = space_of(leaves)
    assert any("no learning rate is searched" in one for one in space.warnings)
    fixed, _ = space_of(leaves, user_keys=["optim.base_lr"])
    assert not fixed.warnings


@pytest.mark.parametrize(("many", "warned"), [(20, False), (21, True)])
def test_a_space_of_more_than_twenty_is_warned_of(many: int, warned: bool) -> None:
    leaves = {f"aug.p{i}": number("float", 0.2, 0, 0.5) for i in range(many)}
    space, _ = space_of(leaves)
    assert any("parameters are more than" in one for one in space.warnings) is warned
