"""Asks for the fields of a dataclass or a pydantic model: ``ask_class.py ANSWER MODULE:CLASS CWD``.

It runs in a child process with the trainer's Python and imports nothing of ours.
"""

from __future__ import annotations

import dataclasses
import enum
import importlib
import json
import os
import pathlib
import sys
import typing
from typing import Any, Iterator  # noqa: UP035 - any Python 3.8

_MISSING = object()
_TYPES = {int: "int", float: "float", str: "str", bool: "bool", pathlib.Path: "str"}
_ENDS = ("ge", "gt", "le", "lt", "multiple_of")
_UNIONS = ("Union", "UnionType", "Optional")


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and (
        dataclasses.is_dataclass(kind) or hasattr(kind, "model_fields")
    )


def _fields(model: Any) -> Iterator[tuple[str, Any, Any, str, list[Any]]]:
    """Yield name, annotation, default, help and constraints of each field."""
    if hasattr(model, "model_fields"):
        for name, field in model.model_fields.items():
            default = (
                _MISSING if field.is_required() else field.get_default(call_default_factory=True)
            )
            yield name, field.annotation, default, field.description or "", list(field.metadata)
        return
    hints = typing.get_type_hints(model)
    for field in dataclasses.fields(model):
        if field.init:
            words = field.metadata.get("help") or field.metadata.get("description") or ""
            yield field.name, hints[field.name], _default(field), str(words), [field.metadata]


def _default(field: Any) -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return _MISSING


def _options(model: Any, instance: Any, prefix: str) -> Iterator[dict[str, Any]]:
    for name, annotation, default, words, marks in _fields(model):
        value = getattr(instance, name, _MISSING) if instance is not None else default
        kind, nullable, choices, extra = _read(annotation)
        key = prefix + name
        if _is_model(kind):
            given = None if value in (None, _MISSING) else value
            yield from _options(kind, given, key + ".")
            continue
        yield {
            "key": key,
            "kind": "value",
            "type": _TYPES.get(kind, "other"),
            "many": kind in (list, tuple, set),
            "mapping": kind is dict,
            "nullable": nullable,
            "default": None if value is _MISSING else _plain(value),
            "plain": value is _MISSING or _is_plain(value),
            "choices": choices,
            "help": words,
            "required": value is _MISSING,
            **_ends([*marks, *extra]),
        }


def _read(annotation: Any) -> tuple[Any, bool, Any, list[Any]]:
    """The type of an annotation, whether it may be None, its choices, and its constraints."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    name = getattr(origin, "__name__", str(origin)).rpartition(".")[2]
    if hasattr(annotation, "__metadata__"):
        kind, nullable, choices, extra = _read(annotation.__origin__)
        return kind, nullable, choices, [*extra, *annotation.__metadata__]
    if name in _UNIONS:
        rest = [each for each in arguments if each is not type(None)]
        kind, _, choices, extra = _read(rest[0])
        single = len(rest) == 1 or {*rest} == {int, float}
        return (kind if len(rest) == 1 else float) if single else None, True, choices, extra
    if name == "Literal":
        return type(arguments[0]), None in arguments, [a for a in arguments if a is not None], []
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        values = [_plain(member) for member in annotation]
        return type(values[0]), False, values, []
    return origin or annotation, False, None, []


def _ends(marks: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for mark in marks:
        for end in _ENDS:
            value = mark.get(end) if hasattr(mark, "get") else getattr(mark, end, None)
            if isinstance(value, (int, float)):
                found[end] = value
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.value if isinstance(value.value, (int, float, str)) else value.name
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    return str(value)


def _is_plain(value: Any) -> bool:
    if isinstance(value, (list, tuple, set, frozenset)):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(map(_is_plain, value.values()))
    return value is None or isinstance(value, (bool, int, float, str, os.PathLike, enum.Enum))


def main() -> None:
    """Import the class and answer with its fields."""
    answer, place, folder = sys.argv[1:4]
    sys.path[0] = folder
    module, _, name = place.partition(":")
    model: Any = importlib.import_module(module)
    for part in name.split("."):
        model = getattr(model, part)
    if not _is_model(model):
        print(f"{place} is no dataclass and no pydantic model", file=sys.stderr)
        os._exit(4)
    with open(answer, "w", encoding="utf-8") as file:
        json.dump({"kind": "class", "options": list(_options(model, None, ""))}, file)
    os._exit(0)


if __name__ == "__main__":
    main()
