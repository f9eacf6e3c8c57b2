"""From command-line options and a config file to one run request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import click
import yaml

from automl.errors import InputError
from automl.launch.request import RunRequest
from automl.spec.override import parse_override

_PATHS: Final = ("skill_dir", "spec_file", "output")
_PAIRS: Final = ("overrides", "ranges", "choices", "weights")
_DURATIONS: Final = ("time_budget_s", "trial_timeout_s", "stall_timeout_s")
_UNITS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


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
    given = {name: value for name, value in options.items() if value not in (None, ())}
    for name in _PAIRS:
        if name in given:
            given[name] = dict(_pair(name, text) for text in given[name])
    merged = _read_config(config, parameters) if config else {}
    for name, value in given.items():
        merged[name] = {**merged.get(name, {}), **value} if name in _PAIRS else value
    for name in _PATHS:
        if name in merged:
            merged[name] = Path(merged[name])
    for name in _DURATIONS:
        if name in merged:
            merged[name] = parse_duration(merged[name])
    return RunRequest(**merged)


def parse_duration(text: str | float) -> float:
    """Return the seconds of ``90``, ``90s``, ``45m``, ``8h`` or ``2d``.

    Raises:
        InputError: the text is none of these.
    """
    value = str(text).strip().lower()
    number, unit = (value[:-1], value[-1]) if value[-1:] in _UNITS else (value, "s")
    try:
        return float(number) * _UNITS[unit]
    except ValueError:
        raise InputError(f"the time {text!r} is none of 90s, 45m, 8h, 2d") from None


def _read_config(path: Path, parameters: Iterable[click.Parameter]) -> dict[str, Any]:
    known = {_config_key(parameter): str(parameter.name) for parameter in parameters}
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise InputError(f"cannot read the config file {path}: {error}") from error
    if not isinstance(raw, dict):
        raise InputError(f"{path} must hold a mapping of options")
    keys = {str(key).replace("-", "_"): value for key, value in raw.items()}
    unknown = sorted(set(keys) - set(known))
    if unknown:
        raise InputError(f"{path}: unknown options {unknown}; known: {', '.join(sorted(known))}")
    for key in keys:
        if known[key] in _PAIRS and not isinstance(keys[key], dict):
            raise InputError(f"{path}: {key} must be a mapping of names to values")
    return {known[key]: value for key, value in keys.items() if value is not None}


def _config_key(parameter: click.Parameter) -> str:
    return parameter.opts[0].lstrip("-").replace("-", "_")


def _pair(option: str, text: str) -> tuple[str, Any]:
    if option == "overrides":
        return parse_override(text)
    name, separator, value = text.partition("=")
    if not (separator and name and value):
        raise InputError(f"{text!r} must read NAME=VALUE")
    return name, value
