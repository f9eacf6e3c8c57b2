"""The JSON schemas of the packaged actions, generated from the typed spec (``make schemas``).

Each is valid JSON Schema 2020-12, so any validator can check a spec. Its annotations (see
docs/architecture.md, "Schema dialect") say which keys a sweep searches, where, and when, and what
TAO accepts of them.
"""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from typing import Any, cast, get_args, get_origin, get_type_hints

from reid_model.config.experiment import ExperimentConfig
from reid_model.config.keys import Key, key_of, keys_of
from reid_model.config.packaged.tao import key_mark, section_mark

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_WORDS = {bool: "boolean", int: "integer", float: "number", str: "string"}
_SEARCHED_ACTION = "train"


def schema_of(action: str) -> dict[str, Any]:
    """The schema of one action; only train is searched by default."""
    searched, disabled = [], []
    for name, key in keys_of(ExperimentConfig):
        if key.searched and action == _SEARCHED_ACTION:
            searched.append(name)
        elif key.searched is False:
            disabled.append(name)
    return {
        "$schema": DIALECT,
        "title": f"re_identification {action}",
        "type": "object",
        "default": defaults_of(ExperimentConfig),
        "automl_default_parameters": searched,
        "automl_disabled_parameters": disabled,
        "popular": _popular_defaults(ExperimentConfig),
        "properties": _properties(ExperimentConfig, action),
        "additionalProperties": False,
    }


def defaults_of(kind: type[Any]) -> dict[str, Any]:
    """The nested default values of a section, plain lists in place of tuples."""
    hints = get_type_hints(kind)
    found: dict[str, Any] = {}
    for entry in fields(kind):
        if is_dataclass(hints[entry.name]):
            found[entry.name] = defaults_of(cast(type[Any], hints[entry.name]))
        else:
            assert entry.default is not MISSING
            found[entry.name] = _plain(entry.default)
    return found


def _popular_defaults(kind: type[Any]) -> dict[str, Any]:
    """The nested defaults of the keys that people set most often, in the form of TAO's schemas."""
    hints = get_type_hints(kind)
    found: dict[str, Any] = {}
    for entry in fields(kind):
        key = key_of(entry)
        if key is None and (inner := _popular_defaults(hints[entry.name])):
            found[entry.name] = inner
        elif key is not None and key.popular:
            found[entry.name] = _plain(entry.default)
    return found


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _properties(kind: type[Any], action: str, prefix: str = "") -> dict[str, Any]:
    hints = get_type_hints(kind)
    found: dict[str, Any] = {}
    for entry in fields(kind):
        hint, key, name = hints[entry.name], key_of(entry), f"{prefix}{entry.name}"
        if key is None:
            found[entry.name] = _section(hint, action, name) | section_mark(name, action)
        else:
            found[entry.name] = _leaf(hint, key, _plain(entry.default), action) | key_mark(name)
    return found


def _section(kind: type[Any], action: str, name: str) -> dict[str, Any]:
    popular = list(_popular_defaults(kind))
    return {
        "type": "object",
        "description": (kind.__doc__ or "").splitlines()[0],
        "default": defaults_of(kind),
        **({"popular": popular} if popular else {}),
        "properties": _properties(kind, action, f"{name}."),
        "additionalProperties": False,
    }


def _leaf(hint: Any, key: Key, default: Any, action: str) -> dict[str, Any]:
    if get_origin(hint) is tuple:
        item = _scalar(get_args(hint)[0], key)
        node: dict[str, Any] = {"type": "array", "items": item, **_list_rules(key)}
    else:
        node = _scalar(hint, key)
    node |= {"title": key.doc.split(";")[0].rstrip("."), "description": key.doc, "default": default}
    return node | _annotations(key, action)


def _scalar(kind: Any, key: Key) -> dict[str, Any]:
    node = {"type": _WORDS[kind], **_bounds(key)}
    chosen = {**node, "enum": list(key.enum)} if key.enum else node
    if not key.pattern:
        return chosen
    return {"anyOf": [chosen, {**node, "pattern": key.pattern}]}


def _bounds(key: Key) -> dict[str, Any]:
    bounds = {
        "minimum": key.minimum,
        "maximum": key.maximum,
        "exclusiveMinimum": key.above,
        "exclusiveMaximum": key.below,
    }
    return {word: bound for word, bound in bounds.items() if bound is not None}


def _list_rules(key: Key) -> dict[str, Any]:
    low, high = key.length or (0, None)
    rules: dict[str, Any] = {"minItems": low} if low else {}
    if high is not None:
        rules["maxItems"] = high
    if key.distinct:
        rules["uniqueItems"] = True
    return rules


def _annotations(key: Key, action: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if key.searched is not None:
        found["automl_enabled"] = key.searched and action == _SEARCHED_ACTION
    if key.popular:
        found["popular"] = True
    if key.math_cond:
        found["math_cond"] = key.math_cond
    if key.depends_on:
        found["depends_on"] = list(key.depends_on)
    if vendor := key.x_automl():
        found["x_automl"] = vendor
    return found
