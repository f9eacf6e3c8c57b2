"""Reads ``references/skill_info.yaml`` into a :class:`SkillInfo` and reports all faults at once."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from automl.errors import SkillError
from automl.skill.files import read_yaml
from automl.skill.info import (
    IO,
    Action,
    DataSource,
    Direction,
    Execution,
    Hardware,
    Memory,
    PretrainedFile,
    SkillInfo,
)
from automl.skill.shell import SHELL, needs_shell
from automl.skill.typed_sections import Faults, Section

CONFIG_FORMATS = ("yaml", "json", "toml")
EXECUTION_TYPES = {"python_entrypoint": "entrypoint", "python_script": "script"}
PLACEHOLDERS = ("config_path", "results_dir", "job_id")
DEFAULT_ARGS = ("--config", "{config_path}")
_PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)\}")
RANKS = ("torchelastic",)
DIRECTIONS: Mapping[str, Direction] = {
    "maximize": "maximize",
    "max": "maximize",
    "minimize": "minimize",
    "min": "minimize",
}
_KNOWN = frozenset(
    {
        "name",
        "network_arch",
        "automl_enabled",
        "actions",
        "data_sources",
        "spec_params",
        "spec_shorthand_keys",
        "gpu_spec_key",
        "seed_spec_key",
        "gpu_ids_spec_key",
        "hardware",
        "memory",
        "metrics",
        "spec_templates",
        "mutable_params",
        "environment_keys",
    }
)


def read_info(path: Path) -> SkillInfo:
    """Return what the file says; SkillError lists every fault of it."""
    values = read_yaml(path)
    if not isinstance(values, Mapping):
        raise SkillError(f"{path}: must be a mapping with `actions:`, is {values!r}")
    faults = Faults(path)
    info = _info(Section({str(k): v for k, v in values.items()}, faults), path)
    if faults.found:
        raise SkillError(f"{path}: {len(faults.found)} fault(s)", faults.found)
    return info


def _info(root: Section, path: Path) -> SkillInfo:
    metric, direction = _metric(root)
    reported = root.section("metrics").texts("reported")
    actions = {name: _action(name, body) for name, body in root.sections("actions").items()}
    of_actions = {action.metric for action in actions.values()}
    params = root.sections("spec_params")
    return SkillInfo(
        name=root.text("name") or root.text("network_arch") or path.resolve().parent.parent.name,
        network_arch=root.text("network_arch"),
        automl_enabled=root.flag("automl_enabled"),
        actions=actions,
        data_sources={
            action: _data_sources(body) for action, body in root.sections("data_sources").items()
        },
        spec_params={action: _rules(body) for action, body in params.items()},
        pretrained={action: _pretrained(body) for action, body in params.items()},
        shorthand=root.table("spec_shorthand_keys"),
        gpu_spec_key=root.text("gpu_spec_key"),
        seed_spec_key=root.text("seed_spec_key"),
        gpu_ids_spec_key=root.text("gpu_ids_spec_key"),
        memory=_memory(root.section("memory")),
        hardware=_hardware(root.section("hardware")),
        metric=metric,
        direction=direction,
        reported=reported,
        known_metrics=frozenset(filter(None, {metric, *reported, *of_actions})),
        spec_templates=root.table("spec_templates"),
        mutable={
            action: root.section("mutable_params").texts(action)
            for action in root.section("mutable_params").values
        },
        environment_keys=root.texts("environment_keys"),
        extra={key: value for key, value in root.values.items() if key not in _KNOWN},
    )


def _action(name: str, body: Section) -> Action:
    metric, direction = _metric_in(body, "metric", "metric_direction")
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


def _memory(body: Section) -> Memory:
    return Memory(body.texts("drivers"), body.text("accumulate_key"))


def _rules(body: Section) -> dict[str, str]:
    """Return spec key -> rule; the mappings among the values are pretrained files."""
    keys = [key for key, value in body.values.items() if not isinstance(value, Mapping)]
    return {key: text for key in keys if (text := body.text(key)) is not None}


def _pretrained(body: Section) -> dict[str, PretrainedFile]:
    files = {}
    for key in (key for key, value in body.values.items() if isinstance(value, Mapping)):
        file = body.section(key)
        link = file.text("link", required=True) or ""
        files[key] = PretrainedFile(link, file.text("destination_path") or link)
    return files


def _hardware(body: Section) -> Hardware:
    gpus, recommended, memory = (
        body.amount(name) for name in ("gpus", "recommended_gpus", "gpu_memory_gb")
    )
    return Hardware(int(gpus), int(recommended), memory, body.text("note") or "")


def _data_sources(body: Section) -> dict[str, DataSource]:
    found = {}
    for key, value in body.values.items():
        if isinstance(value, str):
            found[key] = DataSource(source=None, path=value)
        elif (inner := body.member(key)) is not None:
            path = inner.text("path") or ""
            found[key] = DataSource(
                inner.text("source"),
                path,
                inner.text("runtime"),
                is_list=inner.flag("list"),
                optional=inner.flag("optional"),
                alternatives=inner.texts("alternatives"),
            )
    return found


def _metric(root: Section) -> tuple[str | None, Direction | None]:
    """Return ``metrics:``, else ``metric`` and ``metric_direction`` of the train action."""
    section = root.section("metrics")
    if section.values:
        return _metric_in(section, "monitoring_metric", "direction")
    train = root.section("actions").member("train")
    quiet = Section(train.values if train else {}, Faults(""))  # the action reports its own faults
    return _metric_in(quiet, "metric", "metric_direction")


def _metric_in(section: Section, name: str, direction: str) -> tuple[str | None, Direction | None]:
    said = section.text(direction)
    if said is not None and said.lower() not in DIRECTIONS:
        section.faults.add(section.at(direction), f"must be maximize or minimize, is {said!r}")
        return section.text(name), None
    return section.text(name), DIRECTIONS.get((said or "").lower())
