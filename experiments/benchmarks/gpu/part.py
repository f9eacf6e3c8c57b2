"""One part of gpu.sh: measures on the GPU and prints one line of JSON.

    python experiments/benchmarks/gpu/part.py throughput [--tiny]

``--tiny`` takes small networks and few steps, on the CPU where there is no GPU: it shows that the
part runs, and its figures mean nothing.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[3]
sys.path[:0] = [str(ROOT), str(ROOT / "experiments" / "benchmarks" / "training")]

import torch  # noqa: E402
from train_step import (  # noqa: E402
    SPLITS,
    bare_step,
    compared,
    inputs_of,
    module_of,
    now,
    spec_of,
    training,
)

from reid_model.actions.probe import measure  # noqa: E402
from reid_model.actions.training.devices import pick_devices  # noqa: E402
from reid_model.actions.training.isolation import isolated  # noqa: E402
from reid_model.module.optimizers import build_optimizer  # noqa: E402
from reid_model.synthetic import make_data  # noqa: E402

Figures = dict[str, Any]

_SIZE: Final[Figures] = {"height": 256, "width": 128, "batch": 64}
_NETWORKS: Final = ("resnet_50", "timm:vit_base_patch16_224")
_TINY: Final[Figures] = {"backbone": "resnet_18", "height": 48, "width": 24, "batch": 16}
_PACKED: Final = 4


def throughput(data: Path, *, tiny: bool) -> Figures:
    """Images/s of training and of the network alone, for each network and precision."""
    cases = [
        {**_SIZE, "backbone": network, "precision": precision}
        for network in _NETWORKS
        for precision in ("16-mixed", "bf16-mixed")
    ]
    if tiny:
        cases = [{**_TINY, "precision": "bf16-mixed"}]
    steps, rounds = (6, 1) if tiny else (100, 2)
    found = [compared(case, data, steps=steps, rounds=rounds) for case in cases]
    return {"cases": [asdict(each) for each in found]}


def packing(data: Path, *, tiny: bool) -> Figures:
    """Seconds of four trials one after the other, and side by side on a quarter of a GPU each."""
    alone, packed = (
        (_swept(data, ("--max-concurrent", str(count), *share), tiny=tiny))
        for count, share in ((1, _share(1.0, tiny)), (_PACKED, _share(1 / _PACKED, tiny)))
    )
    return {"trials": _PACKED, "one_by_one_s": alone, "packed_s": packed, "ratio": alone / packed}


def _share(share: float, tiny: bool) -> tuple[str, str]:
    return ("--cpus-per-trial", "0.5") if tiny else ("--gpus-per-trial", str(share))


def _swept(data: Path, words: tuple[str, ...], *, tiny: bool) -> float:
    spec = {
        "model.backbone": "osnet_x0_25" if tiny else "resnet_50",
        "model.input_height": 32 if tiny else 256,
        "model.input_width": 16 if tiny else 128,
        "model.pretrain_choice": "none",
        "dataset.batch_size": 16 if tiny else 32,
        "dataset.cache_dir": str(data / "cache"),
        "train.num_epochs": 1 if tiny else 20,
    }
    sets = [word for key, value in spec.items() for word in ("--set", f"{key}={value}")]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "automl", "run", "--data", str(data), "--yes",
                   "--output", f"{folder}/run", "--trials", str(_PACKED), "--seed", "1",
                   "--algorithm", "random", "--scheduler", "none", "--no-probe"]  # fmt: skip
        begun = time.perf_counter()
        done = subprocess.run([*command, *words, *sets], capture_output=True, text=True, cwd=folder)
    if done.returncode:
        raise RuntimeError(f"automl run: {done.stdout[-1500:]}{done.stderr[-1500:]}")
    return time.perf_counter() - begun


def memory(data: Path, *, tiny: bool) -> Figures:
    """The peak that the probe foretells, beside that of real training; both None on a CPU."""
    case = _TINY if tiny else {**_SIZE, "backbone": "resnet_50"}
    config, devices = spec_of(case, data), pick_devices(1, (0,))
    splits = {f"{name}_dataset_dir": str(data / f"sample_{name}") for name in SPLITS}
    foretold = measure(
        {
            "model": {**_model(case), "pretrain_choice": "none"},
            "dataset": {**splits, "batch_size": case["batch"]},
        }
    )["peak_bytes"]
    if devices.on_gpu:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    with isolated(config.train):
        training(config, inputs_of(config, 10), devices, 2)
    real = torch.cuda.max_memory_reserved() if devices.on_gpu else None
    ratio = foretold / real if foretold and real else None
    return {"probe_bytes": foretold, "training_bytes": real, "ratio": ratio}


def _model(case: Mapping[str, Any]) -> dict[str, Any]:
    names = {"backbone": "backbone", "height": "input_height", "width": "input_width"}
    return {key: case[name] for name, key in names.items()}


def fused(data: Path, *, tiny: bool) -> Figures:
    """Seconds of one optimiser step with fused kernels, and of the same without."""
    case = _TINY if tiny else {**_SIZE, "backbone": "resnet_50"}
    config, devices = spec_of(case, data), pick_devices(1, (0,))
    module = module_of(config, inputs_of(config, 2), devices)
    bare_step(config, module, devices)()  # leaves gradients
    optimizer = build_optimizer(module.network, config.train)
    if not optimizer.param_groups[0]["fused"]:
        raise RuntimeError("the trainer's optimiser is not fused")
    seconds = _stepped(optimizer, 3 if tiny else 100)
    for group in optimizer.param_groups:
        group["fused"] = False
    plain = _stepped(optimizer, 3 if tiny else 100)
    return {"fused_s": seconds, "plain_s": plain, "ratio": plain / seconds}


def _stepped(optimizer: torch.optim.Optimizer, count: int) -> float:
    optimizer.step()
    begun = now()
    for _ in range(count):
        optimizer.step()
    return (now() - begun) / count


def tests(_: Path, *, tiny: bool) -> Figures:
    """The tests that need a GPU; on a CPU they are skipped."""
    marked = [str(file) for file in (ROOT / "tests").rglob("test_*.py") if _is_marked(file)]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-m", "gpu", "-p", "no:cacheprovider"]
        done = subprocess.run(
            [*command, f"--junitxml={report}", *marked], cwd=ROOT, capture_output=True, text=True
        )
        if not report.exists():
            raise RuntimeError(f"pytest: {done.stdout[-1500:]}{done.stderr[-1500:]}")
        suite = ElementTree.parse(report).getroot()[0].attrib
    names = ("tests", "failures", "errors", "skipped")
    found: Figures = {name: int(suite[name]) for name in names}
    wrong = found["failures"] + found["errors"] + (0 if tiny else found["skipped"])
    if wrong or not found["tests"]:
        raise RuntimeError(f"tests: {found} {done.stdout[-3000:]}")
    return found


def _is_marked(file: Path) -> bool:
    return "mark.gpu" in file.read_text(encoding="utf-8")


PARTS: Final[Mapping[str, Callable[..., Figures]]] = {
    part.__name__: part for part in (tests, throughput, packing, memory, fused)
}


def main() -> None:
    """Run one part; without a GPU it is refused unless it is tiny."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--tiny", action="store_true", help="To show that it runs, on a CPU too.")
    asked = parser.parse_args()
    if not (torch.cuda.is_available() or asked.tiny):
        parser.exit(3, "no GPU here: nothing was measured\n")
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        ids = 24 if asked.tiny else 80
        make_data(data, ids=ids, cameras=3, images_per_camera=4, seed=1,
                  height=128, width=64, tar=False)  # fmt: skip
        figures = PARTS[asked.part](data, tiny=asked.tiny)
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    about = {"part": asked.part, "device": device, "tiny": asked.tiny}
    sys.stdout.write(
        json.dumps({**about, **figures, "seconds": round(time.perf_counter() - begun, 1)}) + "\n"
    )


if __name__ == "__main__":
    main()
