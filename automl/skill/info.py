"""The content of ``references/skill_info.yaml`` as frozen dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Direction = Literal["maximize", "minimize"]

_TRAINING = ("train", "retrain", "pretrain", "finetune", "distill")


@dataclass(frozen=True, slots=True)
class IO:
    """A spec key that an action reads or writes: a file or a folder, perhaps optional."""

    type: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Execution:
    """How an action is run, where ``execution`` replaces its command.

    ``python_entrypoint`` calls ``entrypoint`` (``"package.module:function"``) in this process; with
    ``ranks: torchelastic`` one process for each device may call it, and finds its rank in the
    environment variables of torchrun. Rank 0 reports; if its report raises, all ranks end.
    ``python_script`` runs ``script`` with ``args`` (placeholders ``{config_path}``
    ``{results_dir}`` ``{job_id}``; the default is ``--config {config_path}``) in ``cwd``; script
    and cwd are relative to the skill directory. ``probe`` (``"package.module:function"``) is called
    with a complete spec and returns the cost of a trial: ``steps_per_epoch``, ``seconds_per_step``,
    perhaps ``seconds_fixed`` for each epoch, ``peak_bytes`` and ``memory_limit``. ``preflight``
    (``"package.module:function"``) is called with the resolved spec before anything is launched: it
    raises an error for bad data, else returns lines that describe the data. If it has a parameter
    ``direct``, that says whether the spec runs once on this machine, not in a sweep.
    """

    type: str
    entrypoint: str | None = None
    script: str | None = None
    args: tuple[str, ...] = ()
    cwd: str = "."
    preflight: str | None = None
    probe: str | None = None
    ranks: str | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """One action of a skill; ``command`` is an argv template with ``{config_path}``.

    A command that is more than a program and its arguments is ``bash -c COMMAND``.

    ``metric`` and ``direction``: what a sweep over this action optimises. ``resources``: what one
    trial reserves by default: ``cpus``, ``gpus`` (may be a fraction) and custom resources of the
    cluster, name -> amount. ``preflight``: as in :class:`Execution`, for an action that runs its
    command. ``container_image``: the image that has the command, None for the skill's;
    ``network``: whether it needs the network in a container.
    """

    name: str
    command: tuple[str, ...] = ()
    config_format: str = "yaml"
    inputs: Mapping[str, IO] = field(default_factory=dict)
    outputs: Mapping[str, IO] = field(default_factory=dict)
    execution: Execution | None = None
    mode: str | None = None
    metric: str | None = None
    direction: Direction | None = None
    resources: Mapping[str, float] = field(default_factory=dict)
    preflight: str | None = None
    container_image: str | None = None
    network: bool = False

    @property
    def trains(self) -> bool:
        """Whether it trains a model, as its name says."""
        return is_training(self.name)

    @property
    def is_measured(self) -> bool:
        """Whether what the skill optimises can be expected of it: it trains or evaluates."""
        return self.metric is not None or self.trains or "eval" in self.name.lower()


def is_training(action: str) -> bool:
    """Whether an action of this name trains: ``train``, ``segment_train``, ``retrain``."""
    return any(word in _TRAINING for word in action.lower().split("_"))


@dataclass(frozen=True, slots=True)
class DataSource:
    """Where a spec key's data lies below the user's data root.

    ``source``: the data set that holds it, such as ``train_datasets``; None for any root of the
    user. ``path``: its path there, empty for the root itself; ``{spec.key}`` in it stands for the
    value of that key. ``runtime``: ``extracted_folder`` for an archive to unpack. ``is_list``:
    whether the spec's value is a list, with one entry for each root of the source. ``optional``:
    whether the action can do without. ``alternatives``: other paths there that serve as well.
    ``unless``: a spec key; where its value is above 0 or true, the action does not read the file.
    """

    source: str | None
    path: str
    runtime: str | None = None
    is_list: bool = False
    optional: bool = False
    alternatives: tuple[str, ...] = ()
    unless: str | None = None


@dataclass(frozen=True, slots=True)
class PretrainedFile:
    """A pretrained file that a spec key names: its URL, and where the skill's container has it."""

    link: str
    destination: str


