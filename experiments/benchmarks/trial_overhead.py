"""Overhead of a trial: 1,000 trials of an empty objective through the whole of automl.

The objective reports one number and returns. Wall time per trial, at the beginning and at the end
of the sweep, comes from the run's ledger, memory and CPU time of the driver from /proc. With random
sampling the sampler costs nothing, with TPE it does: the difference is Optuna's. Beside it the
script that one would write by hand, Ray Tune with OptunaSearch (TPE), with actors reused and not;
its times per trial are those of its whole ``fit``, since Tune tells no others.

    python experiments/benchmarks/trial_overhead.py [--trials N] [--only random] [--json PATH]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from common.driver_usage import Usage, edge, end_times
from common.noop_skill import write_skill

LIMIT_S: Final = 0.10
_REPORTS: Final = 100


def main() -> None:
    """Measure each way, print the times; exit 1 above the limit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--quick", action="store_true", help="A fifth of the trials.")
    parser.add_argument("--only", choices=("random",), help="Leave out the comparisons.")
    parser.add_argument("--json", type=Path, help="Write the result here as well.")
    parser.add_argument("--by-hand", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--reuse", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.by_hand:
        print(json.dumps(by_hand(options.by_hand, reuse=options.reuse)))
        return
    trials = options.trials // 5 if options.quick else options.trials
    with tempfile.TemporaryDirectory() as scratch:
        result = measure(Path(scratch), trials, alone=options.only is not None)
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")
    ours = result["ours_random"]
    sys.exit(max(ours["first_s"], ours["last_s"]) > LIMIT_S)


def measure(folder: Path, trials: int, *, alone: bool = False) -> dict[str, Any]:
    """Return the figures of each way; Tune's own are measured on fewer trials.

    ``alone``: ours with random sampling and no other.
    """
    skill = folder / "skill"
    write_skill(skill)
    fewer = max(20, trials // 5)
    result: dict[str, Any] = {
        "trials": trials,
        "ours_random": ours(skill, folder / "random", "random", trials),
    }
    if alone:
        return result
    result |= {
        "ours_tpe": ours(skill, folder / "tpe", "tpe", fewer),
        "ours_reports": reports(skill, folder / "reports", fewer // 10),
        "tune_reused": _by_hand(fewer, "--reuse"),
        "tune_default": _by_hand(max(10, fewer // 5)),
    }
    for name in ("tune_reused", "tune_default"):
        result[f"{name}_over_ours_tpe"] = round(
            result[name]["per_trial_s"] / result["ours_tpe"]["per_trial_s"], 2
        )
    return result


def reports(skill: Path, output: Path, trials: int) -> dict[str, float]:
    """What an epoch's report costs a trial that reports :data:`_REPORTS` of them."""
    took = ours(skill, output, "random", trials, "--set", f"train.epochs={_REPORTS}")
    return {"reports": _REPORTS, "per_report_s": round(took["per_trial_s"] / _REPORTS, 5)}


def ours(skill: Path, output: Path, algorithm: str, trials: int, *further: str) -> dict[str, float]:
    """Sweep the skill as a user would and return what the driver took."""
    command = [
        sys.executable, "-m", "automl", "run", "--skill-dir", str(skill), "--output", str(output),
        "--algorithm", algorithm, "--trials", str(trials), "--yes", "--json", *further,
    ]  # fmt: skip
    began = time.time()
    driver = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    usage = Usage(driver.pid)
    _, said = driver.communicate()
    over = time.time()
    usage.stop()
    if driver.returncode:
        raise RuntimeError(said.decode())
    lines = (output / "ledger.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in lines]
    return {"trials": trials, **_times(events, began, over), **usage.figures(events)}


def _times(events: list[dict[str, Any]], began: float, over: float) -> dict[str, float]:
    ends = end_times(events)
    count = edge(ends)
    first_step = next(event["time"] for event in events if event["event"] == "epoch")
    return {
        "per_trial_s": round((ends[-1] - ends[0]) / (len(ends) - 1), 4),
        "first_s": round((ends[count - 1] - ends[0]) / (count - 1), 4),
        "last_s": round((ends[-1] - ends[-count]) / (count - 1), 4),
        "to_first_step_s": round(first_step - began, 2),
        "end_to_prompt_s": round(over - ends[-1], 2),
    }


def _by_hand(trials: int, *words: str) -> dict[str, float]:
    command = [sys.executable, __file__, "--by-hand", str(trials), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def by_hand(trials: int, *, reuse: bool) -> dict[str, float]:
    """The same sweep as a Ray Tune script; ``reuse`` is the one setting that it tunes."""
    import ray
    from ray import tune
    from ray.tune.search.optuna import OptunaSearch

    def objective(config: dict[str, float]) -> None:
        tune.report({"score": config["x"] - config["y"] ** 2})

    ray.init(log_to_driver=False, include_dashboard=False)
    with tempfile.TemporaryDirectory() as folder:
        tuner = tune.Tuner(
            objective,
            param_space={"x": tune.uniform(0, 1), "y": tune.uniform(0, 1)},
            tune_config=tune.TuneConfig(
                metric="score",
                mode="max",
                search_alg=OptunaSearch(),
                num_samples=trials,
                reuse_actors=reuse,
            ),
            run_config=tune.RunConfig(storage_path=folder, verbose=0),
        )
        began = time.perf_counter()
        tuner.fit()
        seconds = time.perf_counter() - began
    return {"trials": trials, "per_trial_s": round(seconds / trials, 4)}


if __name__ == "__main__":
    main()
