"""Kills a sweep's driver at random moments, resumes it each time, and counts what was lost.

The objective is a quadratic bowl that only sleeps; at concurrency 1 with one seed an undisturbed
sweep gives the result that the killed one must reach. The first kill also leaves half a line at the
end of the ledger. Prints one JSON object; exits with 1 if anything was lost or repeated.

    python experiments/benchmarks/kill_resume.py --trials 30 --kills 20
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

import automl

BOWL: Final = Path(__file__).parents[2] / "tests" / "fixtures" / "skills" / "bowl"
PLAN: Final = "plan.yaml"
LEDGER: Final = "ledger.jsonl"
LONGEST_S: Final = 600.0


def main() -> None:
    """Run the killed sweep and the undisturbed one, compare them, print the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--longest-s", type=float, default=9.0, help="A kill comes within so long.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "crops").mkdir()
        start = _command(folder, options.trials, options.seed)
        kills = _killed_run(start, folder / "killed", options)
        _start([*start, "--output", str(folder / "calm")]).wait(timeout=LONGEST_S)
        result = {"kills": kills, **_compare(folder / "killed", folder / "calm")}
    print(json.dumps(result))
    lost = result["finished"] != options.trials or result["ended_twice"]
    sys.exit(bool(lost or not result["same_trials"]))


def _command(folder: Path, trials: int, seed: int) -> list[str]:
    return [
        "--skill-dir", str(BOWL), "--set", f"dataset.folder={folder / 'crops'}",
        "--set", "fault=sleep", "--trials", str(trials), "--seed", str(seed),
        "--max-concurrent", "1", "--yes", "--json",
    ]  # fmt: skip


def _start(arguments: list[str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "automl", "run", *arguments]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _killed_run(start: list[str], output: Path, options: argparse.Namespace) -> int:
    """Kill and resume until the kills are spent, then let the sweep end; return the kills."""
    dice = random.Random(options.seed)
    kills = 0
    while kills < options.kills:
        child = _begin(start, output)
        try:
            child.wait(timeout=dice.uniform(0.5, options.longest_s))
            break  # done before its time
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            child.wait()
        kills += 1
        if kills == 1:
            _tear(output / LEDGER)
    _begin(start, output).wait(timeout=LONGEST_S)
    return kills


def _begin(start: list[str], output: Path) -> subprocess.Popen[bytes]:
    """Resume the run, or begin it while it has no plan; return once the driver is at work."""
    if not (output / PLAN).exists():
        shutil.rmtree(output, ignore_errors=True)
        child = _start([*start, "--output", str(output)])
    else:
        child = _start(["--resume", str(output), "--yes", "--json"])
    sessions = _sessions(output)
    deadline = time.monotonic() + LONGEST_S
    while _sessions(output) == sessions and child.poll() is None:
        if time.monotonic() > deadline:
            raise TimeoutError("the driver opens no session")
        time.sleep(0.05)
    return child


def _sessions(output: Path) -> int:
    ledger = output / LEDGER
    return ledger.read_text().count('"event": "session"') if ledger.exists() else 0


def _tear(ledger: Path) -> None:
    with ledger.open("a") as stream:
        stream.write('{"event": "end", "number": 0, "sta')


def _compare(killed: Path, calm: Path) -> dict[str, Any]:
    table, expected = automl.load_trials(killed), automl.load_trials(calm)
    events = [json.loads(line) for line in (killed / LEDGER).read_text().splitlines()]
    ends = Counter(event["number"] for event in events if event["event"] == "end")
    starts = sum(event["event"] == "start" for event in events)
    names = [name for name in expected.columns if name.startswith("param.")] + ["score"]
    return {
        "trials": len(table),
        "finished": int((table["state"] == "finished").sum()),
        "ended_twice": sum(count > 1 for count in ends.values()),
        "trainings": starts,
        "best": float(table["score"].max()),
        "best_undisturbed": float(expected["score"].max()),
        "same_trials": bool(table[names].equals(expected[names])),
    }


if __name__ == "__main__":
    main()
