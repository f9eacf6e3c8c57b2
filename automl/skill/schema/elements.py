"""Schema keys that mean one element of a list: ``cls_weight[1]`` beside ``cls_weight``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_ELEMENT = re.compile(r"([^\[\]]+)\[(\d+)\]")


def split_element(key: str) -> tuple[str, int] | None:
    """``"cls_weight[1]"`` as ``("cls_weight", 1)``; None for a key without an index."""
    match = _ELEMENT.fullmatch(key)
    return (match[1], int(match[2])) if match else None


def element_default(key: str, defaults: Mapping[str, Any], missing: Any) -> Any:
    """The element that ``key`` means in the default of its list; ``missing`` without one."""
    name, index = split_element(key) or ("", 0)
    values = defaults.get(name)
    return values[index] if isinstance(values, list) and index < len(values) else missing


def place_elements(properties: dict[str, Any], elements: Mapping[str, Any]) -> None:
    """Make JSON Schema nodes of elements ``prefixItems`` of their lists' nodes, in place."""
    for key, node in elements.items():
        name, index = split_element(key) or (key, 0)
        values = properties.setdefault(name, {})
        if isinstance(values, dict):
            every = values.get("items", True)
            prefix = values.setdefault("prefixItems", [])
            prefix += [every] * (index + 1 - len(prefix))
            prefix[index] = {"allOf": [prefix[index], node]}
