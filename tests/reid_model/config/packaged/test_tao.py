"""What the packaged schemas say of TAO's own: marks of existing keys that let the defaults pass."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from reid_model.config import ACTIONS
from reid_model.config.experiment import ExperimentConfig
from reid_model.config.keys import keys_of
from reid_model.config.packaged.schema import schema_of
from reid_model.config.packaged.tao import MARKS, WORD

# How many keys TAO's own schemas have. A new key of ours changes a number unless it is marked.
KEYS_OF_TAO = {"train": 103, "evaluate": 114, "inference": 113, "export": 107}


def marked(node: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """The marks below a node by their keys' names, and how many leaves TAO has of it."""
    found, count = {}, 0
    for name, child in node["properties"].items():
        mark = child.get(WORD, True)
        if mark is not True:
            found[name] = (mark, child["default"])
        if mark is not False and "properties" in child:
            inner, more = marked(child)
            found |= {f"{name}.{key}": one for key, one in inner.items()}
            count += more
        elif mark is not False:
            count += 1
    return found, count


@pytest.mark.parametrize("action", ACTIONS)
def test_every_key_is_taos_or_marked_as_ours(action: str) -> None:
    marks, count = marked(schema_of(action))
    assert count == KEYS_OF_TAO[action]
    sections = {"evaluate", "inference", "export"} - {action}
    expected = {key for key in MARKS if key.partition(".")[0] not in sections}
    assert marks.keys() == expected | sections


@pytest.mark.parametrize("action", ACTIONS)
def test_marks_are_json_schemas_that_accept_our_defaults(action: str) -> None:
    for mark, default in marked(schema_of(action))[0].values():
        jsonschema.Draft202012Validator.check_schema(mark)
        if mark is not False:
            jsonschema.validate(default, mark)


def test_marks_are_of_keys() -> None:
    assert MARKS.keys() <= {name for name, _ in keys_of(ExperimentConfig)}
