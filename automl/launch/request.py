"""What a user asked for, before anything is resolved.

Times as people write them: ``90s``, ``45m``, ``8h``, ``2d``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from automl.errors import InputError

DEFAULT_TRIALS: Final = 20


DEFAULT_SEED: Final = 1234


MAX_SEED: Final = 2**32 - 1  # NumPy's


_COUNTS: Final = ("trials", "max_concurrent", "patience", "keep_best", "confirm", "repeats")


_AMOUNTS: Final = ("time_budget_s", "trial_timeout_s", "stall_timeout_s", "cpus_per_trial")


_NAMES: Final = {
    "loggers": "logger",
    "resources": "resource",
    "ranges": "range",
    "overrides": "set",
    "spec_file": "spec",
}


def option_name(field_name: str) -> str:
    """Return the command line's option of a request's field."""
    word = _NAMES.get(field_name, field_name.removesuffix("_s"))
    return f"--{word.replace('_', '-')}"


@dataclass(frozen=True)
class RunRequest:
    """What a user asked for; the fields are the options of ``automl run``.

    Raises InputError where a number is none, or out of its range.

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
        resources: further resources of a cluster's nodes that each trial takes, name -> amount.
        search: names to search in place of the default set.
        ranges: name -> ``LOW:HIGH[:log]``; choices: name -> values; weights: name -> prior weights.
        allow_disabled: whether ``search`` may name disabled parameters.
        metric: what is optimised, ``NAME`` or ``NAME:max|min``, or several such names, the first
            of which picks the champion; None for what the skill names. ``train_time_s`` is how
            long a trial ran.
        mode: ``max`` or ``min``; None to go by the skill or the metric's name.
        seed: the sweep's seed.
        address: a Ray cluster's address, None for this machine alone.
        storage: where runs live whose nodes share no disk: a URL that fsspec opens, or a shared
            path for the run's folder; None for ``output`` alone.
        retries: how often a trial runs again whose fault may pass (infrastructure, preemption);
            None for once. Other faults are never tried again.
        oom_retries: how often a trial that ran out of memory runs again with each batch in twice as
            many parts; None for once where the skill can do that.
        trial_timeout_s: seconds after which a trial fails, None for no limit.
        stall_timeout_s: seconds without a report after which a trial fails, None for no limit.
        keep_checkpoints: ``best`` (the default), ``all`` or ``none``.
        keep_best: with ``best``, how many trials keep theirs; None for one.
        metric_pattern: a regular expression that finds the metric in a child process's log: one
            group for the value, perhaps one named ``epoch``.
        probe: whether trials are measured at the corners of the space before a sweep; None for
            where there are accelerators and the skill can do that.
        isolate: whether each trial runs as a child process, entrypoint or not.
        venv: the virtual environment in which scripts and commands run, None for this process's.
        enqueue: what to try after the default: a file with a list of points, another run's folder
            (its best trial), or points as mappings of names to values.
        prior: folders of earlier runs whose finished trials feed the sampler.
        allow_repeats: whether a configuration may be tried again, as a noisy metric may want.
        stop: a goal such as ``cmc_rank_1>=0.95``: once a trial reached it, none starts any more.
        patience: no trial starts any more after so many in turn without improvement.
        loggers: where a sweep's trials are logged besides: :data:`automl.constants.LOGGERS`.
        confirm: how many of the search's best are trained again, with fresh seeds, to choose the
            champion by their means; the defaults come on top.
        repeats: with ``confirm``, trainings of each; None for three.
        parent: a run's folder (or a trial's) whose checkpoint the action starts from; what its spec
            says holds here too, and its skill and data serve where none are given.
        output: the run's folder, None for a new one below ``runs/``.
        cache_dir: where staged data are kept, in place of ``$AUTOML_CACHE_DIR``, and below it what
            trials share where the skill has a key for that (``cache_dir`` in its ``spec_params``).
        configured: no option: which of these fields a config file gave, field -> file.
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
    resources: Mapping[str, float] = field(default_factory=dict)
    search: Sequence[str] | None = None
    ranges: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Any] = field(default_factory=dict)
    weights: Mapping[str, Any] = field(default_factory=dict)
    allow_disabled: bool = False
    metric: str | Sequence[str] | None = None
    mode: str | None = None
    seed: int = DEFAULT_SEED
    address: str | None = None
    storage: str | None = None
    retries: int | None = None
    oom_retries: int | None = None
    trial_timeout_s: float | None = None
    stall_timeout_s: float | None = None
    keep_checkpoints: str | None = None
    keep_best: int | None = None
    metric_pattern: str | None = None
    probe: bool | None = None
    isolate: bool | None = None
    venv: str | Path | None = None
    enqueue: Sequence[str | Path | Mapping[str, Any]] = ()
    prior: Sequence[str | Path] = ()
    allow_repeats: bool | None = None
    stop: str | None = None
    patience: int | None = None
    loggers: Sequence[str] = ()
    confirm: int | None = None
    repeats: int | None = None
    parent: Path | None = None
    output: Path | None = None
    cache_dir: Path | None = None
    configured: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def metrics(self) -> tuple[str, ...]:
        """What is optimised, as written; empty for what the skill names."""
        return (self.metric,) if isinstance(self.metric, str) else tuple(self.metric or ())

    def __post_init__(self) -> None:
        """Refuse numbers that can be none of their options."""
        faults = [fault for name in _COUNTS if (fault := self._fault(name, whole=True))]
        faults += [fault for name in _AMOUNTS if (fault := self._fault(name))]
        faults += [self._fault("retries", least=0, whole=True)]
        faults += [self._fault("oom_retries", least=0, whole=True)]
        faults += [self._fault("seed", least=0, whole=True) or self._seed_fault()]
        faults += [self._fault("gpus_per_trial", least=0) or self._gpu_fault()]
        faults += [resource_fault(name, amount) for name, amount in self.resources.items()]
        found = [fault for fault in faults if fault]
        if found:
            raise InputError("; ".join(found))

    def _fault(self, name: str, *, least: int | None = None, whole: bool = False) -> str:
        """What is wrong with a number that must be positive, or ``least`` or more."""
        value = getattr(self, name)
        if value is None:
            return ""
        number = isinstance(value, int) or (isinstance(value, float) and not whole)
        if not number or isinstance(value, bool) or not math.isfinite(value):
            kind = "a whole number" if whole else "a finite number"
            return f"{option_name(name)} must be {kind}, is {value!r}"
        if least is None and value <= 0:
            return f"{option_name(name)} must be positive, is {value!r}"
        if least is not None and value < least:
            return f"{option_name(name)} must not be negative, is {value!r}"
        return ""

    def _seed_fault(self) -> str:
        return "" if self.seed <= MAX_SEED else f"--seed must be at most {MAX_SEED}, is {self.seed}"

    def _gpu_fault(self) -> str:
        gpus = self.gpus_per_trial or 0
        part = gpus > 1 and gpus != int(gpus)
        return f"--gpus-per-trial above 1 must be whole, is {gpus!r}" if part else ""


