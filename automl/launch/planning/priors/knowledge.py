"""What finished sweeps know, as a value and as a small file that can be shipped beside a skill."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from automl.constants import TrialState
from automl.errors import InputError
from automl.results.run import Run
from automl.skill.schema.numbers import is_finite, is_number
from automl.spec.nested import flatten

FORMAT: Final = "automl-prior"
VERSION: Final = 1
MOST_BYTES: Final = 16 * 2**20
_NAMES: Final = ("skill", "action", "metric", "direction")
_DIGITS: Final = 8  # of a value: what a sampler learns from


@dataclass(frozen=True)
class SweepKnowledge:
    """The finished trials of one sweep.

    Attributes:
        name: the run's.
        trials: parameters (dotted name -> value) and metric of each.
        fixed: numbers and truths of its spec that it did not search, dotted name -> value.
    """

    name: str
    trials: Sequence[tuple[Mapping[str, Any], float]]
    fixed: Mapping[str, Any]


@dataclass(frozen=True)
class Knowledge:
    """What some sweeps of one action know of one metric."""

    skill: str
    action: str
    metric: str
    direction: str
    sweeps: tuple[SweepKnowledge, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the content of a file."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "skill": self.skill,
            "action": self.action,
            "metric": self.metric,
            "direction": self.direction,
            "sweeps": [
                {
                    "name": sweep.name,
                    "fixed": dict(sweep.fixed),
                    "trials": [{"params": dict(p), "value": value} for p, value in sweep.trials],
                }
                for sweep in self.sweeps
            ],
        }

    def with_sweeps(self, sweeps: Sequence[SweepKnowledge]) -> Knowledge:
        """Return the same with further sweeps; one of the same name is replaced."""
        merged = {sweep.name: sweep for sweep in (*self.sweeps, *sweeps)}
        return Knowledge(
            self.skill, self.action, self.metric, self.direction, tuple(merged.values())
        )


def knowledge_of(run: Run) -> Knowledge:
    """Return what a run knows; text of its spec, which may be a path, stays out.

    Raises:
        InputError: it is no sweep, or none of its trials finished with a value.
    """
    if not run.is_sweep:
        raise InputError(f"{run.folder} is one direct run: a prior is made of a sweep")
    objective, trials = run.objective, []
    for history in run.searched_histories:
        value = history.best_value(objective)
        if history.state == TrialState.FINISHED and value is not None and math.isfinite(value):
            trials.append((dict(history.start.params), float(f"{value:.{_DIGITS}g}")))
    if not trials:
        raise InputError(f"{run.folder}: no trial finished with a value of {objective.metric}")
    searched = {name for params, _ in trials for name in params}
    fixed = {
        name: value
        for name, value in flatten(run.plan.get("spec") or {}).items()
        if name not in searched and (isinstance(value, bool) or is_number(value))
    }
    return Knowledge(
        str((run.plan.get("skill") or {}).get("name", "")),
        str(run.plan.get("action", "")),
        objective.metric,
        objective.direction,
        (SweepKnowledge(run.folder.resolve().name, trials, fixed),),
    )


def merged(found: Sequence[Knowledge], names: Sequence[str]) -> Knowledge:
    """Return the knowledge of several runs as one; ``names`` say in errors where each is from.

    Raises:
        InputError: they are of different actions or metrics.
    """
    first = found[0]
    for other, name in zip(found[1:], names[1:], strict=True):
        for what in _NAMES[1:]:
            if getattr(other, what) != getattr(first, what):
                raise InputError(
                    f"{name} has the {what} {getattr(other, what)!r}, and {names[0]}"
                    f" {getattr(first, what)!r}: they make no prior together"
                )
        first = first.with_sweeps(other.sweeps)
    return first


def write_knowledge(knowledge: Knowledge, path: Path) -> None:
    """Write a file, whole or not at all."""
    rows = knowledge.to_dict()
    unfinished = path.with_name(f".{path.name}.tmp")
    unfinished.write_text(json.dumps(rows, allow_nan=False, default=str) + "\n", encoding="utf-8")
    unfinished.replace(path)


def read_knowledge(path: Path, where: str) -> Knowledge:
    """Return the knowledge in a file that anybody may have written.

    Raises:
        InputError: it is no such file; ``where`` names the option or command.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"it is larger than {MOST_BYTES} bytes")
        return _knowledge(json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise InputError(
            f"{where} {path}: neither a run's folder nor a file of automl prior export ({why})"
        ) from None


def _knowledge(content: Any) -> Knowledge:
    if content["format"] != FORMAT:
        raise ValueError(f"its format is {content['format']!r}")
    if content["version"] != VERSION:
        raise ValueError(f"its version is {content['version']!r}, not {VERSION}")
    skill, action, metric, direction = names = [content[key] for key in _NAMES]
    if not all(isinstance(name, str) for name in names):
        raise ValueError(f"{', '.join(_NAMES)} must be texts")
    return Knowledge(skill, action, metric, direction, tuple(map(_sweep, content["sweeps"])))


def _sweep(content: Any) -> SweepKnowledge:
    trials = [(_mapping(each["params"]), _finite(each["value"])) for each in content["trials"]]
    return SweepKnowledge(str(content["name"]), trials, _mapping(content["fixed"]))


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{value!r} is no mapping")
    return value


def _finite(value: Any) -> float:
    if not is_finite(value):
        raise ValueError(f"the value {value!r} is no finite number")
    return float(value)
