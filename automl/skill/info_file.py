"""Reads ``references/skill_info.yaml`` into a :class:`SkillInfo` and reports all faults at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from automl.errors import SkillError
from automl.skill.action_section import metric_in, read_action
from automl.skill.files import read_yaml
from automl.skill.info import (
    DataSource,
    Direction,
    Hardware,
    Memory,
    PretrainedFile,
    SkillInfo,
)
from automl.skill.typed_sections import Faults, Section

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
        "holdout_key",
        "holdout_seed_key",
        "holdout_rule",
        "final_action",
        "hardware",
        "memory",
        "metrics",
        "spec_templates",
        "mutable_params",
        "environment_keys",
        "pretrained_model",
        "key_defaults",
    }
)


def read_info(path: Path) -> SkillInfo:
    """Return what the file says; SkillError lists every fault of it."""
    values = read_yaml(path, within=path.parent.parent)
    if not isinstance(values, Mapping):
        raise SkillError(f"{path}: must be a mapping with `actions:`, is {values!r:.60}")
    faults = Faults(path)
    info = _info(Section({str(k): v for k, v in values.items()}, faults), path)
    if faults.found:
        found = list(dict.fromkeys(faults.found))
        raise SkillError(f"{path}: {len(found)} fault(s)", found)
    return info


def _info(root: Section, path: Path) -> SkillInfo:
    metric, direction = _metric(root)
    reported = root.section("metrics").texts("reported")
    actions = {name: read_action(name, body) for name, body in root.sections("actions").items()}
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
        holdout_key=root.text("holdout_key"),
        holdout_seed_key=root.text("holdout_seed_key"),
        holdout_rule=root.text("holdout_rule"),
        final_action=_final_action(root, actions),
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
        pretrained_model=root.text("pretrained_model"),
        key_defaults=root.section("key_defaults").values,
        extra={key: value for key, value in root.values.items() if key not in _KNOWN},
    )


def _final_action(root: Section, actions: Collection[str]) -> str | None:
    name = root.text("final_action")
    if name is not None and name not in actions:
        known = ", ".join(actions)
        root.faults.add(root.at("final_action"), f"{name!r} is none of the actions {known}")
    return name


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
                unless=inner.text("unless"),
            )
    return found


def _metric(root: Section) -> tuple[str | None, Direction | None]:
    """Return ``metrics:``, else ``metric`` and ``metric_direction`` of the train action."""
    section = root.section("metrics")
    if section.values:
        return metric_in(section, "monitoring_metric", "direction")
    train = root.section("actions").member("train")
    quiet = Section(train.values if train else {}, Faults(""))  # the action reports its own faults
    return metric_in(quiet, "metric", "metric_direction")
