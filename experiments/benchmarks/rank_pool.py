"""Seconds per trial of short trials on two CPU ranks: a warm pool against torchrun for each trial.

Both ways run the same trials of the ReID trainer on tiny rendered crops, one after the other: the
pool imports the trainer once, ``torchrun`` starts both ranks anew for each trial's spec. Prints one
JSON object (medians of the trials after the first, and their ratio) and writes it with ``--out``.

    python experiments/benchmarks/rank_pool.py --trials 8 --out rank_pool.json
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import yaml

import automl
from automl.skill import packaged_skill_dir
from reid_model.synthetic import make_data

RANKS: Final = 2
QUICK_TRIALS: Final = 3
SPEC: Final = {
    "train.num_gpus": RANKS, "num_epochs": 1, "model.backbone": "osnet_x0_25",
    "model.input_height": 32, "model.input_width": 16, "model.feat_dim": 32,
    "pretrain_choice": "none", "dataset.batch_size": 4, "dataset.num_instances": 2,
    "dataset.num_workers": 0, "dataset.padding": 2,
}  # fmt: skip


def main() -> None:
    """Run both ways, print what each took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=8)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_TRIALS} trials each way.")
    parser.add_argument("--out", type=Path, help="Write the JSON object there as well.")
    options = parser.parse_args()
    trials = QUICK_TRIALS if options.quick else options.trials
    with tempfile.TemporaryDirectory() as scratch:
        result = compare(Path(scratch), trials)
    print(json.dumps(result))
    if options.out:
        options.out.write_text(json.dumps(result, indent=2) + "\n")


def compare(folder: Path, trials: int) -> dict[str, Any]:
    """Run ``trials`` trials each way below ``folder``; return their times in seconds."""
    data, run = folder / "data", folder / "pool"
    make_data(data, ids=12, cameras=2, images_per_camera=3, height=32, width=16, seed=3, tar=False)
    pool = _pool_seconds(data, run, trials)
    specs = sorted(run.glob("trials/*/spec.yaml"))
    child = [_child_seconds(spec, folder / "child" / spec.parent.name) for spec in specs]
    warm, each = statistics.median(pool[1:]), statistics.median(child[1:])
    return {
        "ranks": RANKS,
        "trials": trials,
        "pool_first_s": round(pool[0], 2),
        "pool_s": round(warm, 2),
        "child_s": round(each, 2),
        "child_over_pool": round(each / warm, 1),
        "pool_all_s": [round(seconds, 2) for seconds in pool],
        "child_all_s": [round(seconds, 2) for seconds in child],
    }


def _pool_seconds(data: Path, output: Path, trials: int) -> list[float]:
    result = automl.run(
        skill_dir=packaged_skill_dir(), data=str(data), output=output, overrides=SPEC,
        trials=trials, seed=1, algorithm="random", search=["base_lr"], max_concurrent=1,
    )  # fmt: skip
    table = result.trials.sort_values("number")
    if set(table["state"]) != {"finished"}:
        raise RuntimeError(f"trials failed: {sorted(set(table['failure']))}")
    return [float(seconds) for seconds in table["time_s"]]


def _child_seconds(path: Path, folder: Path) -> float:
    """Train a trial's spec once more, by a process for each rank."""
    spec = yaml.safe_load(path.read_text())
    spec["results_dir"], spec["train"]["results_dir"] = str(folder), ""
    folder.mkdir(parents=True)
    copy = folder / "spec.yaml"
    copy.write_text(yaml.safe_dump(spec))
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(RANKS)]
    command = [sys.executable, *launch, "-m", "reid_model.cli", "train", "-e", str(copy)]
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
