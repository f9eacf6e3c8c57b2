"""The skill's action that measures each trained trial (``--objective``), as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from automl.skill import Action
from automl.spec.nested import get_path, merge, set_path
from automl.trial.container.settings import Container
from automl.trial.data.staging import Staged


@dataclass(frozen=True)
class TrialEvaluation:
    """The action that measures trials on their checkpoints, and its spec.

    Attributes:
        action: the skill's.
        metric: what it reports and the run optimises, by the action's own name for it.
        spec: its resolved nested spec before a trial's values.
        model_keys: spec keys that name the trial's checkpoint.
        folder_keys: spec keys that name the folder of that checkpoint.
        follow: spec keys that have the value which the trial's spec has.
        placed: spec keys of files and folders that it writes -> their paths below its folder.
        sources: spec keys of its data -> where they lie.
        container: the container that it gets, None for none.
    """

    action: Action
    metric: str
    spec: Mapping[str, Any]
    model_keys: tuple[str, ...]
    folder_keys: tuple[str, ...] = ()
    follow: tuple[str, ...] = ()
    placed: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, Staged] = field(default_factory=dict)
    container: Container | None = None

    def spec_for(
        self, checkpoint: Path, trained: Mapping[str, Any], results: Path
    ) -> dict[str, Any]:
        """Return the spec with which the action measures a checkpoint.

        Args:
            checkpoint: what it measures.
            trained: the spec that the checkpoint was trained with.
            results: the folder that it writes into.
        """
        spec = merge({}, self.spec)
        for key in self.follow:
            set_path(spec, key, get_path(trained, key, get_path(spec, key, None)))
        for key, source in self.sources.items():
            set_path(spec, key, source.here())
        for key, relative in self.placed.items():
            set_path(spec, key, str(results / relative))
        for key in self.model_keys:
            set_path(spec, key, str(checkpoint))
        for key in self.folder_keys:
            set_path(spec, key, str(checkpoint.parent))
        return spec

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data; the action by its name."""
        container = {"container": self.container.to_dict()} if self.container else {}
        return {
            "action": self.action.name,
            "metric": self.metric,
            "spec": merge({}, self.spec),
            "model_keys": list(self.model_keys),
            "folder_keys": list(self.folder_keys),
            "follow": list(self.follow),
            "placed": dict(self.placed),
            "sources": {key: asdict(source) for key, source in self.sources.items()},
            **container,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], action: Action) -> TrialEvaluation:
        """Return what :meth:`to_dict` wrote; ``action`` is the skill's of that name."""
        container = data.get("container")
        return cls(
            action=action,
            metric=data["metric"],
            spec=data["spec"],
            model_keys=tuple(data["model_keys"]),
            folder_keys=tuple(data.get("folder_keys", ())),
            follow=tuple(data.get("follow", ())),
            placed=data.get("placed", {}),
            sources={key: Staged(**said) for key, said in data.get("sources", {}).items()},
            container=Container.from_dict(container) if container else None,
        )
