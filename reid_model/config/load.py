"""Turns a nested dict into a typed, validated spec and reports all faults at once."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar, cast, get_type_hints

import yaml

from reid_model.config.checks import contradictions
from reid_model.config.environment import from_environment
from reid_model.config.experiment import ExperimentConfig
from reid_model.config.keys import Key, key_of
from reid_model.config.schedule import fit_schedule
from reid_model.config.values import Fault, check_value
from reid_model.errors import ConfigError

Section = TypeVar("Section")

_TO_BE_SET = "???"  # how templates of TAO (OmegaConf) mark a key without a default


def load_spec(spec: Mapping[str, Any]) -> ExperimentConfig:
    """Validate a nested spec; absent keys take their defaults, lengths of the schedule scaled.

    Raises ConfigError that lists every unknown key, wrong type, value out of range and
    contradiction between keys.
    """
    faults: list[str] = []
    config = _section(ExperimentConfig, spec, "", faults)
    if not faults:
        config = replace(
            config,
            train=fit_schedule(config.train, _given(spec, "train", "optim")),
            model_name=config.model_name or ExperimentConfig.model_name,
        )
        faults += contradictions(config)
        config = _with_secrets(config, faults)
    if faults:
        raise ConfigError("the spec cannot be used", faults)
    return config


def _with_secrets(config: ExperimentConfig, faults: list[str]) -> ExperimentConfig:
    """The config with the passphrase itself if the spec names an environment variable."""
    try:
        return replace(config, encryption_key=from_environment(config.encryption_key))
    except LookupError as exc:
        faults.append(f"encryption_key: {exc.args[0]}")
        return config


def _given(spec: Mapping[str, Any], *sections: str) -> frozenset[str]:
    """The keys that a spec names in a nested section."""
    for section in sections:
        spec = spec.get(section) or {}
    return frozenset(spec)


def read_spec(path: Path, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """The nested dict of a YAML spec file with ``key=value`` overrides applied.

    Raises ConfigError for a missing or malformed file and a malformed override.
    """
    return with_overrides(_read_yaml(path), overrides)


def with_overrides(spec: dict[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """``spec``, changed in place by ``key=value`` overrides; ConfigError for a malformed one."""
    for override in overrides:
        name, equals, text = override.partition("=")
        if not equals or not name:
            raise ConfigError(f"override {override!r} is not of the form key=value")
        _set(spec, name.strip().split("."), _parsed(text, override))
    return spec


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        spec = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            f"spec file {path} does not exist; "
            "`re_identification default_specs --out DIR` writes one"
        ) from None
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"spec file {path} cannot be read: {exc}") from exc
    except yaml.YAMLError as exc:
        raise ConfigError(f"spec file {path} is not YAML: {' '.join(str(exc).split())}") from exc
    if spec is None:
        return {}
    if not isinstance(spec, dict):
        raise ConfigError(f"spec file {path} must hold a mapping, not {type(spec).__name__}")
    return spec


def _parsed(text: str, override: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as exc:
        raise ConfigError(f"override {override!r}: the value is not YAML") from exc


def _set(spec: dict[str, Any], names: list[str], value: Any) -> None:
    for name in names[:-1]:
        below = spec.get(name)
        if not isinstance(below, dict):
            below = {}
        spec[name] = below
        spec = below
    spec[names[-1]] = value


def _section(kind: type[Section], given: Any, prefix: str, faults: list[str]) -> Section:
    """Build one dataclass from its mapping, adding what is wrong to ``faults``."""
    if given is None:
        given = {}
    if not isinstance(given, Mapping):
        faults.append(f"{prefix or 'the spec'} must be a mapping, got {given!r}")
        return kind()
    declared = {entry.name: entry for entry in fields(cast(Any, kind))}
    faults += _unknown(given, list(declared), prefix)
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    for name in declared:
        if name not in given or given[name] == _TO_BE_SET:
            continue
        dotted = f"{prefix}.{name}" if prefix else name
        if is_dataclass(hints[name]):
            values[name] = _section(hints[name], given[name], dotted, faults)
        else:
            about = cast(Key, key_of(declared[name]))
            _keep(values, name, (hints[name], about, given[name]), dotted, faults)
    return kind(**values)


def _keep(
    values: dict[str, Any],
    name: str,
    given: tuple[Any, Key, Any],
    dotted: str,
    faults: list[str],
) -> None:
    try:
        values[name] = check_value(*given)
    except Fault as fault:
        faults.append(f"{dotted}: {fault}")


def _unknown(given: Mapping[Any, Any], known: list[str], prefix: str) -> list[str]:
    found = []
    for name in given:
        if name in known:
            continue
        near = difflib.get_close_matches(str(name), known, n=3)
        hint = f"; did you mean {' or '.join(near)}?" if near else f"; known: {', '.join(known)}"
        found.append(f"{f'{prefix}.' if prefix else ''}{name}: unknown key{hint}")
    return found
