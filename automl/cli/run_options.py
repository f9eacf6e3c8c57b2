"""From command-line options and a config file to one run request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import click
import yaml

from automl.errors import InputError
from automl.launch.request import RunRequest, parse_duration, read_amount
from automl.spec.keys import parse_override

_PAIRS: Final = ("overrides", "ranges", "choices", "weights", "resources")


_POINTS: Final = "enqueue"  # the one list that may hold mappings


class Duration(click.ParamType[float]):
    """Seconds, written as 90s, 45m, 8h or 2d."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the seconds; fails on what is no time."""
        try:
            return parse_duration(value)
        except InputError as error:
            self.fail(str(error), param, ctx)


def read_request(
    options: Mapping[str, Any], config: Path | None, parameters: Iterable[click.Parameter]
) -> RunRequest:
    """Return the request of the command line's options over a config file's.

    Args:
        options: field of the request -> value; what was not given is None or empty.
        config: a YAML file whose keys are the long option names (``time-budget`` or
            ``time_budget``); repeatable ``NAME=VALUE`` options are mappings there.
        parameters: the command's parameters, which say what a config file may hold.

    Raises:
        InputError: the file is unreadable, or an option is unknown or malformed.
    """
    given = {name: value for name, value in options.items() if value not in (None, (), {})}
    if "overrides" in given:
        given["overrides"] = dict(parse_override(text) for text in given["overrides"])
    merged = _read_config(config, parameters) if config else {}
    filed = {name: str(config) for name in merged if name not in given}
    for name, value in given.items():
        merged[name] = {**merged.get(name, {}), **value} if name in _PAIRS else value
    return RunRequest(**merged, configured=filed)


def _read_config(path: Path, parameters: Iterable[click.Parameter]) -> dict[str, Any]:
    known = {_config_key(parameter): parameter for parameter in parameters}
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"cannot read the config file {path}: {_why_unread(error)}") from error
    if not isinstance(raw, dict):
        raise InputError(f"{path} must hold a mapping of options")
    keys = {str(key).replace("-", "_"): value for key, value in raw.items() if value is not None}
    unknown = sorted(set(keys) - set(known))
    if unknown:
        listed = ", ".join(map(repr, unknown))
        near = sorted({name for key in unknown for name in get_close_matches(key, known)})
        hint = (
            f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(sorted(known))}"
        )
        raise InputError(f"{path}: unknown options {listed}; {hint}")
    return {str(known[key].name): _value(path, key, known[key], keys[key]) for key in keys}


def _why_unread(error: Exception) -> str:
    """What is wrong with a file, in one line."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        mark = error.problem_mark
        return f"not valid YAML at line {mark.line + 1} column {mark.column + 1}: {error.problem}"
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _config_key(parameter: click.Parameter) -> str:
    return parameter.opts[0].lstrip("-").replace("-", "_")


def _value(path: Path, key: str, parameter: click.Parameter, raw: Any) -> Any:
    """One option of a config file, read as the command line would read it.

    Raises:
        InputError: it cannot be; file, key and value are named.
    """
    try:
        return _converted(parameter, raw)
    except click.BadParameter as error:
        raise InputError(f"{path}: {key}: {error.message.rstrip('.')}") from error


def _converted(parameter: click.Parameter, raw: Any) -> Any:
    if parameter.name in _PAIRS:
        if not isinstance(raw, dict):
            raise click.BadParameter(f"must be a mapping of names to values, is {raw!r}")
        return {str(name): _pair(parameter, str(name), value) for name, value in raw.items()}
    if isinstance(parameter, click.Option) and parameter.is_flag:
        if not isinstance(raw, bool):
            raise click.BadParameter(f"must be true or false, is {raw!r}")
        return raw
    if isinstance(parameter, click.Option) and parameter.multiple:
        return tuple(_item(parameter, item) for item in (raw if isinstance(raw, list) else [raw]))
    return _item(parameter, raw)


def _pair(parameter: click.Parameter, name: str, raw: Any) -> Any:
    if parameter.name == "resources":
        return _amount(raw)
    readable = (str, list, dict) if parameter.name == "weights" else (str, list)
    if parameter.name != "overrides" and not isinstance(raw, readable):
        words = f"{name} must be text as on the command line (in quotes), or a list, is {raw!r}"
        raise click.BadParameter(words)
    return raw


def _amount(raw: Any) -> float:
    try:
        return read_amount(raw)
    except InputError as error:
        raise click.BadParameter(str(error)) from error


def _item(parameter: click.Parameter, raw: Any) -> Any:
    if parameter.name == _POINTS and isinstance(raw, dict):
        return raw
    if parameter.name == "policy" and isinstance(raw, bool):
        return "on" if raw else "off"  # YAML reads the bare words so
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise click.BadParameter(f"must be one number or text, is {raw!r}")
    return parameter.type.convert(str(raw), parameter, None)
