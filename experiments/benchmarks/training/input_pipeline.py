"""How fast one core turns crops into batches: from the cache, from JPEG files, and the usual way.

    python experiments/benchmarks/training/input_pipeline.py               # about a minute
    python experiments/benchmarks/training/input_pipeline.py --quick --json figures.json

Every way but the first ends with normalised, augmented float32 batches at 256x128. The usual way is
Pillow and torchvision transforms image by image. The ways take turns in one process with one
thread; a speed is images by CPU second, which other work on the machine disturbs little, the median
of the rounds.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torchvision import transforms

from reid_model.data.augmentation.draws import Augmentation, draw_plan
from reid_model.data.augmentation.pixels import Normaliser, augment, augment_batch
from reid_model.data.cache import CropCache
from reid_model.data.folder import list_folder
from reid_model.data.size import Size
from reid_model.data.store import CropStore, open_store
from reid_model.synthetic import make_data

SIZE = Size(256, 128, 3)
BATCH = 64
MEAN, STD = (0.485, 0.456, 0.406), (0.226, 0.226, 0.226)
HOW = Augmentation(padding=10, flip=0.5, erase=0.5)
CACHE_BYTES = 10**11

Way = Callable[[list[int]], Tensor]


@dataclass(frozen=True)
class Speed:
    """Images by CPU second of one way, and how often the usual way's."""

    way: str
    images_per_second: float
    times_usual: float


def ours(store: CropStore, vary: Callable[..., Tensor] = augment) -> Way:
    """Gather a batch and augment it as training does."""
    normalise = Normaliser(MEAN, STD)

    def batch(indices: list[int]) -> Tensor:
        plan = draw_plan(HOW, (SIZE.height, SIZE.width), 1, 0, indices)
        return vary(store.gather(indices), plan, HOW.padding, normalise)

    return batch


def usual(paths: list[Path]) -> Way:
    """Open, resize, augment and normalise one image after the other."""
    size = (SIZE.height, SIZE.width)
    steps = transforms.Compose(
        [
            transforms.Resize(size),
            transforms.RandomHorizontalFlip(HOW.flip),
            transforms.Pad(HOW.padding),
            transforms.RandomCrop(size),
            transforms.ToTensor(),
            transforms.Normalize(MEAN, STD),
            transforms.RandomErasing(HOW.erase),
        ]
    )

    def batch(indices: list[int]) -> Tensor:
        return torch.stack([steps(Image.open(paths[index]).convert("RGB")) for index in indices])

    return batch


def batches(count: int) -> Iterator[list[int]]:
    """All images once, shuffled, in full batches."""
    order = np.random.default_rng(0).permutation(count)
    for start in range(0, count - BATCH + 1, BATCH):
        yield order[start : start + BATCH].tolist()


def speed(way: Way, count: int) -> float:
    """Images by CPU second over all images once."""
    start, done = time.process_time(), 0
    for indices in batches(count):
        done += len(way(indices))
    return done / (time.process_time() - start)


def measured(ways: dict[str, Way], count: int, rounds: int) -> list[Speed]:
    """Each way's median speed over rounds in which all take turns; the last way is the usual."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            found[name].append(speed(way, count))
    speeds = {name: median(values) for name, values in found.items()}
    base = list(speeds.values())[-1]
    return [Speed(name, value, value / base) for name, value in speeds.items()]


def data(folder: Path, ids: int) -> list[Path]:
    """JPEG crops of Market-1501's size."""
    make_data(
        folder, ids=ids, cameras=3, images_per_camera=4, height=128, width=64, seed=1, tar=False
    )
    return [crop.path for crop in list_folder(folder / "sample_train", "data").crops]


def main() -> None:
    """Prints every way's speed, and writes JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="a smoke test, seconds")
    parser.add_argument("--json", type=Path, help="also write the figures there")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        paths = data(Path(name, "data"), 24 if asked.quick else 96)
        start = time.perf_counter()
        cached = open_store(paths, SIZE, CropCache(Path(name, "cache"), CACHE_BYTES))
        built = len(paths) / (time.perf_counter() - start)
        files = open_store(paths, SIZE, None)
        ways = {
            "cache, gathered alone (GPU runs: the rest is on the GPU)": cached.gather,
            "cache, crop by crop as bytes (CPU runs)": ours(cached),
            "cache, whole batches (as on a GPU, here on the CPU)": ours(cached, augment_batch),
            "JPEG, our path": ours(files),
            "JPEG, Pillow and torchvision image by image": usual(paths),
        }
        speeds = measured(ways, len(paths), 2 if asked.quick else 7)
    for found in speeds:
        rate, times = found.images_per_second, found.times_usual
        sys.stdout.write(f"{found.way:58}{rate:>9,.0f} images/s/core{times:>8.2f}x\n")
    sys.stdout.write(f"the cache of {len(paths)} images was built at {built:,.0f} images/s\n")
    if asked.json:
        asked.json.parent.mkdir(parents=True, exist_ok=True)
        asked.json.write_text(json.dumps({"ways": [asdict(way) for way in speeds]}, indent=2))


if __name__ == "__main__":
    main()
