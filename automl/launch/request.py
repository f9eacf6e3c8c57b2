"""What a user asked for, before anything is resolved: the one table of the options."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import Any, Final

from automl.constants import LOGGERS
from automl.errors import InputError
from automl.launch.options import Kind, Option, option, options_of, sweep_option
from automl.search.algorithm import ALGORITHMS
from automl.search.scheduler import SCHEDULERS
from automl.sweep.retention import KEEP

DEFAULT_TRIALS: Final = 20
DEFAULT_SEED: Final = 1234
MAX_SEED: Final = 2**32 - 1  # NumPy's
Location = str | PathLike[str]


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """What a user asked for. Each field is declared here once, as an option of ``automl run``.

    The command line, the config file, the keywords of ``automl.run`` and the checks of values come
    from this table, in the order of ``automl run --help``. A value is converted to its option's
    kind: a path may be given as text, a time as ``"45m"``, one name in place of a list.

    Raises InputError where a value is of the wrong type, or a number is out of its range.
    """

    # What to run, on which data
    skill_dir: Location | None = option(
        Kind.PATH, "Skill directory [default: the packaged ReID skill]."
    )
    action: str = option(Kind.TEXT, "Action of the skill [default: train].", "train")
    data: Location | Sequence[Location] | Mapping[str, Location | Sequence[Location]] = option(
        Kind.ROOTS,
        "Folder or URL that holds the declared data files, or those of one source, such as"
        " train=ROOT or eval=ROOT. Repeatable.",
        (),
        metavar="[SOURCE=]ROOT",
    )
    spec_file: Location | None = option(
        Kind.PATH, "Spec file, over the packaged template.", word="spec"
    )
    overrides: Sequence[str] | Mapping[str, Any] = option(
        Kind.OVERRIDES,
        "Override a spec key: dotted path, shorthand or unique suffix. Repeatable.",
        (),
        word="set",
        metavar="KEY=VALUE",
    )
    policy: str | None = option(
        Kind.TEXT, "{choices} [default: auto].", choices=("auto", "on", "off")
    )
    request: str | None = option(
        Kind.TEXT, 'The policy in words, as in "plain training".', metavar="TEXT"
    )
    strict: bool | None = option(
        Kind.FLAG, "Refuse a skill whose packaged files do not fit each other."
    )

    # How to search, and when to stop
    algorithm: str = sweep_option(
        Kind.TEXT, "{choices} [default: auto].", "auto", choices=("auto", *ALGORITHMS)
    )
    scheduler: str | None = sweep_option(
        Kind.TEXT,
        "Stop poor trials early: {choices} [default: none, hyperband for bohb].",
        choices=SCHEDULERS,
    )
    enqueue: Sequence[Location | Mapping[str, Any]] = sweep_option(
        Kind.POINTS,
        "Try these first: a YAML or JSON list of points, or another run's best. Repeatable.",
        (),
        metavar="FILE|RUN",
    )
    prior: Sequence[Location] = sweep_option(
        Kind.RUNS,
        "Let the finished trials of another run feed the sampler. Repeatable.",
        (),
        metavar="RUN",
    )
    allow_repeats: bool | None = sweep_option(
        Kind.FLAG, "Let a configuration be tried again [default: each once]."
    )
    stop: str | None = sweep_option(
        Kind.TEXT, "Start no more trials once one reaches METRIC>=NUMBER.", metavar="GOAL"
    )
    patience: int | None = sweep_option(
        Kind.COUNT, "Start no more trials after this many in a row without improvement."
    )
    loggers: Sequence[str] = sweep_option(
        Kind.TEXTS,
        "Log the trials to {choices} as well. Repeatable.",
        (),
        word="logger",
        metavar="NAME",
        choices=LOGGERS,
    )
    confirm: int | None = sweep_option(
        Kind.COUNT, "At the end, train the K best again with fresh seeds.", metavar="K"
    )
    repeats: int | None = sweep_option(
        Kind.COUNT, "With --confirm: trainings of each trial [default: 3]."
    )
    trials: int | None = sweep_option(Kind.COUNT, f"Trials to run [default: {DEFAULT_TRIALS}].")
    time_budget_s: float | str | None = sweep_option(
        Kind.DURATION, "Stop after 90s, 45m, 8h or 2d.", metavar="T"
    )

    # Faults and checkpoints of trials, and how they run
    retries: int | None = sweep_option(
        Kind.COUNT,
        "How often a trial runs again after a fault that may pass: a lost worker, storage"
        " [default: 1].",
        zero=True,
    )
    oom_retries: int | None = sweep_option(
        Kind.COUNT,
        "How often a trial that ran out of memory runs again, each time with batches split into"
        " twice as many parts [default: 1 where the skill can].",
        zero=True,
    )
    trial_timeout_s: float | str | None = option(
        Kind.DURATION, "A trial fails after T.", metavar="T"
    )
    stall_timeout_s: float | str | None = option(
        Kind.DURATION, "A trial that reports nothing for T fails.", metavar="T"
    )
    keep_checkpoints: str | None = sweep_option(
        Kind.TEXT, "Which trials keep their checkpoints: {choices} [default: best].", choices=KEEP
    )
    keep_best: int | None = sweep_option(
        Kind.COUNT, "How many trials keep checkpoints [default: 1]."
    )
    metric_pattern: str | None = option(
        Kind.TEXT,
        "Finds the metric in a child process's log: one group for the value, and optionally one"
        " named epoch.",
        metavar="REGEX",
    )
    probe: bool | None = sweep_option(
        Kind.SWITCH,
        "Measure time and memory at the corners of the space first [default: on accelerators].",
    )
    isolate: bool | None = option(Kind.FLAG, "Run each trial as a child process.")
    venv: Location | None = option(
        Kind.TEXT, "Virtual environment of scripts and commands [default: this one]."
    )

    # What each trial gets
    max_concurrent: int | None = sweep_option(
        Kind.COUNT, "How many trials run at the same time at most."
    )
    cpus_per_trial: float | None = sweep_option(Kind.AMOUNT, "CPUs of one trial.")
    gpus_per_trial: float | None = sweep_option(Kind.AMOUNT, "GPUs of one trial.", zero=True)
    resources: Mapping[str, float] | None = sweep_option(
        Kind.AMOUNTS,
        "A further resource of the nodes that each trial takes. Repeatable.",
        word="resource",
        metavar="NAME=AMOUNT",
    )

    # What is searched and optimised
    search: Sequence[str] | None = sweep_option(
        Kind.TEXTS,
        "Search this parameter; given once or more, it replaces the default set.",
        metavar="NAME",
    )
    ranges: Mapping[str, str] | None = sweep_option(
        Kind.PAIRS,
        "Search a parameter in this range. Repeatable.",
        word="range",
        metavar="NAME=LOW:HIGH[:log]",
    )
    choices: Mapping[str, Any] | None = sweep_option(
        Kind.PAIRS, "Search a parameter among these values. Repeatable.", metavar="NAME=A,B,C"
    )
    weights: Mapping[str, Any] | None = sweep_option(
        Kind.WEIGHTS, "Prior weights of a parameter's choices. Repeatable.", metavar="NAME=W,W,W"
    )
    allow_disabled: bool = sweep_option(
        Kind.FLAG, "Let --search name parameters that the schema disables.", False
    )
    overlay: Location | None = sweep_option(
        Kind.LOCATION,
        "What to search beside or in place of the schema's own list, in which ranges, and why;"
        " none for the schema alone [default: the skill's automl.yaml, else one packaged with"
        " automl].",
        metavar="FILE|none",
    )
    metric: Sequence[str] = option(
        Kind.TEXTS,
        "Reported value to optimise, or train_time_s [default: the skill's]. Repeatable.",
        (),
        metavar="NAME[:max|min]",
    )
    mode: str | None = option(
        Kind.TEXT,
        "{choices} [default: the skill's, or by the metric's name].",
        choices=("max", "min"),
    )
    seed: int = sweep_option(
        Kind.COUNT,
        f"Seed of the sweep [default: {DEFAULT_SEED}].",
        DEFAULT_SEED,
        zero=True,
        most=MAX_SEED,
    )

    # Where it runs, and where files lie
    address: str | None = sweep_option(
        Kind.TEXT,
        "Ray cluster to join: auto, HOST:PORT, or ray://HOST, which runs the command on its head"
        " [default: this machine alone].",
    )
    storage: Location | None = sweep_option(
        Kind.LOCATION,
        "Where runs live if nodes share no disk: s3://..., a path.",
        metavar="URL|PATH",
    )
    parent: Location | None = option(
        Kind.LOCATION,
        "Run, or trial of a run, whose best checkpoint the action starts from; with train it is"
        " trained further on the same or other data.",
        metavar="RUN|URL",
    )
    parent_job: str | None = option(
        Kind.TEXT,
        "The same by the name of the run in runs/, or beside --output; the end of a name is enough"
        " if no other run has it.",
        metavar="ID",
    )
    goes_on: bool | None = option(
        Kind.FLAG,
        "With --parent RUN: go on where its training ended, for the epochs that are left.",
        word="continue",
    )
    output: Location | None = option(
        Kind.PATH, "The run's folder [default: a new one below runs/]."
    )
    cache_dir: Location | None = option(
        Kind.PATH, "Where staged data and what trials share are kept [default: $AUTOML_CACHE_DIR]."
    )

    # No option: which of these fields a config file gave, field -> file
    configured: dict[str, str] = field(default_factory=dict, init=False, compare=False)

    def __post_init__(self) -> None:
        """Convert every value to its option's kind, and refuse numbers out of their range."""
        faults = []
        for name, declared in OPTIONS.items():
            value = declared.read(getattr(self, name))
            object.__setattr__(self, name, value)
            faults.append(declared.fault(value))
        faults.append(_gpu_fault(self.gpus_per_trial))
        faults += [resource_fault(name, amount) for name, amount in (self.resources or {}).items()]
        found = [fault for fault in faults if fault]
        if found:
            raise InputError("; ".join(found))


OPTIONS: Final[Mapping[str, Option]] = options_of(RunRequest)


def _gpu_fault(gpus: Any) -> str:
    part = isinstance(gpus, float) and 1 < gpus < math.inf and not gpus.is_integer()
    return f"--gpus-per-trial above 1 must be whole, is {gpus!r}" if part else ""


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
