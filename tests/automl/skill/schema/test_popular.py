"""The parameters that a schema calls popular, in each form in which schemas say it."""

from typing import Any

import pytest

from automl.skill import packaged_skill_dir, read_schema
from automl.skill.files import read_json


def schema(root: Any = None, section: Any = None, leaf: Any = None) -> dict[str, Any]:
    lr = {"type": "float", "default": 0.1, **({"popular": leaf} if leaf is not None else {})}
    train = {"properties": {"lr": lr, "epochs": {"type": "int", "default": 3}}}
    train |= {"popular": section} if section is not None else {}
    document: dict[str, Any] = {"properties": {"train": train, "size": {"type": "int"}}}
    return document | ({"popular": root} if root is not None else {})


@pytest.mark.parametrize(
    ("document", "popular"),
    [
        (schema(), {}),
        (schema(root={"train": {"lr": 0.2}}), {"train.lr": 0.2}),
        (schema(root={"size": 4, "gone": 1}), {"size": 4}),
        (schema(section=["epochs", "gone"]), {"train.epochs": 3}),
        (schema(leaf=True), {"train.lr": 0.1}),
        (schema(leaf=False), {}),
        (schema({"train": {"lr": 0.2}}, ["epochs"], True), {"train.lr": 0.2, "train.epochs": 3}),
        (schema(root=["size", "train.lr"]), {"train.lr": 0.1, "size": None}),
    ],
)
def test_the_forms(document: dict[str, Any], popular: dict[str, Any]) -> None:
    assert read_schema(document, "test").popular == popular


def test_the_packaged_schema_has_the_form_of_taos() -> None:
    document = read_json(packaged_skill_dir() / "schemas/train.schema.json")
    assert document["popular"]["train"]["optim"]["base_lr"] == 0.00035
    assert document["properties"]["train"]["popular"][:2] == ["num_gpus", "num_epochs"]
    assert "train.optim.base_lr" in read_schema(document, "test").popular
