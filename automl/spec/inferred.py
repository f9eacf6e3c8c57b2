"""Fills in spec keys that follow from where a job runs, by the rules in ``spec_params``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from automl.skill import Skill
from automl.spec.blanks import is_blank
from automl.spec.build import packaged_schema, packaged_spec
from automl.spec.checkpoints import newest_checkpoint
from automl.spec.nested import get_path, merge, set_path
from automl.spec.validate import MANDATORY

PARENT_MODEL: Final = "parent_model"
CREATED_FILES: Mapping[str, str] = {
    "create_hdf5_file": "model.hdf5",
    "create_pth_file": "model.pth",
    "create_onnx_file": "model.onnx",
    "create_onnx_file_2d": "model_2d.onnx",
    "create_engine_file": "model.engine",
    "create_cal_cache": "cal.bin",
    "create_cal_data_file": "calibration.tensorfile",
    "merged_json": "merged.json",
    "create_inference_result_file_pose": "results.txt",
    "create_inference_result_file_mal": "inference.json",
    "create_inference_result_file_reid": "inference.json",
    "create_evaluate_cmc_plot_reid": "cmc_curve.png",
    "create_evaluate_matches_plot_reid": "sampled_matches.png",
}
_RESUME = "resume_model"
_METRIC: Final = "metric"


@dataclass(frozen=True, slots=True)
class Job:
    """Where a job runs and what it starts from."""

    results_dir: Path
    parent_model: str | None
    ptm: str | None
    resume: str | None
    resuming: bool
    keys: Mapping[str, str]
    cache_dir: str | None = None
    metric: str | None = None


def infer(
    skill: Skill,
    action: str,
    values: Mapping[str, Any],
    user_keys: Collection[str],
    *,
    results_dir: Path,
    parent_model: str | None = None,
    ptm: str | None = None,
    keys: Mapping[str, str] = MappingProxyType({}),
    resume: str | None = None,
    cache_dir: str | None = None,
    metric: str | None = None,
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return a new spec with the action's inferred keys filled in, and one note for each.

    Only empty keys that the user did not set are filled in.

    Args:
        values: the nested spec; user_keys: dotted leaves that the user set.
        results_dir: the job's results folder; parent_model: the checkpoint of an earlier job.
        ptm: a pretrained model's file; keys: spec key -> encryption key.
        resume: a checkpoint to go on from where the results folder holds none.
        cache_dir: for files that trials share; None leaves the key empty.
        metric: what the run optimises; a key whose options lack it stays empty.
    """
    rules = skill.info.spec_params.get(action, {})
    job = Job(
        results_dir=results_dir,
        parent_model=parent_model,
        ptm=ptm,
        resume=resume,
        keys=keys,
        resuming=resume is not None or _is_resuming(rules, values, results_dir),
        cache_dir=cache_dir,
        metric=metric,
    )
    spec, notes = merge(values, {}), []
    literals = dict(_literals(skill, action))
    for name, rule in rules.items():
        value = get_path(spec, name, None)
        if name in user_keys or not (is_empty(value) or name in literals):
            continue
        found = literals.get(name) or _value_of_rule(rule, job) or job.keys.get(name)
        if rule == _METRIC and found and not _is_option(skill, action, name, found):
            continue
        if found and found != value:
            set_path(spec, name, found)
            shown = "(encryption key)" if rule == "key" else found
            notes.append(f"{name} = {shown} ({'skill_info' if name in literals else rule})")
    return spec, tuple(notes)


def _is_option(skill: Skill, action: str, key: str, value: str) -> bool:
    """Whether a key may have a value, as far as its options say."""
    schema = packaged_schema(skill, action)
    leaf = schema.leaves.get(key) if schema else None
    return leaf is None or not leaf.choices or value in leaf.choices


def unknown_rules(skill: Skill, action: str) -> dict[str, str]:
    """Return spec key -> word of the action's ``spec_params`` that is neither rule nor value."""
    literals = dict(_literals(skill, action))
    rules = skill.info.spec_params.get(action, {})
    return {k: rule for k, rule in rules.items() if rule not in KNOWN_RULES and k not in literals}


def _literals(skill: Skill, action: str) -> Iterator[tuple[str, str]]:
    """Yield the words that are no rule but the value itself: a template's, or a schema's option."""
    rules = skill.info.spec_params.get(action, {})
    words = {key: word for key, word in rules.items() if word not in KNOWN_RULES}
    packaged = packaged_spec(skill, action) if words else {}
    schema = packaged_schema(skill, action) if words else None
    for key, word in words.items():
        leaf = schema.leaves.get(key) if schema else None
        if get_path(packaged, key, None) == word or (leaf is not None and word in leaf.choices):
            yield key, word


def is_empty(value: Any) -> bool:
    """Whether a spec value counts as not set: null, empty, the mandatory mark, or ``<a blank>``."""
    return value is None or value in ("", MANDATORY) or is_blank(value)


def _is_resuming(rules: Mapping[str, str], values: Mapping[str, Any], results_dir: Path) -> bool:
    keys = [name for name, rule in rules.items() if rule == _RESUME]
    given = any(not is_empty(get_path(values, name, None)) for name in keys)
    return given or (bool(keys) and newest_checkpoint(results_dir) is not None)


def _value_of_rule(rule: str, job: Job) -> str | None:
    """The value that a rule gives for this job; None where it gives none or is unknown."""
    if rule in CREATED_FILES:
        return str(job.results_dir / CREATED_FILES[rule])
    reader = _RULES.get(rule)
    return reader(job) if reader else None


def _parent_model_folder(job: Job) -> str | None:
    return str(Path(job.parent_model).parent) if job.parent_model else None


def _resume_model(job: Job) -> str | None:
    found = newest_checkpoint(job.results_dir)
    return str(found) if found else job.resume


_RULES: Mapping[str, Callable[[Job], str | None]] = {
    "output_dir": lambda job: str(job.results_dir),
    PARENT_MODEL: lambda job: job.parent_model,
    "parent_model_folder": _parent_model_folder,
    _RESUME: _resume_model,
    "ptm": lambda job: job.ptm,
    "ptm_if_no_resume_model": lambda job: None if job.resuming else job.ptm,
    "resume_model_or_ptm": lambda job: _resume_model(job) or job.ptm,
    "parent_model_or_ptm": lambda job: job.parent_model or job.ptm,
    "key": lambda job: None,  # a key of its own for each spec key: Job.keys
    "cache_dir": lambda job: job.cache_dir,
    _METRIC: lambda job: job.metric,
}

KNOWN_RULES: Final = frozenset({*CREATED_FILES, *_RULES})
