"""The complete spec of a run: its data are staged, its inferred keys and output paths are set.

The runner names a path in the job's folder for each output that a script skill declares
(``outputs:`` of an action in skill_info.yaml); a skill with ``spec_params`` names its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from automl.errors import InputError
from automl.launch.options import AUTO
from automl.launch.planning.data import place_data
from automl.launch.planning.evaluation.holdout import Holdout, choose_holdout
from automl.launch.planning.options.objective import Overrides, own_overrides
from automl.launch.planning.parents.parent_run import Inherited, inherited_of
from automl.launch.planning.parents.pretrained import stage_pretrained
from automl.launch.planning.resources import with_gpus
from automl.launch.planning.start import linked_files, start_of
from automl.launch.planning.task import Task
from automl.launch.planning.template_gaps import close_gaps
from automl.launch.request import RunRequest
from automl.skill import Action, Skill
from automl.skill.repeated_keys import repeated_keys_of
from automl.spec.build import ResolvedSpec, build_spec, packaged_schema, packaged_spec
from automl.spec.inferred import PARENT_MODEL, infer, is_empty, unknown_rules
from automl.spec.nested import flatten, get_path, merge, set_path
from automl.spec.secret_keys import check_variables
from automl.trial.data.cache import cache_dir
from automl.trial.data.roots import DataRoots
from automl.trial.data.staging import Staged, stage_source
from automl.trial.secrets import refuse_password

OUTPUT_DIR: Final = "output_dir"


@dataclass(frozen=True)
class RunSpec:
    """A run's complete spec.

    Attributes:
        values: nested.
        user_keys: dotted keys that the user fixed.
        notes: what was changed or inferred.
        sources: spec key -> where its data are staged.
        roots: the user's data roots.
        inherited: what it takes over from a parent's spec; None without one.
        warnings: where what the skill packages does not fit together.
        holdout: the share of the training data that validates a sweep; None where none can.
    """

    values: dict[str, Any]
    user_keys: frozenset[str]
    notes: tuple[str, ...]
    sources: Mapping[str, Staged]
    roots: DataRoots
    inherited: Inherited | None = None
    warnings: tuple[str, ...] = ()
    holdout: Holdout | None = None


def resolve_spec(task: Task, request: RunRequest) -> RunSpec:
    """Return the complete spec of a request, its data staged.

    Raises:
        InputError: a key, a value, the data, or the model to start from cannot be used.
    """
    own = own_overrides(request, task.skill, task.measured_by)
    resolved = build_spec(
        task.skill,
        task.action,
        spec_file=task.spec_file,
        overrides=own,
        inherited=task.inherited,
    )
    resolved = _without_results_keys(task.skill, request, resolved, own)
    resolved = with_gpus(resolved, task.skill.info.gpu_spec_key, request.gpus_per_trial)
    holdout = choose_holdout(task, request, resolved.values, resolved.user_keys)
    if holdout is not None and holdout.key not in resolved.user_keys:
        set_path(resolved.values, holdout.key, holdout.share)
        asked = {holdout.key} if request.holdout not in (None, AUTO) else set()
        resolved = replace(
            resolved, user_keys=resolved.user_keys | asked, trusted=resolved.trusted - asked
        )
    spec, inferred, sources, roots = _completed(task, request, resolved)
    notes = (*resolved.notes, *inferred)
    inherited = _inherited(task, spec, resolved)
    rules = task.skill.info.spec_params.get(task.action, {})
    action = task.skill.action(task.action)
    schema = packaged_schema(task.skill, task.action)
    gaps = close_gaps(action, rules, spec, resolved.user_keys, task.output, schema)
    warnings = _warnings(task, request, (*resolved.warnings, *gaps))
    return RunSpec(spec, resolved.user_keys, notes, sources, roots, inherited, warnings, holdout)


def _warnings(task: Task, request: RunRequest, found: tuple[str, ...]) -> tuple[str, ...]:
    """Return what the skill packages of the action that does not fit together.

    Raises:
        InputError: there is any, and the user wants none (``--strict``).
    """
    unknown = unknown_rules(task.skill, task.action).items()
    rules = [f"{key}: {word!r} in spec_params is no inference rule" for key, word in unknown]
    twice = (f"{path.name}: {line}" for path, line in repeated_keys_of(task.skill))
    warnings = (*rules, *twice, *found)
    if warnings and request.strict:
        raise InputError(f"--strict: {len(warnings)} warning(s) of the skill", warnings)
    return warnings


def _inherited(task: Task, spec: Mapping[str, Any], resolved: ResolvedSpec) -> Inherited | None:
    if task.parent is None:
        return None
    packaged = packaged_spec(task.skill, task.action)
    return inherited_of(task.parent, task.inherited or {}, spec, packaged, resolved.user_keys)


def _without_results_keys(
    skill: Skill, request: RunRequest, resolved: ResolvedSpec, overrides: Overrides
) -> ResolvedSpec:
    """Return the spec without the results folders of a spec file: each trial gets its own.

    Raises:
        InputError: an override sets one, which would have no effect.
    """
    rules = skill.info.spec_params.get(request.action, {})
    placed = [key for key, rule in rules.items() if rule == OUTPUT_DIR]
    placed += _routed(skill, request.action)
    given = [key for key in placed if key in resolved.user_keys]
    if given and overrides:
        named = build_spec(skill, request.action, overrides=overrides).user_keys
        for key in named.intersection(given):
            raise InputError(f"{key} is set for each trial by the run: use --output DIR instead")
    values = merge({}, resolved.values)
    notes = [f"{key} of the spec file is replaced by each trial's folder" for key in given]
    for key in given:
        set_path(values, key, "")
    return replace(
        resolved,
        values=values,
        user_keys=resolved.user_keys - set(given),
        notes=(*resolved.notes, *notes),
    )


def _routed(skill: Skill, action: str) -> tuple[str, ...]:
    return routed_keys(skill.action(action), skill.info.spec_params.get(action, {}))


def _completed(
    task: Task, request: RunRequest, resolved: ResolvedSpec
) -> tuple[dict[str, Any], tuple[str, ...], dict[str, Staged], DataRoots]:
    """Return the validated spec with data and inferred keys, notes, staged data and data roots.

    Raises:
        InputError: data or the model to start from are missing, or a value is invalid.
    """
    skill, output = task.skill, task.output
    spec = merge({}, resolved.values)
    data = place_data(task, request, spec, resolved.user_keys)
    start = start_of(task, request, spec)
    spec, notes = infer(
        skill,
        request.action,
        spec,
        resolved.user_keys,
        results_dir=output,
        parent_model=start.parent_model,
        ptm=start.ptm,
        resume=start.resume,
        keys=start.keys,
        cache_dir=str(cache_dir() / skill.info.name) if request.cache_dir else None,
        metric=task.trained_metric,
    )
    _check_model(skill, request.action, spec)
    schema, routed = packaged_schema(skill, request.action), _routed(skill, request.action)
    route_outputs(spec, routed, output, present=True)
    if schema is not None:
        resolved.validate(schema, spec)
    check_variables(skill, spec)
    for key, value in flatten(spec).items():
        refuse_password(str(value), key)
    route_outputs(spec, routed, output)
    files = {**linked_files(skill, request.action, spec), **data.files}
    staged = {key: stage_source(str(get_path(spec, key)), file) for key, file in files.items()}
    pretrained = stage_pretrained(skill, request.action, spec, resolved)
    staged |= pretrained
    for key, found in staged.items():
        set_path(spec, key, found.path)
    shown = [f"{key} = {file.path} (from {file.location})" for key, file in pretrained.items()]
    shown += [note for note in notes if not note.endswith(f"({OUTPUT_DIR})")]
    shown = [note.replace(f"= {output}/", "= trials/ID/") for note in shown]
    return spec, (*start.notes, *shown, *data.notes), staged, data.roots


def _check_model(skill: Skill, action: str, spec: Mapping[str, Any]) -> None:
    """Refuse an action that needs the model of a parent run and has none.

    Raises:
        InputError: the key of such a model is empty.
    """
    rules = skill.info.spec_params.get(action, {})
    for key, given in skill.action(action).inputs.items():
        needed = rules.get(key) == PARENT_MODEL and not given.optional
        if needed and is_empty(get_path(spec, key, None)):
            raise InputError(f"{key} is not set: give --parent RUN, or --set {key}=FILE")


def placed_keys(spec: Mapping[str, Any], output: Path) -> dict[str, str]:
    """Return spec key -> path relative to the run's folder, of each value that lies in it."""
    inside = ((key, value) for key, value in flatten(spec).items() if isinstance(value, str))
    return {
        key: str(Path(value).relative_to(output))
        for key, value in inside
        if Path(value).is_relative_to(output)
    }


def routed_keys(action: Action, rules: Mapping[str, str]) -> tuple[str, ...]:
    """Return the spec keys of a script's outputs that no ``spec_params`` rule fills."""
    if action.execution is None or action.execution.script is None:
        return ()
    return tuple(key for key in action.outputs if key not in rules)


def route_outputs(
    spec: dict[str, Any], keys: tuple[str, ...], output: Path, *, present: bool = False
) -> None:
    """Set each of ``keys`` to a path below ``output``, named by the key with ``_`` for dots.

    ``present`` leaves out those that the spec does not have.
    """
    for key in keys:
        if not present or get_path(spec, key, None) is not None:
            set_path(spec, key, str(output / re.sub(r"[^A-Za-z0-9_-]+", "_", key).strip("_")))
