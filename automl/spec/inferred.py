"""Fills in spec keys that follow from where a job runs, by the rules in ``spec_params``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from automl.errors import SpecError
from automl.skill import Skill
from automl.spec.checkpoints import newest_checkpoint, parent_checkpoint
from automl.spec.nested import get_path, merge, set_path
from automl.spec.validate import MANDATORY

PARENT_MODEL: Final = "parent_model"


CREATED_FILES: Mapping[str, str] = {
    "create_onnx_file": "model.onnx",
    "create_inference_result_file_reid": "inference.json",
    "create_evaluate_cmc_plot_reid": "cmc_curve.png",
    "create_evaluate_matches_plot_reid": "sampled_matches.png",
}


_RESUME = "resume_model"


@dataclass(frozen=True, slots=True)
class Job:
    """Where a job runs and what it starts from."""

    results_dir: Path
    parent_dir: Path | None
    ptm: str | None
    key: str | None
    metric: str | None
    direction: str | None
    resuming: bool
    cache_dir: str | None = None


def infer(
    skill: Skill,
    action: str,
    values: Mapping[str, Any],
    user_keys: Collection[str],
    *,
    results_dir: Path,
    parent_dir: Path | None = None,
    ptm: str | None = None,
    key: str | None = None,
    metric: str | None = None,
    cache_dir: str | None = None,
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return a new spec with the action's inferred keys filled in, and one note for each.

    Only empty keys that the user did not set are filled in.

    Args:
        values: the nested spec; user_keys: dotted leaves that the user set.
        results_dir: the job's results folder; parent_dir: the results folder of an earlier job.
        ptm: a pretrained model's file; key: the encryption key.
        metric: chooses the parent's best checkpoint; None stands for the skill's own metric.
        cache_dir: for files that trials share; None leaves the key empty.

    Raises:
        SpecError: ``parent_dir`` is given but holds no checkpoint.
    """
    rules = skill.info.spec_params.get(action, {})
    job = Job(
        results_dir=results_dir,
        parent_dir=parent_dir,
        ptm=ptm,
        key=key,
        metric=metric or skill.info.metric,
        direction=skill.info.direction if metric in (None, skill.info.metric) else None,
        resuming=_is_resuming(rules, values, results_dir),
        cache_dir=cache_dir,
    )
    spec, notes = merge(values, {}), []
    for name, rule in rules.items():
        if name in user_keys or not is_empty(get_path(spec, name, None)):
            continue
        found = _value_of_rule(rule, job)
        if found:
            set_path(spec, name, found)
            shown = "(encryption key)" if rule == "key" else found
            notes.append(f"{name} = {shown} ({rule})")
    return spec, tuple(notes)


def is_empty(value: Any) -> bool:
    """Whether a spec value counts as not set: null, blank, or the mandatory mark."""
    return value is None or value in ("", MANDATORY)


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


def _parent_model(job: Job) -> str | None:
    if job.parent_dir is None:
        return None
    found = parent_checkpoint(job.parent_dir, job.metric, job.direction)
    if found is None:
        raise SpecError(f"{job.parent_dir}: holds no checkpoint of an earlier job; give another")
    return str(found)


def _parent_model_folder(job: Job) -> str | None:
    model = _parent_model(job)
    return str(Path(model).parent) if model else None


def _resume_model(job: Job) -> str | None:
    found = newest_checkpoint(job.results_dir)
    return str(found) if found else None


_RULES: Mapping[str, Callable[[Job], str | None]] = {
    "output_dir": lambda job: str(job.results_dir),
    PARENT_MODEL: _parent_model,
    "parent_model_folder": _parent_model_folder,
    _RESUME: _resume_model,
    "ptm_if_no_resume_model": lambda job: None if job.resuming else job.ptm,
    "key": lambda job: job.key,
    "cache_dir": lambda job: job.cache_dir,
}
