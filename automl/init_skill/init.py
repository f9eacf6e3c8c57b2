"""Makes a skill's folder out of a script, a configuration or a class: docs/coming-from.md."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automl.constants import SKILL_INFO_FILE
from automl.errors import InputError
from automl.init_skill.documents import (
    SETTINGS,
    info_of,
    launch_of,
    output_keys,
    schema_of,
    template_of,
)
from automl.init_skill.files import (
    SCHEMA,
    TEMPLATE,
    State,
    contents,
    put_in_place,
    read_state,
    stage,
)
from automl.init_skill.metric import find_metric
from automl.init_skill.option import SourceParameters
from automl.init_skill.proposals import propose
from automl.init_skill.request import InitRequest
from automl.init_skill.sources import find_options
from automl.skill.files import read_yaml
from automl.skill.overlay_file import SKILL_OVERLAY
from automl.space.check import Finding, check_skill


@dataclass(frozen=True)
class InitResult:
    """What ``automl init`` wrote.

    Attributes:
        folder: the skill's folder.
        kind: what the source is: ``argparse``, ``click``, ``hydra``, ``config``, ``class``.
        parameters: how many parameters the skill has.
        metric: its name and direction, and where it comes from.
        searched: the overlay's entries of what is searched, by name.
        not_searched: name -> why it is not proposed.
        left_out: name -> why it is no parameter of the skill.
        kept: files that keep edits of the user.
        warnings: what ``automl validate`` warns of.
    """

    folder: Path
    kind: str
    parameters: int
    metric: Mapping[str, str]
    searched: Mapping[str, Mapping[str, Any]]
    not_searched: Mapping[str, str]
    left_out: Mapping[str, str]
    kept: tuple[str, ...]
    warnings: tuple[str, ...]


def init_skill(request: InitRequest) -> InitResult:
    """Write the skill's folder, or bring one that is there up to date, and check it.

    Raises:
        InputError: the source, the folder or a file in it cannot be used; nothing was written.
    """
    state = read_state(request.output)
    request = request.completed(state.request if state else {})
    found = find_options(request)
    documents, source = _documents(request, found, state)
    texts, kept = contents(request.output, documents, state)
    staged = stage(request.output, texts, request.remembered(), documents)
    try:
        warnings = _check(staged)
        put_in_place(staged, request.output)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return _result(request, found, source, kept, warnings)


def _documents(
    request: InitRequest, found: SourceParameters, state: State | None
) -> tuple[dict[str, Any], str]:
    """The generated files, and where the metric comes from."""
    outputs = output_keys(found)
    schema, template = schema_of(found.options, outputs), template_of(found, outputs)
    launch = launch_of(found)
    metric, source = _metric(request, launch, template, outputs, state)
    name = request.name or (state and _last_name(state)) or _name(request.source or "")
    return {
        SKILL_INFO_FILE: info_of(found, name, outputs, metric, request.output),
        TEMPLATE: template,
        SCHEMA: schema,
        SKILL_OVERLAY: {
            "parameters": propose(schema, template, found.options, metric["monitoring_metric"])
        },
        SETTINGS: launch,
    }, source


def _last_name(state: State) -> str:
    return str(state.documents.get(SKILL_INFO_FILE, {}).get("name") or "")


def _metric(
    request: InitRequest,
    launch: Mapping[str, Any],
    template: Mapping[str, Any],
    outputs: list[str],
    state: State | None,
) -> tuple[dict[str, str], str]:
    last = state.documents.get(SKILL_INFO_FILE, {}).get("metrics") if state else None
    if last and request.metric is None and request.log is None and not request.dry_run:
        return dict(last), "as before"
    return find_metric(request, launch, template, outputs)


def _name(source: str) -> str:
    """The skill's name: the file's, or the class's."""
    stem = source.rpartition(":")[2] if ":" in source else Path(source).stem
    return stem.replace(".", "-").replace("_", "-").lower() or "skill"


def _check(staged: Path) -> tuple[str, ...]:
    """What ``automl validate`` warns of in the new files; InputError for its faults."""
    checked = check_skill(staged)
    if checked.faults:
        raise InputError(
            "the skill would not be valid, and nothing was written", _lines(checked.faults)
        )
    return _lines(checked.warnings)


def _lines(findings: tuple[Finding, ...]) -> tuple[str, ...]:
    return tuple(map(str, findings))


def _result(
    request: InitRequest,
    found: SourceParameters,
    source: str,
    kept: list[str],
    warnings: tuple[str, ...],
) -> InitResult:
    overlay = read_yaml(request.output / SKILL_OVERLAY)["parameters"]
    info = read_yaml(request.output / SKILL_INFO_FILE)
    left = {name: entry for name, entry in overlay.items() if entry.get("include") is not True}
    return InitResult(
        folder=request.output,
        kind=found.kind,
        parameters=len(found.options),
        metric={**info["metrics"], "source": source},
        searched={name: entry for name, entry in overlay.items() if name not in left},
        not_searched={name: str(entry.get("reason", "")) for name, entry in left.items()},
        left_out=found.left_out,
        kept=tuple(kept),
        warnings=warnings,
    )
