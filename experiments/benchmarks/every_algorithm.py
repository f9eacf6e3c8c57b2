"""One sweep per algorithm and scheduler, each with its table: real runs on a local Ray.

The trainer is a test skill that takes no time: its best learning rate falls while it trains, and it
goes on from checkpoints, so that every algorithm has something to find. Each sweep prints its own
trial table, best first; a summary with the epochs that were trained closes the run and is written
as Markdown. A few minutes on 2 idle cores.

    python experiments/benchmarks/every_algorithm.py [--quick] [--out FOLDER]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import automl
from automl.cli.views.tables import ranked, trial_text
from automl.launch.result import RunResult
from automl.search.algorithm import ALGORITHMS
from automl.search.scheduler import SCHEDULERS

ROOT: Final = Path(__file__).parents[2]
SKILL: Final = ROOT / "tests" / "fixtures" / "skills" / "lineage"
RESULTS: Final = Path(__file__).parent / "results"
TRIALS: Final = 16
QUICK: Final = 8
FINITE: Final[dict[str, Any]] = {
    "choices": {"lr": [0.5, 0.1, 0.05, 0.02], "kind": ["round", "flat"]}
}
SEVERAL: Final = ("score", "train_time_s:min")


@dataclass(frozen=True)
class Case:
    """One sweep: its name and the options that make it what it is."""

    name: str
    options: dict[str, Any] = field(default_factory=dict)


def cases() -> list[Case]:
    """Return every algorithm, every scheduler, and two objectives."""
    found = [
        Case(name, {"algorithm": name, **(FINITE if name == "grid" else {})}) for name in ALGORITHMS
    ]
    found += [
        Case(f"tpe, {name}", {"algorithm": "tpe", "scheduler": name})
        for name in SCHEDULERS
        if name != "none"
    ]
    return [*found, Case("auto"), Case("gp, two metrics", {"algorithm": "gp", "metric": SEVERAL})]


def sweep(case: Case, trials: int, folder: Path) -> RunResult:
    """Run one case and print its table."""
    result = automl.run(
        skill_dir=SKILL, trials=trials, max_concurrent=2, seed=1, output=folder, **case.options
    )
    print(f"\n{case.name}: {result.status}")
    metrics = [each.metric for each in (result.objective, *result.further)]
    print(trial_text(ranked(result.trials, result.objective), metrics))
    if result.further:
        print(f"not dominated: {', '.join(result.pareto['trial_id'])}")
    sys.stdout.flush()
    return result


def summary_line(case: Case, result: RunResult) -> str:
    """Return the case's row of the summary."""
    table = result.trials
    counts = table["state"].value_counts()
    states = ", ".join(f"{count} {state}" for state, count in counts.items())
    trained = _epochs_trained(table)
    best = result.best[result.objective.metric] if result.best else float("nan")
    return f"| {case.name} | {len(table)} | {states} | {trained} | {best:.3f} |"


def _epochs_trained(table: Any) -> int:
    """All epochs that ran; a trial of a population began at its parent's last one."""
    ends = dict(zip(table["trial_id"], table["epochs"], strict=True))
    parents = table["parent"] if "parent" in table else [None] * len(table)
    begun = [ends[parent] if isinstance(parent, str) else 0 for parent in parents]
    return int(sum(table["epochs"]) - sum(begun))


def main() -> None:
    """Prints a table for each case and the summary of all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} trials each")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of every_algorithm.md")
    options = parser.parse_args()
    trials = QUICK if options.quick else TRIALS
    lines = [
        f"One sweep each of {trials} trials at most, 8 epochs a trial, seed 1, on a trainer whose",
        "best rate falls by a decade each two epochs.",
        "",
        "| algorithm | trials | ended | epochs trained | best score |",
        "|---|---:|---|---:|---:|",
    ]
    with tempfile.TemporaryDirectory() as scratch:
        for number, case in enumerate(cases()):
            result = sweep(case, trials, Path(scratch) / f"{number:02d}")
            lines.append(summary_line(case, result))
    text = "\n".join(lines) + "\n"
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "every_algorithm.md").write_text(text)
    print(f"\n{text}")


if __name__ == "__main__":
    main()
