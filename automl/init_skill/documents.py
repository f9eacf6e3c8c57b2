"""Makes the files of a skill out of the parameters that were found."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from automl.init_skill.option import SourceParameters, TrainerOption
from automl.space.builder.name_hints import words_of
from automl.spec.nested import set_path

MANDATORY: Final = "???"
LAUNCHER: Final = "launch.py"
SETTINGS: Final = "launch.json"
_TYPES: Final = {
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "str": "string",
    "list": "array",
    "any": "any",
}
_OUTPUT: Final = frozenset({"output", "out", "results", "save", "log", "exp", "work"})
_PLACE: Final = frozenset({"dir", "directory", "folder", "path", "root"})
_OUTPUT_WORDS: Final = frozenset({"logdir", "outdir", "savedir", "workdir", "outputs"})
_WRITTEN: Final = ({"checkpoint", "dir"}, {"checkpoints", "dir"}, {"ckpt", "dir"})
_SEEDS: Final = frozenset({"seed"})


def schema_of(options: Iterable[TrainerOption], outputs: Iterable[str]) -> dict[str, Any]:
    """Return the schema; ``outputs``: keys that get the trial's folder."""
    root: dict[str, Any] = {"type": "object", "properties": {}}
    blank = {*outputs}
    for option in options:
        *sections, name = option.key.split(".")
        place = root
        for section in sections:
            body = {"type": "object", "properties": {}}
            place = place["properties"].setdefault(section, body)
        place["properties"][name] = _property(option, blank=option.key in blank)
    return root


def _property(option: TrainerOption, *, blank: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "string" if blank else _TYPES[option.type]}
    if option.help:
        found["description"] = option.help
    if option.choices:
        found["enum"] = [*option.choices]
    found |= option.ends
    if option.nullable and not blank and found["type"] != "any":
        found = {"anyOf": [found, {"type": "null"}]}
    if not option.required or blank:
        found["default"] = "" if blank else option.default
    return found


def template_of(found: SourceParameters, outputs: Iterable[str]) -> dict[str, Any]:
    """Return the default spec: the whole configuration, or the default of each option."""
    template: dict[str, Any] = {}
    if found.template is not None:
        template = _copy(found.template)
    for option in found.options:
        set_path(template, option.key, MANDATORY if option.required else option.default)
    for key in outputs:
        set_path(template, key, "")
    return template


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _copy(each) for key, each in value.items()}
    return [_copy(each) for each in value] if isinstance(value, list) else value


def output_keys(found: SourceParameters) -> list[str]:
    """Return the keys that say where the trainer writes; the trial's folder goes there."""
    texts = (option for option in found.options if option.type in ("str", "any"))
    return [option.key for option in texts if _is_output(option.key) and not option.choices]


def _is_output(key: str) -> bool:
    words = words_of(key)
    if words & _OUTPUT and words & _PLACE:
        return True
    return (
        bool(words & _OUTPUT_WORDS)
        or words in ({"output"}, {"out"})
        or any(words >= w for w in _WRITTEN)
    )


def info_of(
    found: SourceParameters,
    name: str,
    outputs: Iterable[str],
    metric: Mapping[str, str],
    skill: Path,
) -> dict[str, Any]:
    """Return ``skill_info.yaml`` as a mapping; ``skill``: the folder, relative to which it runs."""
    info: dict[str, Any] = {
        "name": name,
        "automl_enabled": True,
        "metrics": dict(metric),
        "actions": {
            "train": {
                "config_format": found.launch.get("format", "json"),
                "execution": {
                    "type": "python_script",
                    "script": LAUNCHER,
                    "args": ["{config_path}", "{results_dir}"],
                    "cwd": os.path.relpath(Path.cwd(), skill.absolute()),
                },
            }
        },
    }
    places = dict.fromkeys(outputs, "output_dir")
    if places:
        info["spec_params"] = {"train": places}
    seed = next((o.key for o in found.options if o.type == "int" and _is_seed(o.key)), None)
    if seed is not None:
        info["seed_spec_key"] = seed
    return info


def _is_seed(key: str) -> bool:
    return bool(words_of(key) & _SEEDS)


def launch_of(found: SourceParameters) -> dict[str, Any]:
    """Return ``launch.json``: how the trainer is started and given its parameters."""
    if found.launch["style"] not in ("flags", "overrides"):
        return dict(found.launch)
    options = [{"key": option.key, **option.flag} for option in found.options]
    return {**found.launch, "options": options}
