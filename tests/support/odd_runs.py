"""Run folders as a report may meet them, written straight to disk."""

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


class Events:
    """A ledger's events, a minute apart, written at once."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, event: str, **facts: Any) -> None:
        """Add one event."""
        time = 1_800_000_000.0 + 60 * len(self.lines)
        self.lines.append(json.dumps({"time": time, "event": event, **facts}))


_COMMON = {"active_when": None, "depends_on": [], "relations": [], "source": "search", "reason": ""}
_NUMBER = {**_COMMON, "step": None, "choices": None, "weights": None, "avoid": []}
_CHOICE = {**_COMMON, "low": None, "high": None, "log": None, "step": None, "weights": None}
SPACE = {
    "parameters": [
        {**_NUMBER, "name": "o.lr", "kind": "float", "low": 1e-5, "high": 1e-1, "log": True,
         "default": 1e-3},
        {**_CHOICE, "name": "o.name", "kind": "choice", "choices": ["sgd", "adam"],
         "ordered": False, "default": "adam"},
        {**_NUMBER, "name": "o.momentum", "kind": "float", "low": 0.5, "high": 0.99, "log": False,
         "default": 0.9, "active_when": {"o.name": ["sgd"]}},
        {**_CHOICE, "name": "o.clip", "kind": "choice", "choices": [0.5, "auto", True],
         "ordered": False, "default": "auto"},
        {**_NUMBER, "name": "batch", "kind": "int", "low": 4, "high": 64, "log": False,
         "default": 16},
    ],
    "fixed": [],
    "left_out": [],
    "warnings": [],
}  # fmt: skip
SPEC = {
    "o": {"lr": 1e-3, "name": "adam", "momentum": 0.9, "clip": "auto"},
    "batch": 16,
    "epochs": 9,
    "encryption_key": "nobody may read this",
}


def write_run(
    folder: Path,
    trials: int,
    *,
    direction: str = "maximize",
    failed: float = 0.0,
    stopped: float = 0.0,
    epochs: int = 9,
    seed: int = 1,
    closed: str = "done",
    **plan: Any,
) -> Path:
    """Write a run with conditional and mixed parameters; some trials fail, some are stopped.

    ``closed``: its last word, empty for a run that was killed before it.
    """
    folder.mkdir(parents=True)
    scheduler = {"name": "asha", "reason": "asked for", "epochs": 9, "grace": 1, "factor": 3}
    content = {
        "skill": {"name": "odd <b>skill</b>", "digest": "d1ge57", "directory": "skill"},
        "metric": "score",
        "direction": direction,
        "algorithm": "tpe",
        "algorithm_reason": "asked for",
        "scheduler": scheduler if stopped else {"name": "none", "reason": "not asked for"},
        "trials": trials,
        "time_budget_s": None,
        "seed": seed,
        "space": SPACE,
        "spec": SPEC,
        "versions": {"optuna": "5.0.0"},
    }
    (folder / "plan.yaml").write_text(yaml.safe_dump({**content, **plan}))
    dice, events = random.Random(seed), Events()
    events.add("session", host="here", command="automl run --set encryption_key=nobody")
    for number in range(trials):
        _write_trial(events, number, dice, failed, stopped, epochs)
    if closed:
        events.add("closed", status=closed, reason="", early="")
    (folder / "ledger.jsonl").write_text("\n".join(events.lines) + "\n")
    return folder


def _write_trial(
    events: Events, number: int, dice: random.Random, failed: float, stopped: float, epochs: int
) -> None:
    params = _params(dice) if number else {"o.lr": 1e-3, "o.name": "adam", "o.clip": "auto"}
    source = "search" if number else "default"
    known = {"batch": 16, **params}
    events.add("start", number=number, ticket=number, source=source, params=known)
    fate = dice.random() if number or failed == 1 else 1.0
    if fate < failed:
        reason = "RuntimeError: </script><b>CUDA</b> out of memory" if fate < failed / 2 else "bug"
        _end(events, number, "failed", failure=reason, fault="out_of_memory")
        return
    last = 3 if fate < failed + stopped else epochs
    good = 1 - abs(float(params["o.lr"]) - 0.01) * 5 + dice.gauss(0, 0.05)
    for epoch in range(1, last + 1):
        kpi = {"score": good * epoch / epochs, "loss": 1 - good}
        events.add("epoch", number=number, epoch=epoch, kpi=kpi)
    _end(events, number, "finished" if last == epochs else "stopped")


def _end(events: Events, number: int, state: str, failure: str = "", fault: str = "") -> None:
    told = {"state": state, "failure": failure, "fault": fault}
    events.add("end", number=number, host="here", gpu_count=1, **told)


def _params(dice: random.Random) -> Mapping[str, Any]:
    name = dice.choice(["sgd", "adam"])
    momentum = {"o.momentum": dice.uniform(0.5, 0.99)} if name == "sgd" else {}
    return {
        "o.lr": 10 ** dice.uniform(-5, -1),
        "o.name": name,
        **momentum,
        "o.clip": dice.choice([0.5, "auto", True]),
        "batch": dice.randint(4, 64),
    }
