"""Schema keys that mean one element of a list: ``cls_weight[1]`` beside ``cls_weight``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_ELEMENT = re.compile(r"([^\[\]]+)((?:\[\d{1,4}\]){1,8})")


def split_element(key: str) -> tuple[str, list[int]] | None:
    """``"weights[1][0]"`` as ``("weights", [1, 0])``; None for a key without an index."""
    match = _ELEMENT.fullmatch(key)
    return (match[1], [int(index) for index in re.findall(r"\d+", match[2])]) if match else None


def element_default(key: str, defaults: Mapping[str, Any], missing: Any) -> Any:
    """The element that ``key`` means in the default of its list; ``missing`` without one."""
    name, indices = split_element(key) or ("", [])
    value = defaults.get(name)
    for index in indices:
        if not isinstance(value, list) or index >= len(value):
            return missing
        value = value[index]
    return value if indices else missing


def place_elements(properties: dict[str, Any], elements: Mapping[str, Any]) -> None:
    """Make JSON Schema nodes of elements ``prefixItems`` of their lists' nodes, in place."""
    for key, node in elements.items():
        name, (index, *inner) = split_element(key) or (key, [0])
        for below in reversed(inner):
            node = {"prefixItems": [*[True] * below, node]}
        values = properties.setdefault(name, {})
        if isinstance(values, dict):
            every = values.get("items", True)
            prefix = values.setdefault("prefixItems", [])
            prefix += [every] * (index + 1 - len(prefix))
            prefix[index] = {"allOf": [prefix[index], node]}
