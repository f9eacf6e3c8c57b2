"""What an action takes over from a parent run: its spec, its checkpoint and its data."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from automl.errors import InputError
from automl.skill import DataSource, Skill
from automl.spec.checkpoints import newest_checkpoint, parent_checkpoint
from automl.spec.inferred import is_empty
from automl.spec.nested import flatten, get_path
from automl.trial.data.locate import below, filled, is_at_hand
from automl.trial.data.roots import DataRoots
from automl.trial.data.staging import Staged
from automl.trial.files.checkpoints import resumable_checkpoint

PARENT_RULES: Final = ("parent_model", "parent_model_folder", "parent_model_or_ptm")
TUNING_RULES: Final = ("ptm_if_no_resume_model", "ptm", "resume_model_or_ptm")
RESUME_RULES: Final = ("resume_model", "resume_model_or_ptm")
_ABSENT: Final = object()
_PRETRAIN: Final = re.compile(r"(?:^|\.)pretrain[^.]*$")  # such as model.pretrain_choice
_KEY_RULE: Final = "key"


@dataclass(frozen=True)
class ParentRun:
    """An earlier run, or one trial of it.

    Attributes:
        folder: where its checkpoints lie.
        last: the folder of the training whose best checkpoint ``folder`` gives, to go on with.
        spec: what its best trial was trained with, as ``spec_file`` says.
        action: the action that it ran; None where no plan says.
        skill_dir: the skill that it ran; None where no plan says.
        metric: what it optimised; None where no plan says, or it optimised nothing.
        direction: ``maximize`` or ``minimize``, of ``metric``.
        sources: spec keys of its data -> where they are.
        roots: source -> the roots that held it.
        reported: epoch -> metrics of a single trial.
    """

    folder: Path
    last: Path
    spec: Mapping[str, Any]
    spec_file: Path
    action: str | None = None
    skill_dir: Path | None = None
    metric: str | None = None
    direction: str | None = None
    sources: Mapping[str, Staged] = field(default_factory=dict)
    roots: DataRoots = DataRoots()
    reported: Mapping[int, Mapping[str, float]] = field(default_factory=dict)

    def best(self, metric: str | None, direction: str | None) -> Path:
        """Return its best checkpoint by a metric; of an export, the model that it wrote.

        Raises:
            InputError: it holds none.
        """
        found = parent_checkpoint(self.folder, metric, direction, self.reported)
        return found or exported_model(self.folder) or self.newest()

    def newest(self) -> Path:
        """Return the undamaged checkpoint of its last epoch; of the best one where none is kept.

        Raises:
            InputError: there is none, as in an export.
        """
        found = resumable_checkpoint(self.last)[0] or newest_checkpoint(self.folder)
        if found is None:
            raise InputError(f"--parent {self.folder}: it holds no checkpoint to train on from")
        return found

    def places(self, key: str) -> tuple[str, ...]:
        """Return the locations of a declared file that it read; empty where it read none."""
        entry = re.compile(re.escape(key).replace(r"\[0\]", r"\[\d+\]", 1) + r"(\[\d+\])?")
        read = [each for name, each in self.sources.items() if entry.fullmatch(name)]
        if read:
            return tuple(each.place() for each in read)
        value = get_path(self.spec, key, None)
        values = value if isinstance(value, list) else [value]
        return tuple(str(each) for each in values if not is_empty(each))


def exported_model(folder: Path) -> Path | None:
    """Return the newest ONNX file below a folder; None where there is none."""
    return max(folder.rglob("*.onnx"), key=lambda path: path.stat().st_mtime, default=None)


def skill_dir_of(parent: ParentRun) -> Path | None:
    """Return the directory of the skill that the parent ran, None where its folder does not say.

    Raises:
        InputError: the directory is gone.
    """
    directory = parent.skill_dir
    if directory is not None and not directory.is_dir():
        raise InputError(
            f"--parent {parent.folder}: the skill directory that it ran, {directory}, is gone;"
            " say where the skill is now with --skill-dir DIR"
        )
    return directory


@dataclass(frozen=True)
class Inherited:
    """What a run's spec takes over from its parent's.

    Attributes:
        source: the parent's spec file.
        keys: dotted keys that have the parent's value, where that is not the skill's default.
    """

    source: str
    keys: tuple[str, ...]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Inherited:
        """Return what was written into a plan."""
        return cls(data["source"], tuple(data["keys"]))


def inherited_of(
    parent: ParentRun,
    taken: Mapping[str, Any],
    spec: Mapping[str, Any],
    packaged: Mapping[str, Any],
    user_keys: Collection[str],
) -> Inherited:
    """Return which of ``taken``, the parent's values by dotted keys, are in a run's spec.

    Keys that the user set, and those with the skill's default, are left out.

    Args:
        spec, packaged: the run's spec and the skill's, nested.
    """
    here, before = flatten(spec), flatten(packaged)
    keys = [key for key, value in taken.items() if key in here and here[key] == value]
    changed = [
        key for key in keys if key not in user_keys and before.get(key, _ABSENT) != here[key]
    ]
    return Inherited(str(parent.spec_file), tuple(sorted(changed)))


def takes_parent(skill: Skill, action: str) -> bool:
    """Return whether the action works on a checkpoint of an earlier job."""
    return any(rule in PARENT_RULES for rule in _rules(skill, action))


def check_takes_parent(skill: Skill, action: str, *, goes_on: bool) -> None:
    """Refuse a parent that the action would ignore; ``goes_on``: with ``--continue``.

    Raises:
        InputError: the skill infers nothing for the action from an earlier job.
    """
    needed = RESUME_RULES if goes_on else (*PARENT_RULES, *TUNING_RULES)
    if any(rule in needed for rule in _rules(skill, action)):
        return
    able = [name for name in skill.actions if any(r in needed for r in _rules(skill, name))]
    what = "--continue" if goes_on else "--parent"
    raise InputError(
        f"{what}: action {action} of {skill.info.name} takes nothing from an earlier run;"
        f" those that do: {', '.join(able) or 'none'}"
    )


def _rules(skill: Skill, action: str) -> Collection[str]:
    return skill.info.spec_params.get(action, {}).values()


def inherited_values(
    parent: ParentRun, skill: Skill, action: str, *, goes_on: bool
) -> dict[str, Any]:
    """Return dotted key -> value of the parent's spec, without its files and folders.

    The encryption key of its checkpoint stays, since the checkpoint cannot be read without it. What
    it was pretrained with does not where ``action`` starts from its weights and does not go on.
    """
    places = set(_places(skill))
    weights = (*TUNING_RULES, *PARENT_RULES)
    if not goes_on and any(rule in weights for rule in _rules(skill, action)):
        places |= {key for key in flatten(parent.spec) if _PRETRAIN.search(key)}
    values = flatten(parent.spec)
    return {key: v for key, v in values.items() if key not in places and not is_empty(v)}


def inherited_data(
    parent: ParentRun, skill: Skill, action: str, spec: Mapping[str, Any]
) -> dict[str, tuple[str, ...]]:
    """Return spec key -> locations of the action's data that the parent can give.

    They are what the parent read as the same file of the same source, perhaps under another key,
    else the file below the root that held the source for the parent.
    """
    theirs = skill.info.data_sources.get(parent.action or "", {})
    known = {_declared(source): parent.places(key) for key, source in theirs.items()}
    wanted = skill.info.data_sources.get(action, {})
    found = {
        key: known.get(_declared(source)) or _below_roots(parent, source, spec)
        for key, source in wanted.items()
    }
    return {key: places for key, places in found.items() if places}


def _below_roots(parent: ParentRun, source: DataSource, spec: Mapping[str, Any]) -> tuple[str, ...]:
    roots = parent.roots.of(source.source) if source.source else ()
    paths = [filled(path, spec) for path in (source.path, *source.alternatives)]
    places = tuple(below(root, *paths) for root in roots)
    return places if all(map(is_at_hand, places)) else ()


def _declared(source: DataSource) -> tuple[str | None, str]:
    return source.source, source.path


def _places(skill: Skill) -> Iterator[str]:
    """Yield the spec keys of all actions that name files or folders, or are inferred."""
    for name in skill.actions:
        action = skill.action(name)
        yield from action.inputs
        yield from action.outputs
        yield from skill.info.data_sources.get(name, {})
        rules = skill.info.spec_params.get(name, {})
        yield from (key for key, rule in rules.items() if rule != _KEY_RULE)
