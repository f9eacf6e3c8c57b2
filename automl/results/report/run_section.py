"""The words and tables of the report about one run."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import yaml

from automl.constants import (
    BEST_FOLDER,
    COL_EPOCHS,
    COL_HOST,
    COL_NUMBER,
    COL_SOURCE,
    COL_STATE,
    COL_TIME,
    COL_TRIAL,
    PARAM_PREFIX,
    SPEC_FILE,
    TRIALS_FOLDER,
    RunStatus,
    TrialSource,
    TrialState,
)
from automl.results.champion.cost import cost_of
from automl.results.champion.decide import Champion
from automl.results.ending import Ending
from automl.results.failures.groups import failures_of
from automl.results.files.evaluation import read_evaluation
from automl.results.files.spec import read_spec
from automl.results.proposals import proposals_of
from automl.results.report.figure import number
from automl.results.report.text import (
    command_without_secrets,
    duration,
    short_text,
    signed,
    without_secrets,
)
from automl.results.run import HOUR, Run
from automl.results.table.rows import labels_of as row_labels
from automl.results.table.rows import params_of
from automl.spec.nested import get_path, set_path
from automl.trial.data.roots import DataRoots
from automl.trial.ledger.events import SessionEvent

_MAX_TRIALS_NAMED: Final = 12


def labels_of(run: Run) -> dict[str, str]:
    """Each searched parameter's dotted name -> its short name, as the trial table has it."""
    return row_labels(run.rows, run.objective.column)


def state_of(run: Run, ending: Ending) -> str:
    """Return the run's status in a word or two."""
    if not run.rows:
        return "no trial yet"
    cut_short = run.count(TrialState.RUNNING, TrialState.INTERRUPTED, TrialState.RETRIED)
    if cut_short or ending.state == RunStatus.INTERRUPTED or ending.goes_on:
        return "not complete"
    return "complete" if run.champion or not run.objective.metric else "no result"


def ending_in_words(ending: Ending) -> str:
    """Return why a run failed or ended early, or what an interrupted one has left to do."""
    return ending.reason.partition("\n")[0]


def cards(run: Run) -> list[dict[str, str]]:
    """Return the key figures at the top of the report: label, value and note of each."""
    metric = run.objective.metric
    before, after, where = _default_and_best(run)
    cost = cost_of(run)
    return [
        {
            "label": f"best {metric}",
            "value": f"{after:.4f}" if after is not None else "–",
            "note": where,
        },
        {
            "label": "packaged defaults",
            "value": f"{before:.4f}" if before is not None else "–",
            "note": _gain(run.decision),
        },
        {"label": "trials", "value": str(len(run.rows)), "note": _states(run)},
        {
            "label": "run time",
            "value": duration(cost.seconds),
            "note": f"{duration(run.trial_seconds)} of trials",
        },
        {
            "label": "GPU hours",
            "value": f"{cost.gpu_seconds / HOUR:.2f}" if cost.gpu_seconds else "0",
            "note": "" if cost.gpu_seconds else "trained on the CPU",
        },
    ]


def _default_and_best(run: Run) -> tuple[float | None, float | None, str]:
    """The metric of the defaults and of the champion, and its trial; means if confirmed."""
    champion = run.decision
    if champion is None:
        return None, None, "no trial has a value"
    where = f"trial {champion.trial}"
    again = f", mean of {champion.fresh} fresh trainings" if champion.fresh else ""
    return champion.defaults, champion.reached, where + again


def _gain(champion: Champion | None) -> str:
    """What the best other configuration gains over the defaults, by fresh trainings if any."""
    if champion is None or champion.defaults is None:
        return "not measured"
    effect = champion.effect
    if effect is None:
        return f"{signed(champion.gain)} by the champion, each trained once"
    within = f"{signed(effect.low)} … {signed(effect.high)}"
    return f"gain {signed(effect.gain)}, 90 % interval {within}"


