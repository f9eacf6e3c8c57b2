"""What a user asked for, before anything is resolved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

DEFAULT_TRIALS: Final = 20
DEFAULT_SEED: Final = 1234


@dataclass(frozen=True)
class RunRequest:
    """What a user asked for; the fields are the options of ``automl run``.

    Attributes:
        skill_dir: the skill directory, None for the packaged ReID skill.
        action: the skill's action.
        data: the data root, a folder or a URL.
        spec_file: a YAML or JSON file over the packaged template.
        overrides: ``key=value`` texts, or a mapping of keys to values.
        policy, request: the AutoML policy as a value and as a sentence.
        algorithm: ``auto`` or a name of :data:`automl.search.algorithm.ALGORITHMS`.
        scheduler: a name of :data:`automl.search.scheduler.SCHEDULERS`; None for what the
            algorithm needs, which is none but for ``bohb``.
        trials: the budget; :data:`DEFAULT_TRIALS` when neither it nor ``time_budget_s`` is given.
        time_budget_s: seconds after which running trials are stopped.
        max_concurrent, cpus_per_trial, gpus_per_trial: resources; None lets the run decide.
        search: names to search in place of the default set.
        ranges: name -> ``LOW:HIGH[:log]``; choices: name -> values; weights: name -> prior weights.
        allow_disabled: whether ``search`` may name disabled parameters.
        metric: what is optimised, None for what the skill names.
        mode: ``max`` or ``min``; None to go by the skill or the metric's name.
        seed: the sweep's seed.
        address: a Ray cluster's address, None for this machine alone.
        retries: how often a trial runs again whose fault may pass (infrastructure, preemption);
            None for once. Other faults are never tried again.
        trial_timeout_s: seconds after which a trial fails, None for no limit.
        stall_timeout_s: seconds without a report after which a trial fails, None for no limit.
        keep_checkpoints: ``best`` (the default), ``all`` or ``none``.
        keep_best: with ``best``, how many trials keep theirs; None for one.
        metric_pattern: a regular expression that finds the metric in a child process's log: one
            group for the value, perhaps one named ``epoch``.
        isolate: whether each trial runs as a child process, entrypoint or not.
        enqueue: what to try after the default: a file with a list of points, another run's folder
            (its best trial), or points as mappings of names to values.
        prior: folders of earlier runs whose finished trials feed the sampler.
        stop: a goal such as ``cmc_rank_1>=0.95``: once a trial reached it, none starts any more.
        patience: no trial starts any more after so many in turn without improvement.
        output: the run's folder, None for a new one below ``runs/``.
    """

    skill_dir: Path | None = None
    action: str = "train"
    data: str | None = None
    spec_file: Path | None = None
    overrides: Sequence[str] | Mapping[str, Any] = ()
    policy: str | None = None
    request: str | None = None
    algorithm: str = "auto"
    scheduler: str | None = None
    trials: int | None = None
    time_budget_s: float | None = None
    max_concurrent: int | None = None
    cpus_per_trial: float | None = None
    gpus_per_trial: float | None = None
    search: Sequence[str] | None = None
    ranges: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Any] = field(default_factory=dict)
    weights: Mapping[str, Any] = field(default_factory=dict)
    allow_disabled: bool = False
    metric: str | None = None
    mode: str | None = None
    seed: int = DEFAULT_SEED
    address: str | None = None
    retries: int | None = None
    trial_timeout_s: float | None = None
    stall_timeout_s: float | None = None
    keep_checkpoints: str | None = None
    keep_best: int | None = None
    metric_pattern: str | None = None
    isolate: bool | None = None
    enqueue: Sequence[str | Path | Mapping[str, Any]] = ()
    prior: Sequence[str | Path] = ()
    stop: str | None = None
    patience: int | None = None
    output: Path | None = None
