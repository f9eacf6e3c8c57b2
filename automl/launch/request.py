"""What a user asked for, before anything is resolved: the one table of the options."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import Any, Final

from automl.constants import LOGGERS
from automl.errors import InputError
from automl.launch.options import (
    AUTO,
    OFF,
    Group,
    Kind,
    Option,
    option,
    options_of,
    sweep_option,
)
from automl.launch.resource_amounts import resource_fault
from automl.search.algorithm import ALGORITHMS
from automl.search.scheduler import SCHEDULERS
from automl.sweep.retention import KEEP

DEFAULT_TRIALS: Final = 20
DEFAULT_SEED: Final = 1234
DEFAULT_REPEATS: Final = 3
DEFAULT_RETRIES: Final = 1
DEFAULT_ADVISOR_SHARE: Final = 0.25
DEFAULT_ADVISOR_TIMEOUT_S: Final = 60.0
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

    skill_dir: Location | None = option(
        Kind.PATH,
        "Skill directory [default: the packaged ReID skill].",
        metavar="DIR",
        group=Group.FIRST,
    )
    data: Location | Sequence[Location] | Mapping[str, Location | Sequence[Location]] = option(
        Kind.ROOTS,
        "Folder or URL of the data, or of one source of it, such as train=ROOT or eval=ROOT."
        " Repeatable.",
        (),
        metavar="[SOURCE=]ROOT",
    )
    overrides: Sequence[str] | Mapping[str, Any] = option(
        Kind.OVERRIDES,
        "Set a spec key, such as num_epochs=60. Repeatable.",
        (),
        word="set",
        metavar="KEY=VALUE",
    )
    policy: str | None = option(
        Kind.TEXT,
        "Search (on), or train once (off) [default: auto, the skill decides].",
        metavar="auto|on|off",
        choices=("auto", "on", "off"),
    )
    trials: int | None = sweep_option(Kind.COUNT, f"Trials to run [default: {DEFAULT_TRIALS}].")
    time_budget_s: float | str | None = sweep_option(
        Kind.DURATION, "Stop the run after 90s, 45m, 8h or 2d [default: no limit]."
    )
    output: Location | None = option(
        Kind.PATH, "The run's folder [default: a new one below runs/].", metavar="DIR"
    )

    action: str = option(
        Kind.TEXT,
        "Action of the skill [default: train].",
        "train",
        metavar="NAME",
        group=Group.WHAT,
    )
    spec_file: Location | None = option(
        Kind.PATH,
        "Spec file; its keys override the packaged template.",
        word="spec",
        metavar="FILE",
        sent=True,
    )
    recipe: str | None = option(
        Kind.TEXT, "The skill's packaged spec of this name, in place of --spec.", metavar="NAME"
    )
    request: str | None = option(Kind.TEXT, 'The policy in words, as in "plain training".')
    metric: Sequence[str] = option(
        Kind.TEXTS,
        "Metric to optimise: one that the trainer reports, or train_time_s [default: the skill's]."
        " Repeatable.",
        (),
        metavar="NAME[:max|min]",
    )
    mode: str | None = option(
        Kind.TEXT,
        "Whether the metric is maximised or minimised [default: the skill's].",
        metavar="max|min",
        choices=("max", "min"),
    )
    objective: str | None = sweep_option(
        Kind.TEXT,
        "Evaluate each trained trial by this action of the skill, and optimise a metric that it"
        " reports.",
        metavar="ACTION[:METRIC]",
    )
    strict: bool | None = option(Kind.FLAG, "Refuse a skill whose packaged files disagree.")

    parent: Location | None = option(
        Kind.LOCATION,
        "Start from the best checkpoint of a run or trial.",
        metavar="RUN|URL",
        group=Group.DATA,
    )
    parent_job: str | None = option(
        Kind.TEXT,
        "Like --parent, by the run's name in runs/ or beside --output; a unique suffix is enough.",
        metavar="ID",
    )
    goes_on: bool | None = option(
        Kind.FLAG,
        "With --parent RUN: continue its training where it ended.",
        word="continue",
    )
    cache_dir: Location | None = option(
        Kind.PATH, "Cache of fetched data [default: $AUTOML_CACHE_DIR].", metavar="DIR"
    )

    holdout: float | str | None = sweep_option(
        Kind.SHARE,
        "Validate on a share of the training data [default: auto, the skill decides].",
        metavar="auto|off|SHARE",
        choices=(AUTO, OFF),
    )
    final_data: Location | Sequence[Location] | Mapping[str, Location | Sequence[Location]] = (
        sweep_option(
            Kind.ROOTS,
            "Data that only the final evaluation sees, given as for --data. Repeatable.",
            (),
            metavar="[SOURCE=]ROOT",
        )
    )
    refit: bool | None = sweep_option(
        Kind.SWITCH,
        "Retrain champion and defaults on all data at the end [default: after a holdout].",
    )

    algorithm: str = sweep_option(
        Kind.TEXT,
        "Sampler: {choices} [default: auto].",
        "auto",
        metavar="NAME",
        choices=("auto", *ALGORITHMS),
        group=Group.SEARCH,
    )
    scheduler: str | None = sweep_option(
        Kind.TEXT,
        "Stop poor trials early: {choices} [default: auto, hyperband for bohb].",
        metavar="NAME",
        choices=SCHEDULERS,
    )
    search: Sequence[str] | None = sweep_option(
        Kind.TEXTS,
        "Search only this parameter [default: the skill's list]. Repeatable.",
        metavar="NAME",
    )
    ranges: Mapping[str, str] | None = sweep_option(
        Kind.PAIRS,
        "Search a parameter in this range; LOW:HIGH:log in log scale. Repeatable.",
        word="range",
        metavar="NAME=LOW:HIGH",
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
        "YAML file of search ranges over the schema's, or none [default: the skill's automl.yaml,"
        " else the one that automl packages].",
        metavar="FILE|none",
        sent=True,
    )
    enqueue: Sequence[Location | Mapping[str, Any]] = sweep_option(
        Kind.POINTS,
        "Run these configurations first: a YAML or JSON list of points, or another run's best."
        " Repeatable.",
        (),
        metavar="FILE|RUN",
        sent=True,
    )
    prior: Sequence[Location] = sweep_option(
        Kind.RUNS,
        "Warm-start the sampler from a run, from a file of `automl prior export`, or from the one"
        " beside the skill. Repeatable.",
        (),
        metavar="RUN|FILE|skill",
        sent=True,
    )
    advisor: str | None = sweep_option(
        Kind.TEXT,
        "Program that proposes configurations beside the sampler; see docs/advisor.md.",
        metavar="COMMAND",
    )
    advisor_share: float | None = sweep_option(
        Kind.AMOUNT,
        f"Largest share of trials that the advisor proposes [default: {DEFAULT_ADVISOR_SHARE}].",
        metavar="SHARE",
        most=1,
    )
    advisor_timeout_s: float | str | None = sweep_option(
        Kind.DURATION,
        f"Time limit for the advisor's answer [default: {DEFAULT_ADVISOR_TIMEOUT_S:g}s].",
    )
    allow_repeats: bool | None = sweep_option(
        Kind.FLAG, "Let the sampler repeat a configuration [default: each runs once]."
    )
    seed: int = sweep_option(
        Kind.COUNT,
        f"Seed of the sweep [default: {DEFAULT_SEED}].",
        DEFAULT_SEED,
        zero=True,
        most=MAX_SEED,
    )

    stop: str | None = sweep_option(
        Kind.TEXT,
        "Start no more trials once one reaches this value.",
        metavar="METRIC>=NUMBER",
        group=Group.BUDGET,
    )
    patience: int | None = sweep_option(
        Kind.COUNT, "Start no more trials after N in a row without improvement."
    )
    confirm: int | str | None = sweep_option(
        Kind.COUNT_OR_AUTO,
        "Retrain the K best trials at the end, with new seeds.",
        metavar="K|auto",
    )
    repeats: int | None = sweep_option(
        Kind.COUNT,
        f"With --confirm K: trainings per trial, on average [default: {DEFAULT_REPEATS}].",
    )

    trial_timeout_s: float | str | None = option(
        Kind.DURATION, "A trial fails after T [default: no limit].", group=Group.TRIALS
    )
    stall_timeout_s: float | str | None = option(
        Kind.DURATION, "A trial fails after T without a report [default: no limit]."
    )
    retries: int | None = sweep_option(
        Kind.COUNT,
        f"Reruns after a transient failure [default: {DEFAULT_RETRIES}].",
        zero=True,
    )
    oom_retries: int | None = sweep_option(
        Kind.COUNT,
        "Reruns after out-of-memory, with smaller micro-batches"
        f" [default: {DEFAULT_RETRIES} where the skill can].",
        zero=True,
    )
    keep_checkpoints: str | None = sweep_option(
        Kind.TEXT,
        "Which trials keep checkpoints: {choices} [default: best].",
        metavar="SET",
        choices=KEEP,
    )
    keep_best: int | None = sweep_option(
        Kind.COUNT, "How many best trials keep checkpoints [default: 1]; Pareto trials always do."
    )
    probe: bool | None = sweep_option(
        Kind.SWITCH,
        "Measure time and memory of a few configurations first [default: on GPUs].",
    )
    isolate: bool | None = option(Kind.FLAG, "Run each trial as a child process.")
    venv: Location | None = option(
        Kind.TEXT,
        "Virtual environment of trainers that run as child processes [default: this one].",
        metavar="DIR",
    )
    container: str | None = option(
        Kind.TEXT,
        "Run trials in containers of this image [default: auto, the skill's where its command is"
        " not installed].",
        metavar="auto|none|IMAGE",
    )
    container_args: Sequence[str] = option(
        Kind.TEXTS,
        "Argument for the container engine, such as --container-arg=--cpus=8. Repeatable.",
        (),
        word="container_arg",
        metavar="ARG",
    )
    metric_pattern: str | None = option(
        Kind.TEXT,
        "Finds the metric in a child's log: one group is the value, an optional group named epoch"
        " is the epoch.",
        metavar="REGEX",
    )
    eval_command: str | None = sweep_option(
        Kind.TEXT,
        "Command that evaluates each trained trial: it gets the trial's folder and prints"
        " `name: value`; --metric evaluate.NAME optimises that.",
        metavar="CMD",
    )

    max_concurrent: int | None = sweep_option(
        Kind.COUNT,
        "Maximum number of concurrent trials [default: all that fit].",
        group=Group.RESOURCES,
    )
    cpus_per_trial: float | None = sweep_option(
        Kind.AMOUNT, "CPUs per trial [default: an even share]."
    )
    gpus_per_trial: float | None = sweep_option(
        Kind.AMOUNT, "GPUs per trial, such as 2 or 0.5 [default: 1 where there are any].", zero=True
    )
    resources: Mapping[str, float] | None = sweep_option(
        Kind.AMOUNTS,
        "Custom Ray resource per trial. Repeatable.",
        word="resource",
        metavar="NAME=AMOUNT",
    )
    address: str | None = sweep_option(
        Kind.TEXT,
        "Ray cluster: auto, HOST:PORT, or ray://HOST to run on its head"
        " [default: this machine alone].",
        metavar="ADDRESS",
    )

    storage: Location | None = sweep_option(
        Kind.LOCATION,
        "Where the run is stored if nodes share no disk (s3://...).",
        metavar="URL|PATH",
        group=Group.OUTPUT,
    )
    loggers: Sequence[str] = sweep_option(
        Kind.TEXTS,
        "Log the trials to {choices} as well. Repeatable.",
        (),
        word="logger",
        metavar="NAME",
        choices=LOGGERS,
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
