"""What all trials of a run share, and the spec and folder of each."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from automl.checked_yaml import write_checked
from automl.constants import LOG_FILE, SPEC_FILE, TRIALS_FOLDER, Fault
from automl.errors import TrialError
from automl.skill import Action
from automl.space.inactive import InactiveDefault, reset_inactive
from automl.spec.nested import merge, set_path
from automl.trial.container.settings import Container
from automl.trial.data.staging import Staged
from automl.trial.evaluation import TrialEvaluation
from automl.trial.files.checkpoints import resumable_checkpoint
from automl.trial.mode import TrialMode
from automl.trial.timeouts import Limits


def trial_id(number: int) -> str:
    """Return the folder name and table id of trial ``number``."""
    return f"{number:04d}"


@dataclass(frozen=True)
class TrialJob:
    """What every trial of one run shares.

    Attributes:
        action: the skill's action that a trial runs.
        skill_dir: the skill directory, read-only.
        run_dir: the run's folder; a trial works in ``trials/<id>`` below it.
        spec: the resolved nested spec before trial parameters.
        placed: spec keys of files and folders in a trial's folder -> their paths relative to it.
        resume_keys: spec keys that name a checkpoint to go on from.
        metric: the reported value that the run optimises.
        needs_metric: whether a trial that never reports it fails.
        epochs_key: the spec key of how many epochs a trial trains, None where none is known.
        metric_due: after how many epochs a trial fails that has not reported ``metric``, which the
            skill does not know; None for a metric that the skill knows.
        mode: whether the action's Python entrypoint is called in the actor's process or on ranks,
            or its command or script runs as a child process.
        pattern: finds the metric in the log of a child process, in place of its files.
        gpus: the GPUs of a trial; with a part of one it gets that part of the GPU's memory.
        limits: how long a trial may run, and how long it may report nothing.
        venv: the virtual environment of child processes, None for the one of this process.
        further: metrics that a trial must report beside ``metric``.
        inactive: spec keys that are set to their default where other values switch them off.
        storage: the URL of the run's place where the nodes do not see ``run_dir``.
        container: the container that a trial gets, None for none.
        eval_command: measures each trained trial in place of its trainer; None for none.
        evaluation: the skill's action that does; None for none.
        trained_metric: what the trainer reports of itself where something else measures trials;
            empty where it is not known.
        sources: spec keys of the data -> where they lie; staged on the machine that runs a trial.
    """

    action: Action
    skill_dir: Path
    run_dir: Path
    spec: Mapping[str, Any]
    placed: Mapping[str, str]
    resume_keys: tuple[str, ...]
    metric: str
    needs_metric: bool
    mode: TrialMode
    pattern: str | None = None
    gpus: float = 1.0
    limits: Limits = field(default_factory=Limits)
    venv: Path | None = None
    further: tuple[str, ...] = ()
    inactive: tuple[InactiveDefault, ...] = ()
    sources: Mapping[str, Staged] = field(default_factory=dict)
    storage: str | None = None
    metric_due: int | None = None
    epochs_key: str | None = None
    container: Container | None = None
    eval_command: str | None = None
    evaluation: TrialEvaluation | None = None
    trained_metric: str = ""

    @property
    def is_measured(self) -> bool:
        """Whether something else than the trainer gives the metric, once a trial is trained."""
        return self.eval_command is not None or self.evaluation is not None

    @property
    def read_metric(self) -> str:
        """The metric that must be among what a child process of the trainer reports."""
        return self.trained_metric if self.is_measured else self.metric

    @property
    def reports_metric(self) -> bool:
        """Whether the trainer itself must report the metric."""
        return self.needs_metric and not self.is_measured

    def folder(self, number: int) -> Path:
        """Return the folder that trial ``number`` works in."""
        return self.run_dir / TRIALS_FOLDER / trial_id(number)

    def trial_spec(
        self, number: int, values: Mapping[str, Any], parent: int | None = None
    ) -> dict[str, Any]:
        """Return the complete nested spec of trial ``number`` with its parameters set.

        A trial that was cut short goes on from its own newest undamaged checkpoint, else from that
        of ``parent``.

        Raises:
            TrialError: the parent has none.
        """
        spec = merge({}, self.spec)
        for key, source in self.sources.items():
            set_path(spec, key, source.here())
        for name, value in values.items():
            set_path(spec, name, value)
        reset_inactive(spec, self.inactive)
        folder = self.folder(number)
        for key, relative in self.placed.items():
            set_path(spec, key, str(folder / relative))
        checkpoint = self._own_checkpoint(folder) if self.resume_keys else None
        if checkpoint is None and parent is not None:
            checkpoint = self._parent_checkpoint(parent)
        for key in self.resume_keys if checkpoint is not None else ():
            set_path(spec, key, str(checkpoint))
        return spec

    def clear_other_trial(self, number: int, spec: Mapping[str, Any]) -> bool:
        """Empty the folder of trial ``number``, which starts first, of another trial's files.

        Another trial had the number if the end of the ledger was lost, or an older one put back.
        What it reported, and its checkpoints, are none of this trial's. Returns whether there were
        such files.
        """
        folder = self.folder(number)
        own = folder / SPEC_FILE
        if not own.exists() or self._settings(_read_yaml(own)) == self._settings(spec):
            return False
        for path in folder.iterdir():
            if path.name == LOG_FILE:
                path.write_text("")
            elif path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif not path.name.startswith("."):  # a lock of its child process
                path.unlink()
        return True

    def _settings(self, spec: Any) -> Any:
        """A spec as YAML has it, without what may differ each time that a trial starts."""
        if not isinstance(spec, Mapping):
            return None
        rest = yaml.safe_load(yaml.safe_dump(dict(spec)))
        for key in (*self.resume_keys, *self.sources):
            set_path(rest, key, None)
        return rest

    def _parent_checkpoint(self, parent: int) -> Path:
        checkpoint, _ = resumable_checkpoint(self.folder(parent))
        if checkpoint is None:
            words = f"trial {trial_id(parent)}, from which it should go on, left no checkpoint"
            raise TrialError(words, fault=Fault.DATA)
        return checkpoint

    @staticmethod
    def _own_checkpoint(folder: Path) -> Path | None:
        checkpoint, damaged = resumable_checkpoint(folder)
        if damaged:
            names = ", ".join(path.name for path in damaged)
            start = f"goes on from {checkpoint.name}" if checkpoint else "starts from zero"
            with (folder / LOG_FILE).open("a") as log:
                log.write(f"automl: damaged checkpoint {names}: the trial {start}\n")
        return checkpoint


def make_outputs(job: TrialJob, number: int) -> None:
    """Make the folders that the action's declared outputs of trial ``number`` go to."""
    make_outputs_in(job.folder(number), job.action, job.placed)


