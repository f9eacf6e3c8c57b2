"""What ``references/skill_info.yaml`` says, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Direction = Literal["maximize", "minimize"]


@dataclass(frozen=True, slots=True)
class IO:
    """A spec key that an action reads or writes: a file or a folder, perhaps optional."""

    type: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Execution:
    """How an action is run when not by its command.

    ``python_entrypoint`` calls ``entrypoint`` (``"package.module:function"``) in this process;
    with ``ranks`` ``torchelastic`` several processes may call it, one a device, told apart by the
    environment that torchrun sets. Rank 0 reports; where its report raises, all of them leave.
    ``python_script`` runs ``script`` with ``args`` (placeholders ``{config_path}``
    ``{results_dir}`` ``{job_id}``; ``--config {config_path}`` where it says none) in ``cwd``, both
    relative to the skill directory.
    ``probe`` (``"package.module:function"``) is called with a complete spec and returns what a
    trial of it needs: ``steps_per_epoch``, ``seconds_per_step``, perhaps ``seconds_fixed`` an
    epoch, ``peak_bytes`` and ``memory_limit``.
    ``preflight`` (``"package.module:function"``) is called with the resolved spec before anything
    is launched: it raises what is wrong with the data, and returns lines that describe them.
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

    ``resources``: what one trial takes unless the user says otherwise: ``cpus``, ``gpus`` (may be
    a fraction) and custom resources of the cluster, name -> amount.
    """

    name: str
    command: tuple[str, ...] = ()
    config_format: str = "yaml"
    inputs: Mapping[str, IO] = field(default_factory=dict)
    outputs: Mapping[str, IO] = field(default_factory=dict)
    execution: Execution | None = None
    mode: str | None = None
    resources: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DataSource:
    """Where a spec key's data lies below the user's data root."""

    source: str | None
    path: str
    runtime: str | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """What a trial's memory depends on.

    ``drivers``: spec keys that decide how much a trial needs. ``accumulate_key``: the spec key of
    the number of parts in which each batch is computed, one after the other; None where a skill
    cannot do that.
    """

    drivers: tuple[str, ...] = ()
    accumulate_key: str | None = None


@dataclass(frozen=True, slots=True)
class SkillInfo:
    """A skill's facts; keys that are not understood are kept in ``extra`` and ignored.

    ``data_sources``: action -> spec key -> source. ``spec_params``: action -> spec key -> name of
    the rule that infers it. ``shorthand``: short key -> dotted key. ``spec_templates``: action ->
    template path. ``mutable``: action -> spec keys that may change while a trial trains, that is,
    when it goes on from a checkpoint. ``environment_keys``: spec keys that the trainer reads from
    the environment variable NAME where they say ``env:NAME``. ``metric`` and ``direction``: what a
    sweep optimises if the user says nothing. ``gpu_spec_key``: the spec's number of devices;
    ``gpu_ids_spec_key``: their indices among those that the process sees.
    """

    name: str
    network_arch: str | None = None
    automl_enabled: bool = False
    actions: Mapping[str, Action] = field(default_factory=dict)
    data_sources: Mapping[str, Mapping[str, DataSource]] = field(default_factory=dict)
    spec_params: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    shorthand: Mapping[str, str] = field(default_factory=dict)
    gpu_spec_key: str | None = None
    seed_spec_key: str | None = None
    gpu_ids_spec_key: str | None = None
    memory: Memory = Memory()
    metric: str | None = None
    direction: Direction | None = None
    spec_templates: Mapping[str, str] = field(default_factory=dict)
    mutable: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    environment_keys: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