def _states(run: Run) -> str:
    counts = Counter(str(row[COL_STATE]) for row in run.rows)
    return ", ".join(f"{count} {state}" for state, count in counts.most_common())


def champion_rows(run: Run) -> list[dict[str, Any]]:
    """The champion's parameters beside the defaults': name, range, both values, whether changed."""
    best = run.champion
    if best is None:
        return []
    ranges = _ranges(run.plan.get("space"))
    return [
        {
            "name": name,
            "range": ranges.get(name, ""),
            "default": short_text(default := get_path(run.plan.get("spec") or {}, name, None)),
            "best": short_text(value),
            "changed": value != default,
        }
        for name, value in params_of(best).items()
        if name != (run.plan.get("confirm") or {}).get("seed_key")
    ]


def _ranges(space: Mapping[str, Any] | None) -> dict[str, str]:
    return {p["name"]: _range(p) for p in space["parameters"]} if space else {}


def _range(parameter: Mapping[str, Any]) -> str:
    if parameter.get("choices"):
        return ", ".join(short_text(choice) for choice in parameter["choices"])
    low, high = parameter.get("low"), parameter.get("high")
    if low is None or high is None:
        return ""
    return f"{short_text(low)} … {short_text(high)}{', log' if parameter.get('log') else ''}"


def confirmation_rows(run: Run) -> list[dict[str, str]]:
    """The configurations that were trained again with fresh seeds, the best mean first."""
    return [
        {
            "trial": line.trial,
            "source": "defaults" if line.source == TrialSource.DEFAULT else "search",
            "searched": f"{line.searched:.4f}",
            "mean": f"{line.mean:.4f}",
            "deviation": "–" if line.deviation is None else f"{line.deviation:.4f}",
            "runs": str(len(line.values)),
            "beats": "–" if line.beats_baseline is None else f"{line.beats_baseline:.0%}",
        }
        for line in run.confirmation
    ]


def evaluation_of(run: Run) -> dict[str, Any]:
    """Return the metrics of the skill's evaluate action for the champion; empty without any."""
    found = read_evaluation(run.folder)
    if found is None:
        return {}
    metrics, failure = found
    shown = {name: short_text(value) for name, value in metrics.items()}
    return {"metrics": shown, "failure": failure}


def failures(run: Run) -> list[dict[str, Any]]:
    """Failed trials by cause, the most frequent first, each with what explains it."""
    return [
        {
            "fault": each.fault,
            "count": each.count,
            "trials": _named(each.trials),
            "headline": command_without_secrets(each.headline),
            "frames": [command_without_secrets(line) for line in each.raised[1:]],
            "shared": [shared.words for shared in each.shared],
            "reason": "" if each.headline == each.reason else command_without_secrets(each.reason),
            "log": each.log,
        }
        for each in failures_of(run)
    ]


def _named(trials: Sequence[str]) -> str:
    more = len(trials) - _MAX_TRIALS_NAMED
    return ", ".join(trials[:_MAX_TRIALS_NAMED]) + (f" and {more} more" if more > 0 else "")


def cost_rows(run: Run) -> list[dict[str, Any]]:
    """Trial hours by how the trials ended, with their share."""
    seconds: dict[str, float] = defaultdict(float)
    counts: Counter[str] = Counter()
    for history, row in zip(run.histories, run.rows, strict=True):
        seconds[str(row[COL_STATE])] += history.seconds
        counts[str(row[COL_STATE])] += 1
    total = sum(seconds.values()) or 1.0
    return [
        {
            "state": state,
            "trials": counts[state],
            "time": duration(spent),
            "each": duration(spent / counts[state]),
            "share": round(100 * spent / total, 1),
        }
        for state, spent in sorted(seconds.items(), key=lambda item: -item[1])
    ]