_UNITS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration(text: str | float) -> float:
    """Return the seconds of ``90``, ``90s``, ``45m``, ``8h`` or ``2d``.

    Raises:
        InputError: the text is none of these.
    """
    value = str(text).strip().lower()
    number, unit = (value[:-1], value[-1]) if value[-1:] in _UNITS else (value, "s")
    try:
        seconds = float(number) * _UNITS[unit]
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        raise InputError(f"the time {text!r} is none of 90s, 45m, 8h, 2d")
    return seconds


_OWN_OPTION: Final = {
    "cpu": "--cpus-per-trial", "cpus": "--cpus-per-trial",
    "gpu": "--gpus-per-trial", "gpus": "--gpus-per-trial",
}  # fmt: skip


def resource_fault(name: str, amount: Any) -> str:
    """Return what is wrong with one custom resource of a request, empty where nothing is."""
    if name.lower() in _OWN_OPTION:
        return f"--resource {name}: use {_OWN_OPTION[name.lower()]}"
    number = isinstance(amount, int | float) and not isinstance(amount, bool)
    if not name or not number or not math.isfinite(amount) or amount <= 0:
        return f"--resource {name}={amount} must be a name and a positive number"
    if amount > 1 and amount != int(amount) and name != "memory":
        return f"--resource {name}={amount:g}: above 1 it must be whole"
    return ""


def read_amount(text: Any) -> float:
    """Return a resource's amount from a text or a number.

    Raises:
        InputError: it is no number.
    """
    try:
        return float("" if isinstance(text, bool) else text)
    except (TypeError, ValueError):
        raise InputError(f"the amount of a resource must be a number, is {text!r}") from None
