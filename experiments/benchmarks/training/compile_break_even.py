"""The number of steps from which train.compile pays off.

    python experiments/benchmarks/training/compile_break_even.py [--quick] [--json PATH]

Each way trains in a process of its own, epochs timed from report to report: eager, compiled with an
empty kernel cache (a machine's first trial), and compiled again with the cache that it left (later
trials; each traces its own network). The cost is what the first epoch takes beyond a later one, the
break-even that cost over what a later step saves. On a GPU: ResNet-50 at 256x128; on the CPU two
small networks on one core.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import yaml

EPOCHS: Final = 6
SMALL: Final = {"input_width": 24, "input_height": 48, "feat_dim": 128}
PEOPLE: Final = {"cpu": 48, "cuda": 480}
SPLITS: Final = ("train", "test", "query")
NETWORKS: Final = {
    "cpu": {"osnet_x0_25": SMALL, "resnet_18": SMALL},
    "cuda": {"resnet_50": {"input_width": 128, "input_height": 256}},
}


def main() -> None:
    """Time the three ways for each network of the device and print what they come to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="One network, three epochs.")
    parser.add_argument("--json", type=Path, help="Write the result here as well.")
    parser.add_argument("--train", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.train:
        print(json.dumps(train(yaml.safe_load(options.train.read_text()))))
        return
    result = measure(quick=options.quick)
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")


def measure(*, quick: bool) -> dict[str, Any]:
    """Return seconds of the first and of a later epoch of each way, network by network."""
    import torch

    from reid_model.synthetic import make_data

    device = "cuda" if torch.cuda.is_available() else "cpu"
    networks = dict(list(NETWORKS[device].items())[: 1 if quick else None])
    result: dict[str, Any] = {"device": device}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        make_data(
            folder / "data", ids=PEOPLE[device], cameras=3, images_per_camera=4,
            height=48, width=24, seed=7,
        )  # fmt: skip
        for name, model in networks.items():
            spec = _spec(folder / "data", {"backbone": name, **model}, 3 if quick else EPOCHS)
            result[name] = _ways(folder / name, spec)
    return result


def _ways(folder: Path, spec: dict[str, Any]) -> dict[str, Any]:
    cache = folder / "kernels"
    eager = _run(folder / "eager", spec, cache, compiled=False)
    first = _run(folder / "first", spec, cache, compiled=True)
    again = _run(folder / "again", spec, cache, compiled=True)
    return {
        "eager": eager,
        "compiled_first": {**first, "break_even_steps": _break_even(first, eager)},
        "compiled_again": {**again, "break_even_steps": _break_even(again, eager)},
        "speedup": round(eager["later_s"] / again["later_s"], 2),
    }


def _break_even(way: dict[str, float], eager: dict[str, float]) -> int | None:
    """Steps after which a compiled training is ahead; None for never."""
    cost = (way["first_s"] - way["later_s"]) - (eager["first_s"] - eager["later_s"])
    saved = (eager["later_s"] - way["later_s"]) / eager["steps"]
    return round(cost / saved) if saved > 0 else None


def _spec(data: Path, model: dict[str, Any], epochs: int) -> dict[str, Any]:
    splits = {f"{name}_dataset_dir": str(data / f"sample_{name}") for name in SPLITS}
    return {
        "model": {"pretrain_choice": "none", **model},
        "dataset": {**splits, "batch_size": 32, "num_workers": 0},
        "train": {
            "num_epochs": epochs,
            "validation_interval": epochs,
            "checkpoint_interval": epochs,
        },
    }


def _run(folder: Path, spec: dict[str, Any], cache: Path, *, compiled: bool) -> dict[str, float]:
    """Train in a process of its own; seconds of the first epoch and of a later one."""
    folder.mkdir(parents=True)
    spec = {**spec, "results_dir": str(folder), "train": {**spec["train"], "compile": compiled}}
    path = folder / "spec.yaml"
    path.write_text(yaml.safe_dump(spec))
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TORCHINDUCTOR_CACHE_DIR": str(cache)}
    command = [sys.executable, __file__, "--train", str(path)]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def train(spec: dict[str, Any]) -> dict[str, float]:
    """Train in this process; seconds of the first epoch, and of the median later one."""
    from reid_model.actions.train import run

    moments: list[float] = []
    run(spec, report=lambda record: moments.append(time.perf_counter()))
    epochs = spec["train"]["num_epochs"]
    ends = moments[-epochs - 1 : -1]  # the last record says that all is over
    begin = moments[-epochs - 2]
    seconds = [end - start for start, end in pairwise([begin, *ends])]
    checkpoint = next(Path(spec["results_dir"]).rglob("model_epoch_*.pth"))
    steps = int(checkpoint.stem.rpartition("_")[2]) / epochs
    later = statistics.median(seconds[1:-1])
    return {"first_s": round(seconds[0], 3), "later_s": round(later, 3), "steps": round(steps)}


if __name__ == "__main__":
    main()
