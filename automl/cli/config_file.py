"""From the options of the command line and of a config file to one run request."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import click
import yaml

from automl.bounded_yaml import decode, load_yaml
from automl.cli.request_options import TYPES
from automl.errors import InputError
from automl.launch.options import FLAGS, LISTS, MAPPINGS, Kind, Option
from automl.launch.request import OPTIONS, RunRequest
from automl.launch.resource_amounts import read_amount
from automl.skill.files import why_unread
from automl.spec.files import POLICY_KEY
from automl.spec.keys import parse_override

_BY_KEY: Final = {
    **{option.key.replace("-", "_"): option for option in OPTIONS.values()},
    POLICY_KEY: OPTIONS["policy"],
}


def read_request(options: Mapping[str, Any], config: Path | None) -> RunRequest:
    """Return the request of the command line's options over a config file's.

    Args:
        options: field of the request -> value; what was not given is None or empty.
        config: a YAML file whose keys are the long option names (``time-budget`` or
            ``time_budget``); repeatable ``NAME=VALUE`` options are mappings there.

    Raises:
        InputError: the file is unreadable, or an option is unknown or malformed.
    """
    given = {name: value for name, value in options.items() if value not in (None, (), {})}
    if "overrides" in given:
        given["overrides"] = dict(parse_override(text) for text in given["overrides"])
    filed = _read_config(config) if config else {}
    merged = {**filed, **given}
    for name in filed.keys() & given.keys():
        if OPTIONS[name].kind in MAPPINGS:
            merged[name] = ChainMap(given[name], filed[name])
    request = RunRequest(**merged)
    request.configured.update({name: str(config) for name in filed if name not in given})
    return request


def _read_config(path: Path) -> dict[str, Any]:
    try:
        raw = load_yaml(decode(path.read_bytes()), unique=True)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"cannot read the config file {path}: {why_unread(error)}") from error
    if not isinstance(raw, dict):
        raise InputError(f"{path} must hold a mapping of options")
    given = [(str(key).replace("-", "_"), value) for key, value in raw.items() if value is not None]
    unknown = sorted({key for key, _ in given} - set(_BY_KEY))
    if unknown:
        raise InputError(f"{path}: unknown options {_with_hint(unknown)}")
    found: dict[str, Any] = {}
    for key, value in given:
        name = _BY_KEY[key].name
        if name in found:
            raise InputError(f"{path}: two keys say {_BY_KEY[key].key}: give it once")
        found[name] = _value(path, key, value)
    return found


def _with_hint(unknown: list[str]) -> str:
    near = sorted({name for key in unknown for name in get_close_matches(key, _BY_KEY)})
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(sorted(_BY_KEY))}"
    return f"{', '.join(map(repr, unknown))}; {hint}"


def _value(path: Path, key: str, raw: Any) -> Any:
    """Return one option of a config file, read as the command line would read it.

    Raises:
        InputError: it cannot be; file, key and value are named.
    """
    try:
        return _converted(_BY_KEY[key], raw)
    except (click.BadParameter, InputError) as error:
        raise InputError(f"{path}: {key}: {str(error).rstrip('.')}") from error


def _converted(option: Option, raw: Any) -> Any:
    if option.kind in MAPPINGS:
        if not isinstance(raw, dict):
            raise InputError(f"must be a mapping of names to values, is {raw!r}")
        return {str(name): _pair(option.kind, str(name), value) for name, value in raw.items()}
    if option.kind in FLAGS:
        if not isinstance(raw, bool):
            raise InputError(f"must be true or false, is {raw!r}")
        return raw
    if option.kind is Kind.ROOTS and isinstance(raw, dict):
        return {str(source): _items(option, roots) for source, roots in raw.items()}
    return _items(option, raw) if option.kind in LISTS else _item(option, raw)


def _items(option: Option, raw: Any) -> tuple[Any, ...]:
    return tuple(_item(option, item) for item in (raw if isinstance(raw, list) else [raw]))


def _pair(kind: Kind, name: str, raw: Any) -> Any:
    if kind is Kind.AMOUNTS:
        return read_amount(raw)
    readable = (str, list, dict) if kind is Kind.WEIGHTS else (str, list)
    if kind is not Kind.OVERRIDES and not isinstance(raw, readable):
        words = f"{name} must be text as on the command line (in quotes), or a list, is {raw!r}"
        raise InputError(words)
    return raw


def _item(option: Option, raw: Any) -> Any:
    if option.kind is Kind.POINTS and isinstance(raw, dict):
        return raw
    word = "on" if raw else "off"  # YAML reads these two words as true and false
    if isinstance(raw, bool) and word in option.choices:
        return word
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise InputError(f"must be one number or text, is {raw!r}")
    return TYPES.get(option.kind, click.STRING).convert(str(raw), None, None)