@dataclass(frozen=True, slots=True)
class Memory:
    """The spec keys on which a trial's memory depends.

    ``drivers``: keys that decide how much memory a trial needs. ``accumulate_key``: the number of
    gradient accumulation steps in which each batch is computed; None where the trainer has none.
    """

    drivers: tuple[str, ...] = ()
    accumulate_key: str | None = None


@dataclass(frozen=True, slots=True)
class Hardware:
    """What a skill needs to run well; 0 where it does not say."""

    gpus: int = 0
    recommended_gpus: int = 0
    gpu_memory_gb: float = 0.0
    note: str = ""


@dataclass(frozen=True, slots=True)
class SkillInfo:
    """What a skill says of itself; keys that nothing reads are kept in ``extra``.

    ``data_sources``: action -> spec key -> source. ``spec_params``: action -> spec key -> name of
    the rule that infers it. ``pretrained``: action -> spec key -> pretrained file.
    ``shorthand``: short key -> dotted key. ``spec_templates``: action -> template path.
    ``mutable``: action -> spec keys that may change when a trial continues from a
    checkpoint. ``environment_keys``: spec keys whose value may be ``env:NAME``, which the trainer
    reads from the environment variable NAME. ``metric`` and ``direction``: what a sweep optimises
    by default; ``metric_source``: where the skill says so, if not in skill_info. ``reported``: all
    metrics that the trainer reports, if it says so; ``known_metrics``: all that the skill names.
    ``gpu_spec_key``: the spec key of the number of devices; ``gpu_ids_spec_key``: of their indices
    among those that the process sees.
    ``holdout_key``: the spec key of the share of the training data that validation uses in place
    of the test data, 0 for none; ``holdout_seed_key``: of the seed that draws them;
    ``holdout_rule`` (``"package.module:function"``): called with a spec whose data are there, it
    returns the share that a sweep holds out by default and the reason in words;
    ``final_action``: the action that measures a finished model on the test data.
    ``pretrained_model``: the file of the rules ``ptm...``, a URL or a path in the skill's folder.
    ``key_defaults``: spec key -> default; of the rule ``key``, the encryption key.
    """

    name: str
    network_arch: str | None = None
    automl_enabled: bool = False
    actions: Mapping[str, Action] = field(default_factory=dict)
    data_sources: Mapping[str, Mapping[str, DataSource]] = field(default_factory=dict)
    spec_params: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    pretrained: Mapping[str, Mapping[str, PretrainedFile]] = field(default_factory=dict)
    shorthand: Mapping[str, str] = field(default_factory=dict)
    gpu_spec_key: str | None = None
    seed_spec_key: str | None = None
    gpu_ids_spec_key: str | None = None
    holdout_key: str | None = None
    holdout_seed_key: str | None = None
    holdout_rule: str | None = None
    final_action: str | None = None
    memory: Memory = Memory()
    hardware: Hardware = Hardware()
    metric: str | None = None
    direction: Direction | None = None
    metric_source: str | None = None
    reported: tuple[str, ...] = ()
    known_metrics: frozenset[str] = frozenset()
    spec_templates: Mapping[str, str] = field(default_factory=dict)
    mutable: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    environment_keys: tuple[str, ...] = ()
    pretrained_model: str | None = None
    key_defaults: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def container_image(self) -> str | None:
        """The image in which its actions run, unless they name one of their own."""
        image = self.extra.get("container_image")
        return image if isinstance(image, str) and image else None

    @property
    def credentials(self) -> tuple[str, ...]:
        """The environment variables that its actions need in a container."""
        names = self.extra.get("required_credentials")
        listed = names if isinstance(names, list) else []
        return tuple(name for name in listed if isinstance(name, str) and name.isidentifier())
