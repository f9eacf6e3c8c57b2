"""Runs the trainer of this skill: ``launch.py SPEC RESULTS_DIR``, written by ``automl init``.

``launch.json`` beside this file says how the trainer takes its parameters: as flags, as
``key=value`` words, as a file, or as an object that a function is called with.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
import typing
from pathlib import Path
from typing import Any, Iterator  # noqa: UP035 - any Python 3.8

_BARE = re.compile(r"[A-Za-z_][\w./-]*")
_YAML_WORDS = ("true", "false", "null", "yes", "no", "on", "off", "nan", "inf")


def _value(spec: Any, key: str) -> Any:
    for part in key.split("."):
        spec = spec.get(part) if isinstance(spec, dict) else None
    return spec


def _flags(option: dict[str, Any], value: Any) -> list[str]:
    """The words that give an option of a command line a value."""
    kind, flag = option["kind"], option["flag"]
    if kind in ("on", "off", "switch"):
        word = flag if value == (kind != "off") else option.get("off_flag")
        return [word] if word else []
    if kind == "const":
        return [flag] if value else []
    if kind == "count":
        return [flag] * int(value)
    values = [str(each) for each in (value if isinstance(value, list) else [value])]
    if flag is None:
        return values
    if kind == "append" and not option.get("many"):
        return [word for each in values for word in _pair(flag, each)]
    return [flag, *values] if option.get("many") else _pair(flag, values[0])


def _pair(flag: str, value: str) -> list[str]:
    return [flag + "=" + value] if flag.startswith("--") else [flag, value]


def _command_line(settings: dict[str, Any], spec: Any) -> Iterator[str]:
    """Yield the flags of each command, then the name of the command below it."""
    levels = settings.get("subcommand", [])
    for level in range(len(levels) + 1):
        words: list[str] = []
        for option in settings["options"]:
            value = _value(spec, option["key"])
            if option.get("level", 0) == level and value is not None and value != option["default"]:
                new = _flags(option, value)
                words = new + words if option["flag"] is None else words + new
        yield from words
        yield from levels[level : level + 1]


def _override(value: Any) -> str:
    """A value as Hydra and OmegaConf read it behind ``key=``."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, list):
        return "[" + ",".join(map(_override, value)) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(k + ":" + _override(v) for k, v in value.items()) + "}"
    if not isinstance(value, str) or (_BARE.fullmatch(value) and value.lower() not in _YAML_WORDS):
        return str(value)
    return "'" + value.replace("'", "\\'") + "'"


def _overrides(settings: dict[str, Any], spec: Any, results: str) -> Iterator[str]:
    for option in settings["options"]:
        value = _value(spec, option["key"])
        if value != option["default"]:
            yield option["key"] + "=" + _override(value)
    for key in settings.get("results_keys", []):
        yield key + "=" + _override(results)


def _built(kind: Any, values: Any) -> Any:
    """An object of a dataclass or pydantic model out of nested values."""
    if hasattr(kind, "model_validate"):
        return kind.model_validate(values)
    if not hasattr(kind, "__dataclass_fields__") or not isinstance(values, dict):
        rest = [each for each in typing.get_args(kind) if each is not type(None)]
        inner = next((each for each in rest if _is_built(each)), None)
        if inner is not None and values is not None:
            return _built(inner, values)
        return kind(values) if isinstance(kind, type) and hasattr(kind, "__members__") else values
    hints = typing.get_type_hints(kind)
    return kind(**{key: _built(hints[key], each) for key, each in values.items() if key in hints})


def _is_built(kind: Any) -> bool:
    return any(hasattr(kind, mark) for mark in ("__dataclass_fields__", "__members__"))


def _named(place: str) -> Any:
    module, _, name = place.partition(":")
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found


def main() -> None:
    """Start the trainer in place of this process, or call it."""
    config, results = sys.argv[1:3]
    settings = json.loads((Path(__file__).parent / "launch.json").read_text(encoding="utf-8"))
    filled = {"{python}": sys.executable, "{config_path}": config, "{results_dir}": results}
    argv = [str(word) for word in settings.get("command", [])]
    for name, value in filled.items():
        argv = [word.replace(name, value) for word in argv]
    style = settings["style"]
    spec = json.loads(Path(config).read_text(encoding="utf-8")) if style != "file" else {}
    if style == "call":
        sys.path[0] = os.getcwd()
        _named(settings["call"])(_built(_named(settings["class"]), spec))
        return
    if style == "flags":
        argv += _command_line(settings, spec)
    elif style == "overrides":
        argv += _overrides(settings, spec, results)
    os.execvp(argv[0], argv)


if __name__ == "__main__":
    main()
