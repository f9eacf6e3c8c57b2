"""Trials per hour: sweeps over the demo's data by automl, and the same specs the plain way.

The plain way is that of tuners that start a container for each trial: a fresh process imports
everything, reads each JPEG with PIL whenever it is asked for, and transforms it image by image with
torchvision in reader processes. Network, losses, optimiser, schedule, batches, validation and
checkpoints are the same code in both; as many trials run side by side. Ours is timed from the
command line to its prompt, search, start of Ray and tables included; the plain way gets the drawn
specs for nothing.

What is saved is the same for every trial, and a sweep takes seconds to start and end, so the ratio
depends on how long a trial computes and on how many there are. Sweeps of the demo's search
space show that: ``short`` (one epoch of OSNet x0.25, what a first rung is), ``small`` (4 epochs of
it) and ``demo`` (8 epochs of ResNet-18, of which 85 % is convolutions that are the same in both).
``trained_s`` is what the trials themselves took: with nothing beside it the ratio would be
``plain_s / trained_s``. ``TARGET`` is the goal for 12 trials of ``short``. What was measured:
docs/measured.md.

    python experiments/benchmarks/trials_per_hour.py [--trials 12] [--sweep NAME ...] [--quick]
        [--json PATH]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any, Final

import yaml

import automl

ROOT: Final = Path(__file__).parents[2]
CONFIG: Final = ROOT / "experiments" / "demo.yaml"
TARGET: Final = 2.2
EACH: Final = {"train.validation_interval": 1, "train.checkpoint_interval": 1}
METRIC: Final = "cmc_rank_1"
WORKERS: Final = 2
SWEEPS: Final = {
    "short": {"model.backbone": "osnet_x0_25", "train.num_epochs": 1, **EACH},
    "small": {"model.backbone": "osnet_x0_25", "train.num_epochs": 4},
    "demo": {},
}


def main() -> None:
    """Run both ways, print their trials per hour; exit 1 where the first sweep is below target."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=12)
    parser.add_argument("--sweep", action="append", choices=list(SWEEPS), help="Only this one.")
    parser.add_argument("--repeats", type=int, default=3, help="Of each sweep, for the median.")
    parser.add_argument("--quick", action="store_true", help="Four trials of the shortest sweep.")
    parser.add_argument("--json", type=Path, help="Write the result here as well.")
    parser.add_argument("--plain", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.plain:
        train_plainly(yaml.safe_load(options.plain.read_text()))
        return
    names = ["short"] if options.quick else options.sweep or list(SWEEPS)
    with tempfile.TemporaryDirectory() as scratch:
        data = _made_data(Path(scratch))
        trials, repeats = (4, 1) if options.quick else (options.trials, options.repeats)
        result = {
            name: measure(Path(scratch) / name, data, trials, SWEEPS[name], repeats)
            for name in names
        }
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")
    sys.exit(result[names[0]]["ratio"] < TARGET)


def _made_data(folder: Path) -> Path:
    data = folder / "data"
    _call(
        "reid_model.cli", "make-data", "--out", str(data), "--ids", "48", "--cameras", "3",
        "--images-per-camera", "4", "--size", "48x24", "--seed", "7",
    )  # fmt: skip
    return data


def measure(
    folder: Path, data: Path, trials: int, changes: Mapping[str, Any], repeats: int
) -> dict[str, Any]:
    """Return trials per hour and the best metric of both ways, and their ratio.

    Both ways take turns, since the speed of a machine changes; each figure is the median, and
    ``ratios`` has the ratio of each turn. ``changes``: spec keys -> values in which the sweep
    differs from the demo's.
    """
    turns = [_turn(folder / str(turn), data, trials, changes) for turn in range(repeats)]
    medians = {name: median(turn[name] for turn in turns) for name in turns[0]}
    return {
        "trials": trials,
        "side_by_side": int(medians["side_by_side"]),
        "trained_s": round(medians["trained_s"], 1),
        "ours_s": round(medians["ours_s"], 1),
        "plain_s": round(medians["plain_s"], 1),
        "ours_per_hour": round(3600 * trials / medians["ours_s"], 1),
        "plain_per_hour": round(3600 * trials / medians["plain_s"], 1),
        "ratio": round(median(turn["plain_s"] / turn["ours_s"] for turn in turns), 2),
        "ratios": [round(turn["plain_s"] / turn["ours_s"], 2) for turn in turns],
        "ours_best": round(medians["ours_best"], 4),
        "plain_best": round(medians["plain_best"], 4),
    }


def _turn(folder: Path, data: Path, trials: int, changes: Mapping[str, Any]) -> dict[str, float]:
    """One sweep of ours, and its specs the plain way."""
    run = folder / "run"
    changed = [word for key, value in changes.items() for word in ("--set", f"{key}={value}")]
    started = time.perf_counter()
    _call(
        "automl", "run", "--config", str(CONFIG), "--data", str(data), "--output", str(run),
        "--trials", str(trials), "--yes", *changed,
    )  # fmt: skip
    ours_s = time.perf_counter() - started
    specs = [_own_copy(path, folder / "plain") for path in sorted(run.glob("trials/*/spec.yaml"))]
    side_by_side = _concurrency(run)
    started = time.perf_counter()
    with ThreadPoolExecutor(side_by_side) as pool:
        list(pool.map(lambda spec: _plain(spec, side_by_side), specs))
    return {
        "side_by_side": side_by_side,
        "trained_s": _trained(run),
        "ours_s": ours_s,
        "plain_s": time.perf_counter() - started,
        "ours_best": _best(run.glob("trials/*/status.json")),
        "plain_best": _best(folder.glob("plain/*/status.json")),
    }


def _trained(run: Path) -> float:
    """Seconds that the trials themselves took, side by side."""
    return float(automl.load_trials(run)["time_s"].sum()) / _concurrency(run)


def _call(module: str, *words: str) -> None:
    done = subprocess.run([sys.executable, "-m", module, *words], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(
            f"{module} {' '.join(words)}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        )


def _own_copy(path: Path, folder: Path) -> Path:
    """The spec of a trial with a results folder of its own."""
    spec = yaml.safe_load(path.read_text())
    results = folder / path.parent.name
    results.mkdir(parents=True)
    spec["results_dir"] = str(results)
    spec["train"]["results_dir"] = ""
    copy = results / "spec.yaml"
    copy.write_text(yaml.safe_dump(spec))
    return copy


def _concurrency(run: Path) -> int:
    return int(yaml.safe_load((run / "plan.yaml").read_text())["resources"]["concurrency"])


def _plain(spec: Path, side_by_side: int) -> None:
    threads = max(1, (os.cpu_count() or 1) // side_by_side)
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    command = [sys.executable, __file__, "--plain", str(spec)]
    subprocess.run(command, env=environment, check=True, capture_output=True)


def _best(files: Any) -> float:
    lines = [json.loads(line) for path in files for line in path.read_text().splitlines()]
    return max(float(line["kpi"][METRIC]) for line in lines if METRIC in line.get("kpi", {}))


def train_plainly(spec: dict[str, Any]) -> None:
    """One trial as a fresh process trains it: images one by one, in reader processes."""
    from reid_model.actions.folders import checkpoint_folder
    from reid_model.actions.training.devices import pick_devices
    from reid_model.actions.training.epochs import CheckpointAndReport
    from reid_model.actions.training.isolation import isolated
    from reid_model.actions.training.outcome import recorded
    from reid_model.actions.training.trainer import build_trainer
    from reid_model.config import load_spec
    from reid_model.data.inputs import read_splits
    from reid_model.models.network import ReIDNetwork
    from reid_model.models.weights.pretrained import start_from_weights

    config = load_spec(spec)
    devices = pick_devices(config.train.num_gpus, config.train.gpu_ids)
    config, train, retrieval = read_splits(config, 1)
    with recorded(spec, None) as status, isolated(config.train):
        network = ReIDNetwork(config.model, train.num_classes, train.num_cameras)
        start_from_weights(network, config.model)
        status.begin("plain", fresh=True)
        module = _plain_module()(config, network, train, retrieval)
        loaders = (
            _loader(config, [c.path for c in train.crops], _batches(config, train), train=True),
            _loader(config, [c.path for c in retrieval.crops], None, train=False),
        )
        ends = CheckpointAndReport(config.train, checkpoint_folder(config), status)
        trainer = build_trainer(config, devices, [ends], lost=status.failed)
        trainer.fit(module, *loaders)


def _batches(config: Any, train: Any) -> Any:
    from reid_model.data.sampler import PKBatches

    people = config.dataset.batch_size // config.dataset.num_instances
    return PKBatches(train.labels, people, config.dataset.num_instances, seed=config.train.seed)


def _plain_module() -> Any:
    """Our module for batches that are transformed already."""
    from reid_model.module import ReIDModule

    class PlainModule(ReIDModule):
        def _augmented(self, batch: Any) -> Any:
            return batch.crops

        def validation_step(self, batch: Any) -> None:
            cameras = self._cameras[batch.indices].to(self.device)
            self._rows.add(batch.indices, self.network.embed(batch.crops, cameras))

    return PlainModule


def _loader(config: Any, paths: Sequence[Path], batches: Any, *, train: bool) -> Any:
    """The usual DataLoader: one image an item, read and transformed by worker processes."""
    import torch
    from PIL import Image
    from torch.utils.data import DataLoader, Dataset

    from reid_model.data.batches import Batch

    transform = _transform(config, train=train)

    class Images(Dataset[Any]):
        def __len__(self) -> int:
            return len(paths)

        def __getitem__(self, index: int) -> Any:
            with Image.open(paths[index]) as image:
                return transform(image.convert("RGB")), index

    def collate(items: Any) -> Any:
        images, indices = zip(*items, strict=True)
        return Batch(torch.stack(images), torch.tensor(indices))

    batching: dict[str, Any] = (
        {"batch_sampler": batches} if train else {"batch_size": config.dataset.val_batch_size}
    )
    return DataLoader(Images(), num_workers=WORKERS, collate_fn=collate, **batching)


def _transform(config: Any, *, train: bool) -> Any:
    from torchvision import transforms as t

    data, size = config.dataset, (config.model.input_height, config.model.input_width)
    common = [t.ToTensor(), t.Normalize(data.pixel_mean, data.pixel_std)]
    if not train:
        return t.Compose([t.Resize(size), *common])
    return t.Compose(
        [
            t.Resize(size),
            t.RandomHorizontalFlip(data.prob),
            t.Pad(data.padding),
            t.RandomCrop(size),
            *common,
            t.RandomErasing(data.re_prob, scale=(0.02, 0.4), ratio=(0.3, 3.3)),
        ]
    )


if __name__ == "__main__":
    main()
