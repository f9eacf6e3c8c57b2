"""A plan as the mapping that plan.yaml holds: its one encoder and its one decoder.

The keys stay those of the first version, even where a field of :class:`Plan` has another name, so
that runs of earlier versions can be resumed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, TypeVar

from automl.constants import PLAN_FILE, RouteKind
from automl.errors import DamagedFileError, SpaceError
from automl.launch.known_places import places_of
from automl.launch.plan import Plan
from automl.launch.planning.options.resource import ResourceOptions
from automl.launch.planning.options.sweep import SweepOptions
from automl.launch.planning.options.trial import TrialOptions
from automl.launch.planning.parents.parent_run import Inherited
from automl.policy import PolicyChoice, Route
from automl.results.champion.confirmation_plan import confirm_of
from automl.results.champion.final_test import final_test_of
from automl.results.plan_file import further_of, objective_of, write_plan
from automl.search.population.schedule import Population
from automl.search.scheduler import Scheduler
from automl.skill import Skill
from automl.space import Space
from automl.spec.nested import merge
from automl.trial.container.settings import Container
from automl.trial.costs import Costs, Probe
from automl.trial.data.roots import DataRoots
from automl.trial.data.staging import Staged
from automl.trial.evaluation import TrialEvaluation
from automl.trial.files.disk import CheckpointSize

_VERSIONS: Final = ("reid-automl", "ray", "optuna")

_Value = TypeVar("_Value")


def save_plan(plan: Plan, resources: Mapping[str, Any]) -> None:
    """Write a plan into its run's folder, with the ``resources`` that each trial gets."""
    write_plan(plan.output, {**plan_to_dict(plan), "resources": dict(resources)})


def plan_to_dict(plan: Plan) -> dict[str, Any]:
    """Return a plan as plain data, the content of plan.yaml."""
    return {
        "created": plan.created,
        "skill": {
            "name": plan.skill.info.name,
            "directory": str(plan.skill.directory),
            "digest": plan.skill.digest(),
        },
        "action": plan.action,
        "route": plan.route.kind.value,
        "route_reason": plan.route.reason,
        "policy": plan.policy.policy,
        "policy_reason": plan.policy.reason,
        "metric": plan.objective.metric,
        "direction": plan.objective.direction,
        "population": plan.population.to_dict() if plan.population else None,
        "further": [asdict(objective) for objective in plan.further],
        "algorithm": plan.algorithm,
        "algorithm_reason": plan.algorithm_reason,
        "scheduler": asdict(plan.scheduler),
        "trials": plan.trials,
        "time_budget_s": plan.time_budget_s,
        "seed": plan.seed,
        "mode": {"mode": plan.mode.mode.value, "reason": plan.mode.reason},
        "notes": list(plan.notes),
        "warnings": list(plan.warnings),
        "data": list(plan.data_lines),
        "user_keys": sorted(plan.user_keys),
        "inherited": asdict(plan.inherited) if plan.inherited else None,
        "space": plan.space.to_json() if plan.space else None,
        "spec": merge({}, plan.spec),
        "placed": dict(plan.placed),
        "resume_keys": list(plan.resume_keys),
        "wishes": asdict(plan.resource_options),
        "care": plan.trial_options.to_dict(),
        "checkpoints": asdict(plan.checkpoints) if plan.checkpoints else None,
        "probes": plan.costs.to_list(),
        "probed_trial_s": list(plan.costs.trial_s),
        "sources": {key: asdict(source) for key, source in plan.sources.items()},
        "data_roots": plan.roots.to_dict(),
        "course": plan.sweep_options.to_dict(),
        "confirm": plan.confirm.to_dict() if plan.confirm else None,
        "loggers": list(plan.loggers),
        **({"final": asdict(plan.final)} if plan.final else {}),
        **({"container": plan.container.to_dict()} if plan.container else {}),
        **({"evaluation": plan.evaluation.to_dict()} if plan.evaluation else {}),
        **({"start_checkpoint": str(plan.start_checkpoint)} if plan.start_checkpoint else {}),
        "versions": {name: version(name) for name in _VERSIONS},
    }


def plan_places(plan: Plan) -> dict[str, str]:
    """Return the places that a plan names, without the rest of its encoding, kind -> place."""
    options = plan.resource_options
    return places_of(
        {
            "skill": {"directory": str(plan.skill.directory)},
            "care": {"venv": plan.trial_options.venv},
            "wishes": {"address": options.address, "storage": options.storage},
            "course": plan.sweep_options.to_dict(),
        }
    )


def plan_from_dict(content: Mapping[str, Any], skill: Skill, folder: Path) -> Plan:
    """Return the plan of the run in ``folder`` from the content of its plan.yaml.

    Raises:
        DamagedFileError: a key is missing, or its value is of no known form.
    """
    try:
        return Plan(
            skill=skill,
            action=content["action"],
            policy=PolicyChoice(content["policy"], content["policy_reason"]),
            route=Route(RouteKind(content["route"]), content["route_reason"]),
            objective=objective_of(content),
            further=further_of(content),
            population=_optional(Population.from_dict, content.get("population")),
            spec=content["spec"],
            user_keys=frozenset(content["user_keys"]),
            space=_optional(Space.from_json, content["space"]),
            algorithm=content["algorithm"],
            algorithm_reason=content["algorithm_reason"],
            scheduler=Scheduler(**content["scheduler"]),
            trials=content["trials"],
            time_budget_s=content["time_budget_s"],
            seed=content["seed"],
            output=folder,
            placed=content["placed"],
            notes=tuple(content.get("notes", ())),
            warnings=tuple(content.get("warnings", ())),
            data_lines=tuple(content["data"]),
            resource_options=ResourceOptions(**content["wishes"]),
            trial_options=TrialOptions.from_dict(content.get("care", {})),
            container=_optional(Container.from_dict, content.get("container")),
            evaluation=_evaluation(content, skill),
            start_checkpoint=_path(content.get("start_checkpoint")),
            checkpoints=_optional(_checkpoint_size, content.get("checkpoints")),
            costs=_costs(content),
            sources={key: Staged(**said) for key, said in content.get("sources", {}).items()},
            roots=DataRoots.from_dict(content.get("data_roots")),
            sweep_options=SweepOptions.from_dict(content["course"]),
            confirm=confirm_of(content),
            final=final_test_of(content),
            loggers=tuple(content.get("loggers", ())),
            inherited=_optional(Inherited.from_dict, content.get("inherited")),
            created=content["created"],
        )
    except (LookupError, TypeError, ValueError, AttributeError, SpaceError) as error:
        raise DamagedFileError(
            f"{folder / PLAN_FILE} is damaged or of another version: {error}"
        ) from error


def _optional(
    read: Callable[[Mapping[str, Any]], _Value], section: Mapping[str, Any] | None
) -> _Value | None:
    return read(section) if section else None


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


def _evaluation(content: Mapping[str, Any], skill: Skill) -> TrialEvaluation | None:
    said = content.get("evaluation")
    return TrialEvaluation.from_dict(said, skill.action(said["action"])) if said else None


def _checkpoint_size(section: Mapping[str, Any]) -> CheckpointSize:
    return CheckpointSize(**section)


def _costs(content: Mapping[str, Any]) -> Costs:
    probes = [Probe.from_dict(each) for each in content.get("probes", ())]
    seconds = tuple(content.get("probed_trial_s", ()))
    return Costs(probes, content["spec"], seconds) if probes else Costs()
