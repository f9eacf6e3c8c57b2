"""The priors of a request: runs of the same task feed the sampler, other sweeps are weighed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from automl.constants import PLAN_FILE
from automl.errors import InputError
from automl.launch.planning.initial_points import complete, same_value
from automl.launch.planning.priors.knowledge import (
    Knowledge,
    SweepKnowledge,
    knowledge_of,
    read_knowledge,
)
from automl.launch.planning.priors.known_trials import known_trials
from automl.results.run import Run, read_run
from automl.skill import Skill
from automl.space import Space
from automl.spec.nested import flatten, get_path
from automl.trial.data.staging import Staged
from automl.trial.objective import Objective

SHIPPED: Final = "skill"
"""Stands for the file beside the skill, which ``automl prior import`` writes."""
LEAST: Final = 3  # trials of a sweep from which it is weighed


@dataclass(frozen=True)
class SearchTask:
    """What this run searches, on which data.

    Attributes:
        base: the resolved spec.
        sources: spec key -> where its data are staged.
    """

    skill: Skill
    action: str
    space: Space
    base: Mapping[str, Any]
    objectives: Sequence[Objective]
    sources: Mapping[str, Staged]


@dataclass(frozen=True)
class PriorSweep:
    """The finished trials of another sweep that lie in this one's space; lower is better."""

    name: str
    configurations: Sequence[Mapping[str, Any]]
    values: Sequence[float]


@dataclass(frozen=True)
class Priors:
    """The priors of a run.

    Attributes:
        same_task: runs of the same task: the sampler is seeded with their trials.
        weighed: runs and files of others, which are weighed while the sweep goes on.
        notes: how many trials of each can be used, and why one is weighed.
    """

    same_task: tuple[str, ...] = ()
    weighed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def shipped_file(skill_dir: Path, action: str) -> Path:
    """Return the place of a prior that is shipped beside a skill."""
    return skill_dir / "references" / f"prior_{action}.json"


def read_priors(given: Sequence[Any], task: SearchTask) -> Priors:
    """Return the priors that a request names.

    Raises:
        InputError: one is neither a run nor a file of ``automl prior export``, or knows nothing of
            what this run searches and optimises.
    """
    same_task: list[str] = []
    weighed: list[str] = []
    notes: list[str] = []
    for each in given:
        path = _place(each, task)
        run = read_run(path) if _is_run(path) else None
        differs = _difference(run, task) if run is not None else "a file"
        if differs:
            weighed.append(str(path))
            notes += _weighed_notes(path, differs, task)
        else:
            same_task.append(str(path))
            notes.append(known_trials(path, task.space, task.base, task.objectives)[1])
    return Priors(tuple(same_task), tuple(weighed), tuple(notes))


def prior_sweeps(
    sweeps: Sequence[SweepKnowledge], direction: str, space: Space, base: Mapping[str, Any]
) -> list[PriorSweep]:
    """Return the sweeps with :data:`LEAST` or more trials in a space, and those trials."""
    sign = 1.0 if direction == "minimize" else -1.0
    found = []
    for sweep in sweeps:
        inside = [(_inside(p, sweep.fixed, space, base), value) for p, value in sweep.trials]
        known = [(values, sign * value) for values, value in inside if values is not None]
        if len(known) >= LEAST and len({value for _, value in known}) > 1:
            configurations, values = zip(*known, strict=True)
            found.append(PriorSweep(sweep.name, configurations, values))
    return found


def knowledge_at(path: Path) -> Knowledge:
    """Return the knowledge of a run or of a file.

    Raises:
        InputError: it is neither, or knows nothing.
    """
    return knowledge_of(read_run(path)) if _is_run(path) else read_knowledge(path, "--prior")


def _place(given: Any, task: SearchTask) -> Path:
    if str(given) != SHIPPED or Path(SHIPPED).exists():
        return Path(str(given)).absolute()
    path = shipped_file(task.skill.directory, task.action)
    if not path.is_file():
        raise InputError(
            f"--prior skill: the skill ships no prior ({path} is missing): make one with"
            " automl prior export and automl prior import"
        )
    return path


def _is_run(path: Path) -> bool:
    return (path / PLAN_FILE).is_file() or not path.is_file()


def _weighed_notes(path: Path, differs: str, task: SearchTask) -> list[str]:
    knowledge, objective = knowledge_at(path), task.objectives[0]
    if knowledge.metric != objective.metric:
        raise InputError(
            f"--prior {path}: it knows {knowledge.metric}, and this run optimises"
            f" {objective.metric}"
        )
    found = prior_sweeps(knowledge.sweeps, objective.direction, task.space, task.base)
    usable, given = sum(len(s.values) for s in found), sum(len(s.trials) for s in knowledge.sweeps)
    names = {name for sweep in knowledge.sweeps for params, _ in sweep.trials for name in params}
    if not names & set(task.space.names):
        raise InputError(f"--prior {path}: it searched nothing of what this run searches")
    words = f"{usable} of {given} finished trials of {path} may propose points, as far as they"
    words += f" predict this run's trials: {differs}"
    if not found:
        words = f"{path} is left out: fewer than {LEAST} of its {given} trials lie in this space"
    unsearched = sorted(names - set(task.space.names))
    return [words + (f"; searched there, not here: {', '.join(unsearched)}" if unsearched else "")]


def _difference(run: Run, task: SearchTask) -> str:
    """Say how a run's task differs from this one; empty where the metric means the same."""
    plan = run.plan
    there, skill = plan.get("sources") or {}, (plan.get("skill") or {}).get("name")
    if skill != task.skill.info.name or plan.get("action") != task.action:
        return f"it is of skill {skill}, action {plan.get('action')}"
    here = {key: source.location for key, source in task.sources.items()}
    if {key: (source or {}).get("location") for key, source in there.items()} != here:
        return "it is of other data"
    searched = {name for h in run.searched_histories for name in h.start.params}
    unlike = searched.union(task.space.names, there, here, plan.get("placed") or ())
    one, other = _plain(plan.get("spec") or {}, unlike), _plain(task.base, unlike)
    keys = [key for key in sorted({*one, *other}) if one.get(key) != other.get(key)]
    named = ", ".join(keys[:3]) + (f" and {len(keys) - 3} more" if len(keys) > 3 else "")
    return f"its spec differs in {named}" if keys else ""


def _plain(spec: Mapping[str, Any], without: set[str]) -> dict[str, Any]:
    """Return the values of a spec that are set, flat, without some keys."""
    found = flatten(spec)
    return {k: v for k, v in found.items() if k not in without and v not in (None, "", [], {})}


def _inside(
    params: Mapping[str, Any], fixed: Mapping[str, Any], space: Space, base: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """Return a trial's configuration in a space; None where it lies outside."""
    known = {**fixed, **params}
    wanted = {n: known[n] if n in known else get_path(base, n, None) for n in space.names}
    found = complete(wanted, space, base)
    alike = (same_value(space, n, wanted[n], v) for n, v in found.items() if n in known)
    return found if all(alike) else None
