"""What a sweep may draw, the trainer takes: its refusals and the schema's conditions agree."""

from typing import Any

import pytest

from automl.errors import SpaceError
from automl.skill import Schema, load_skill, packaged_skill_dir
from automl.space import Space, build_space, sample
from automl.space.builder.selection import is_disabled
from automl.spec import build_spec
from automl.spec.build import ResolvedSpec
from reid_model.config import load_spec

SKILL = load_skill(packaged_skill_dir())
SCHEMA: Schema = SKILL.schema("train")
BUDGET = "train.num_epochs"


def everything(resolved: ResolvedSpec, *more: str) -> Space:
    """The space of every key that can be searched beside all others, and those of ``more``."""
    names = [
        name
        for name in SCHEMA.leaves
        if name not in resolved.user_keys and (name in more or not is_disabled(SCHEMA, name))
    ]
    while True:
        try:
            return build_space(
                SCHEMA,
                resolved.values,
                search=names,
                user_keys=resolved.user_keys,
                allow_disabled=True,
            )
        except SpaceError as exc:
            impossible = {line.partition(":")[0] for line in exc.faults}
            assert impossible & set(names)
            names = [name for name in names if name not in impossible]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("overrides", "more"),
    [
        ([], ()),
        ([], (BUDGET,)),
        (
            [
                "train.optim.momentum=0.8",
                "train.optim.triplet_loss_margin=0.5",
                "train.optim.lr_steps=[4, 8]",
                "train.optim.cosine_scale=16",
                "model.last_stride=2",
                "model.feat_dim=128",
            ],
            (),
        ),
    ],
    ids=["the defaults", "a budget that is drawn", "values that act in some draws only"],
)
def test_no_draw_of_any_key_is_refused(overrides: list[str], more: tuple[str, ...]) -> None:
    resolved = build_spec(SKILL, "train", overrides=overrides)
    space = everything(resolved, *more)
    assert len(space.parameters) > 50
    seen: set[str] = set()
    for params, spec in sample(space, resolved.values, 200, seed=1):
        load_spec(spec)
        seen |= params.keys()
    assert seen == set(space.names)


def test_a_fixed_value_rests_where_it_cannot_act() -> None:
    resolved = build_spec(SKILL, "train", overrides=["train.optim.momentum=0.8"])
    space = build_space(
        SCHEMA, resolved.values, search=["optim.name"], user_keys=resolved.user_keys
    )
    momentum: dict[str, Any] = {
        params["train.optim.name"]: spec["train"]["optim"]["momentum"]
        for params, spec in sample(space, resolved.values, 50, seed=1)
    }
    assert momentum == {"SGD": 0.8, "Adam": 0.9, "AdamW": 0.9}
    assert [(fixed.name, fixed.value, fixed.why) for fixed in space.fixed] == [
        (
            "train.optim.momentum",
            0.8,
            "set by you, where train.optim.name is SGD; elsewhere the default 0.9",
        )
    ]
    assert Space.from_json(space.to_json()) == space
    alone = build_space(SCHEMA, resolved.values, user_keys=resolved.user_keys)
    assert not {"train.optim.momentum"} & {leaf.name for leaf in alone.inactive}
