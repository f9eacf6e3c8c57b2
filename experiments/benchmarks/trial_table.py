"""Time to read the trial table of a large run: 10,000 trials of 100 epochs, or of 4 under way.

Ours twice, from the tables of a run that is over and from the ledger of one that is under way, and
beside it what one would write by hand: one results file for each trial, as Ray Tune's loggers leave
them, read and joined with pandas. Reading them takes long, so by default 500 of the 10,000 are
read and the time is scaled to all.

    python experiments/benchmarks/trial_table.py [--quick] [--json PATH]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pandas as pd
import yaml

import automl
from automl.results.progress import run_progress
from automl.results.run import Run, read_run
from automl.results.tables import trial_frame, write_tables
from automl.trial.ledger.lines import seal

LIMIT_S: Final = 2.0
BY_HAND: Final = 500
SHORT: Final = 4  # epochs of each trial of a run that is read while it goes on
_PARAMS: Final = ("train.optim.base_lr", "train.optim.weight_decay", "dataset.re_prob")


def main() -> None:
    """Write a run, read it in each way, print the times; exit 1 above the limit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--quick", action="store_true", help="A tenth of the trials.")
    parser.add_argument("--json", type=Path, help="Write the result here as well.")
    options = parser.parse_args()
    trials = options.trials // 10 if options.quick else options.trials
    with tempfile.TemporaryDirectory() as scratch:
        result = measure(Path(scratch), trials, options.epochs)
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")
    slowest = max(result["finished_run_s"], result["load_trials_cpu_s"], result["status_cpu_s"])
    sys.exit(slowest > LIMIT_S)


def measure(folder: Path, trials: int, epochs: int) -> dict[str, Any]:
    """Return the seconds of each way."""
    run, files = folder / "run", folder / "files"
    write_run(run, trials, epochs)
    write_result_files(files, min(trials, BY_HAND), epochs)
    ledger_s = _seconds(lambda: trial_frame(Run(run)))
    short = folder / "short"
    write_run(short, trials, SHORT)
    write_tables(Run(run))
    table_s = _seconds(lambda: automl.load_trials(run))
    hand_s = _seconds(lambda: read_result_files(files)) * trials / min(trials, BY_HAND)
    assert len(automl.load_trials(run)) == trials
    return {
        "trials": trials,
        "epochs": epochs,
        "ledger_mib": round((run / "ledger.jsonl").stat().st_size / 2**20, 1),
        "finished_run_s": round(table_s, 3),
        "running_run_s": round(ledger_s, 3),
        "result_files_s": round(hand_s, 3),
        "ratio_finished": round(hand_s / table_s, 1),
        "ratio_running": round(hand_s / ledger_s, 1),
        "events_a_trial": SHORT + 2,
        "load_trials_s": round(_seconds(lambda: automl.load_trials(short)), 3),
        "load_trials_cpu_s": round(_cpu_seconds(lambda: automl.load_trials(short)), 3),
        "status_s": round(_seconds(lambda: run_progress(read_run(short))), 3),
        "status_cpu_s": round(_cpu_seconds(lambda: run_progress(read_run(short))), 3),
    }


def _seconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def _cpu_seconds(act: Callable[[], object]) -> float:
    """Seconds of this process alone, which hold on a busy machine too."""
    started = time.process_time()
    act()
    return time.process_time() - started


def write_run(run: Path, trials: int, epochs: int) -> None:
    """Write the plan and the ledger of a run whose trials ran two at a time."""
    run.mkdir()
    plan = {"metric": "score", "direction": "maximize", "space": None, "trials": trials}
    (run / "plan.yaml").write_text(yaml.safe_dump(plan))
    with (run / "ledger.jsonl").open("wb") as ledger:
        for number, event in enumerate(_events(trials, epochs), 1):
            ledger.write(seal(number, json.dumps(event).encode()) + b"\n")


def _events(trials: int, epochs: int) -> Any:
    now = 1.7e9
    for first in range(0, trials, 2):
        pair = range(first, min(first + 2, trials))
        for number in pair:
            params = {name: (number + 1) * 1e-5 for name in _PARAMS}
            yield {"time": now, "event": "start", "number": number, "ticket": number,
                   "source": "search", "params": params}  # fmt: skip
        for epoch in range(1, epochs + 1):
            for number in pair:
                now += 1.5
                yield {"time": now, "event": "epoch", "number": number, "epoch": epoch,
                       "kpi": kpi(number, epoch)}  # fmt: skip
        for number in pair:
            yield {"time": now, "event": "end", "number": number, "state": "finished",
                   "failure": "", "fault": "", "host": "here", "gpu_count": 0.0}  # fmt: skip


def kpi(number: int, epoch: int) -> dict[str, float]:
    """What an epoch reports."""
    score = (number * 7919 % 1000) / 1000 * (1 - 1 / (epoch + 1))
    return {"score": score, "mAP": score * 0.7, "train_loss": 2 - score}


def write_result_files(files: Path, trials: int, epochs: int) -> None:
    """Write one JSON-lines file of results and one of parameters for each trial."""
    for number in range(trials):
        trial = files / f"trial_{number:05d}"
        trial.mkdir(parents=True)
        params = {name: (number + 1) * 1e-5 for name in _PARAMS}
        (trial / "params.json").write_text(json.dumps(params))
        lines = (
            json.dumps({**kpi(number, epoch), "training_iteration": epoch, "config": params})
            for epoch in range(1, epochs + 1)
        )
        (trial / "result.json").write_text("\n".join(lines) + "\n")


def read_result_files(files: Path) -> pd.DataFrame:
    """The best epoch of each trial, joined with its parameters."""
    rows = []
    for trial in sorted(files.iterdir()):
        results = pd.read_json(trial / "result.json", lines=True)
        best = results.iloc[int(results["score"].to_numpy().argmax())].to_dict()
        params = json.loads((trial / "params.json").read_text())
        rows.append({"trial": trial.name, **best, **params})
    return pd.DataFrame(rows)


if __name__ == "__main__":
    main()