def make_outputs_in(folder: Path, action: Action, placed: Mapping[str, str]) -> None:
    """Make the folders below ``folder`` that an action's declared outputs go to.

    ``placed``: spec key of each output -> its path there.
    """
    for key, output in action.outputs.items():
        if key in placed:
            path = folder / placed[key]
            place = path.parent if output.type in ("file", "model") else path
            place.mkdir(parents=True, exist_ok=True)


def write_spec(folder: Path, spec: Mapping[str, Any]) -> Path:
    """Write ``spec`` as YAML into ``folder`` (made when missing) and return the file's path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / SPEC_FILE
    write_checked(path, spec)
    return path


def write_config(folder: Path, spec: Mapping[str, Any], form: str) -> Path:
    """Write ``spec`` the way the action reads it (yaml, json or toml) and return the file's path.

    TOML knows no null: keys and list members without a value are left out there.
    """
    if form == "yaml":
        return write_spec(folder, spec)
    path = folder / f"config.{form}"
    if form == "json":
        path.write_text(json.dumps(spec, indent=2))
        return path
    import tomli_w

    path.write_text(tomli_w.dumps(_without_nulls(spec)))
    return path


def _read_yaml(path: Path) -> Any:
    """What a file holds; None of a damaged one."""
    try:
        return yaml.safe_load(path.read_text())
    except (ValueError, yaml.YAMLError):
        return None


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value if item is not None]
    return value