def champion_spec(run: Run) -> dict[str, str]:
    """The champion's searched parameters and its whole spec as YAML, secrets hidden."""
    best = run.champion
    if best is None:
        return {}
    searched: dict[str, Any] = {}
    for name, value in params_of(best).items():
        if value is not None:
            set_path(searched, name, value)
    shown = {"searched": yaml.safe_dump(without_secrets(searched), sort_keys=False)}
    places = (BEST_FOLDER, f"{TRIALS_FOLDER}/{best[COL_TRIAL]}")
    read = (read_spec(run.folder / place / SPEC_FILE, run, best[COL_NUMBER]) for place in places)
    spec = next((spec for spec in read if spec is not None), None)
    if spec is not None:
        shown["whole"] = yaml.safe_dump(without_secrets(spec), sort_keys=False)
    return shown


def provenance(run: Run) -> list[tuple[str, str]]:
    """Return what it takes to repeat the run: skill, seed, versions, commands."""
    plan = run.plan
    skill, scheduler = plan.get("skill") or {}, plan.get("scheduler") or {}
    facts = [
        ("skill", skill.get("name")),
        ("skill digest", skill.get("digest")),
        ("action", plan.get("action")),
        ("route", plan.get("route_reason")),
        ("objective", ", ".join(f"{each.direction} {each.metric}" for each in run.objectives)),
        ("algorithm", _with_reason(plan.get("algorithm"), plan.get("algorithm_reason"))),
        ("scheduler", _with_reason(scheduler.get("name"), scheduler.get("reason"))),
        *((who, command_without_secrets(p.words)) for who, p in proposals_of(run).items()),
        ("seed", plan.get("seed")),
        ("created", plan.get("created")),
        ("resources", (plan.get("resources") or {}).get("reason")),
        ("hosts", ", ".join(sorted({str(row[COL_HOST]) for row in run.rows if row[COL_HOST]}))),
        ("versions", ", ".join(f"{n} {v}" for n, v in (plan.get("versions") or {}).items())),
    ]
    lines = [(name, str(value)) for name, value in facts if value not in (None, "")]
    roots = DataRoots.from_dict(plan.get("data_roots"))
    lines += [("data root", line) for line in roots.lines()]
    lines += [("data", str(line)) for line in plan.get("data") or ()]
    lines += [("note", str(line)) for line in plan.get("notes") or ()]
    return lines + [("command", command) for command in _commands(run)]


def _with_reason(name: Any, reason: Any) -> str | None:
    return f"{name}: {reason}" if name and reason else name


def _commands(run: Run) -> Iterator[str]:
    """The command line of each session that the ledger knows."""
    for event in run.events:
        if isinstance(event, SessionEvent) and event.command:
            yield command_without_secrets(event.command)


def trial_cells(run: Run, labels: Mapping[str, str]) -> dict[str, Any]:
    """Every trial, best first, as a table's header and rows; numbers keep a value to sort by."""
    names = list(labels)
    columns = [each.column for each in run.objectives]
    first = [COL_TRIAL, COL_SOURCE, COL_STATE, *columns, COL_EPOCHS, COL_TIME]
    metrics = [each.metric for each in run.objectives]
    rows = sorted(run.rows, key=lambda row: _rank(row, run))
    return {
        "header": ["trial", "source", "state", *metrics, "epochs", "seconds", *labels.values()],
        "rows": [
            {
                "state": row[COL_STATE],
                "cells": [
                    _cell(row.get(name))
                    for name in [*first, *(PARAM_PREFIX + name for name in names)]
                ],
            }
            for row in rows
        ],
    }


def _rank(row: Mapping[str, Any], run: Run) -> tuple[bool, float]:
    value = number(row.get(run.objective.column))
    if value is None:
        return True, 0.0
    return row[
        COL_STATE
    ] == TrialState.FAILED, -value if run.objective.direction == "maximize" else value


def _cell(value: Any) -> dict[str, Any]:
    return {"text": short_text(value), "number": number(value)}
