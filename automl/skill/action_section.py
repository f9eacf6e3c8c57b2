"""Reads one action of ``skill_info.yaml``: its command or execution, inputs, outputs and metric."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

from automl.skill.info import IO, Action, Direction, Execution
from automl.skill.shell import SHELL, needs_shell
from automl.skill.typed_sections import Section

CONFIG_FORMATS = ("yaml", "json", "toml")
EXECUTION_TYPES = {"python_entrypoint": "entrypoint", "python_script": "script"}
PLACEHOLDERS = ("config_path", "results_dir", "job_id")
DEFAULT_ARGS = ("--config", "{config_path}")
_PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)\}")
_NAME = re.compile(r"[^/\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,100}")  # part of file names
RANKS = ("torchelastic",)
DIRECTIONS: Mapping[str, Direction] = {
    "maximize": "maximize",
    "max": "maximize",
    "minimize": "minimize",
    "min": "minimize",
    "maximise": "maximize",
    "minimise": "minimize",
}


def read_action(name: str, body: Section) -> Action:
    """Return the action; notes every fault of its section."""
    if not _NAME.fullmatch(name):
        rule = "the name of an action is part of file names: up to 100 characters, without '/'"
        body.faults.add(f"actions.{name!r}", rule)
    metric, direction = metric_in(body, "metric", "metric_direction")
    return Action(
        name=name,
        command=_command(body),
        config_format=_config_format(body, body.member("execution")),
        inputs={key: _io(io) for key, io in body.sections("inputs").items()},
        outputs={key: _io(io) for key, io in body.sections("outputs").items()},
        execution=_execution(body.member("execution")),
        mode=body.text("mode"),
        metric=metric,
        direction=direction,
        resources=body.amounts("resources"),
        preflight=body.text("preflight"),
        container_image=_image(body),
        network=body.values.get("network") is True,
    )


def _command(body: Section) -> tuple[str, ...]:
    value = body.values.get("command")
    if not isinstance(value, str):
        return body.texts("command")
    if needs_shell(value):
        return (SHELL, "-c", value)
    try:
        return tuple(shlex.split(value))
    except ValueError as exc:
        body.faults.add(body.at("command"), f"cannot be split into arguments ({exc}): {value!r}")
        return ()


def _image(body: Section) -> str | None:
    """Return the action's image; who packaged the skill may mean something else by the key."""
    image = body.values.get("container_image")
    return image if isinstance(image, str) and image else None


def _config_format(body: Section, execution: Section | None) -> str:
    """Return the format of the spec file: the execution's entry wins over the action's."""
    if execution is not None and execution.values.get("config_format") is not None:
        body = execution
    value = body.text("config_format") or "yaml"
    if value not in CONFIG_FORMATS:
        rule = f"must be one of {', '.join(CONFIG_FORMATS)}, is {value!r}"
        body.faults.add(body.at("config_format"), rule)
    return value


def _io(body: Section) -> IO:
    return IO(type=body.text("type") or "file", optional=body.flag("optional"))


def _execution(body: Section | None) -> Execution | None:
    if body is None:
        return None
    kind = body.text("type", required=True)
    needed = EXECUTION_TYPES.get(kind or "")
    if needed is None:
        rule = f"must be one of {', '.join(EXECUTION_TYPES)}, is {kind!r}"
        body.faults.add(body.at("type"), rule)
        return None
    body.text(needed, required=True)
    return Execution(
        type=kind or "",
        entrypoint=body.text("entrypoint"),
        script=body.text("script"),
        args=_args(body),
        cwd=body.text("cwd") or ".",
        preflight=body.text("preflight"),
        probe=body.text("probe"),
        ranks=_ranks(body, kind or ""),
    )


def _args(body: Section) -> tuple[str, ...]:
    """Return a script's arguments (the default passes the config alone); checks placeholders."""
    name = next((name for name in ("args", "script_args") if body.values.get(name) is not None), "")
    args = body.texts(name) if name else DEFAULT_ARGS
    for word in (word for arg in args for word in _PLACEHOLDER.findall(arg)):
        if word not in PLACEHOLDERS:
            known = ", ".join(f"{{{placeholder}}}" for placeholder in PLACEHOLDERS)
            body.faults.add(body.at(name), f"{{{word}}} is no placeholder; there are {known}")
    return args


def _ranks(body: Section, kind: str) -> str | None:
    value = body.text("ranks")
    if value is not None and value not in RANKS:
        body.faults.add(body.at("ranks"), f"must be {', '.join(RANKS)}, is {value!r}")
    elif value is not None and kind != "python_entrypoint":
        body.faults.add(body.at("ranks"), "only a python_entrypoint can be called by several ranks")
    return value


def metric_in(section: Section, name: str, direction: str) -> tuple[str | None, Direction | None]:
    """Return the metric under ``name`` and its direction under ``direction``."""
    said = section.text(direction)
    if said is not None and said.lower() not in DIRECTIONS:
        section.faults.add(section.at(direction), f"must be maximize or minimize, is {said!r}")
        return section.text(name), None
    return section.text(name), DIRECTIONS.get((said or "").lower())
