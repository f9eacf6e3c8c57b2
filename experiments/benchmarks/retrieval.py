"""Scoring and re-ranking against the usual NumPy code, side by side in one run.

    python experiments/benchmarks/retrieval.py                    # Market-1501's size, minutes
    python experiments/benchmarks/retrieval.py --quick            # a smoke test, seconds
    python experiments/benchmarks/retrieval.py --device cpu --json figures.json

Ours runs on a GPU where there is one, the baselines on the CPU.

Every measurement has a process of its own (peak memory is that of the whole process), and the
methods take turns, so that a loaded machine slows all of them. Waiting OpenMP threads sleep
(OMP_WAIT_POLICY=PASSIVE): spinning ones cost a loaded machine more than the work itself.

The usual code takes distances in float32, where near neighbours trade places: a few dozen entries
of its re-ranked matrix differ from its own float64 run by about 1e-2. Exactness is therefore judged
against the float64 rows of the table, speed and memory against the others.
"""

import argparse
import json
import multiprocessing
import os
import platform
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import numpy as np
import numpy.typing as npt
import torch
from common.retrieval_baselines import (
    Problem,
    array_scores,
    dense_rerank,
    market_like,
    usual_scores,
)

from reid_model.retrieval import evaluate_retrieval, rerank, verification

Floats = npt.NDArray[np.floating]
Size = tuple[int, int, int]

MARKET: Size = (3368, 15913, 256)
QUICK: Size = (120, 900, 32)
KIB_PER_GIB = float(1 << 20)


@dataclass(frozen=True)
class Job:
    """One measurement: a method by name, the problem, and the file for its result."""

    method: str
    size: Size
    device: str
    threads: int
    output: Path


@dataclass(frozen=True)
class Measurement:
    """Wall and CPU seconds of one run, and the peak resident memory of its process in GiB."""

    seconds: float
    cpu_seconds: float
    peak_gib: float


@dataclass(frozen=True)
class Comparison:
    """Ours beside one baseline: medians of the seconds, largest peaks, largest deviation."""

    ours: str
    baseline: str
    ours_seconds: float
    baseline_seconds: float
    ratio: float
    ours_gib: float
    baseline_gib: float
    largest_deviation: float
    mean_deviation: float


def main() -> None:
    options = _arguments()
    size = QUICK if options.quick else MARKET
    with tempfile.TemporaryDirectory() as folder:
        runs = _run_all(options, size, Path(folder))
        results = {name: np.load(Path(folder) / f"{name}.npy") for name in runs}
    rows = [_compare(ours, baseline, runs, results) for ours, baseline in COMPARISONS]
    print(_table(rows))
    print("scores:", ", ".join(f"{key} {value:.4f}" for key, value in _scores(results).items()))
    if options.json:
        report = {
            "size": dict(zip(("queries", "gallery", "width"), size, strict=True)),
            "device": _device_name(options.device),
            "threads": options.threads,
            "versions": {"python": platform.python_version(), "torch": torch.__version__},
            "comparisons": [asdict(row) for row in rows],
            "scores": _scores(results),
            "runs": {name: [asdict(run) for run in found] for name, found in runs.items()},
        }
        options.json.write_text(json.dumps(report, indent=2) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a small problem")
    gpu = "cuda" if torch.cuda.is_available() else "cpu"
    parser.add_argument("--device", default=gpu, help="where ours runs; baselines use the CPU")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3, help="runs of each of our methods")
    parser.add_argument("--slow-repeats", type=int, default=1, help="runs of each baseline")
    parser.add_argument("--json", type=Path, help="write the figures here")
    return parser.parse_args()


def _run_all(options: argparse.Namespace, size: Size, folder: Path) -> dict[str, list[Measurement]]:
    """All measurements, methods by turns."""
    os.environ |= {"OMP_NUM_THREADS": str(options.threads), "OMP_WAIT_POLICY": "PASSIVE"}
    runs: dict[str, list[Measurement]] = {name: [] for name in METHODS}
    for turn in range(max(options.repeats, options.slow_repeats)):
        for name in METHODS:
            ours = name.startswith("ours")
            if turn >= (options.repeats if ours else options.slow_repeats):
                continue
            device = options.device if ours else "cpu"
            job = Job(name, size, device, options.threads, folder / f"{name}.npy")
            runs[name].append(_in_fresh_process(job))
            print(f"{name:24}{runs[name][-1].seconds:8.2f} s", file=sys.stderr)
    return runs


def _in_fresh_process(job: Job) -> Measurement:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(_measure, job).result()


def _measure(job: Job) -> Measurement:
    torch.set_num_threads(job.threads)
    method = METHODS[job.method]
    method(market_like(*QUICK, seed=1), job.device)  # libraries and kernels are loaded
    problem = market_like(*job.size, seed=0)
    start, cpu_start = time.perf_counter(), time.process_time()
    result = method(problem, job.device)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_PER_GIB
    np.save(job.output, result)
    return Measurement(seconds, cpu_seconds, peak)


def _our_scores(problem: Problem, device: str) -> Floats:
    result = evaluate_retrieval(*_tensors(problem, device))
    return np.concatenate([[result.mAP, result.mINP], result.cmc.numpy()])


def _our_rates(problem: Problem, device: str) -> Floats:
    return np.array([point.tpr for point in verification(*_tensors(problem, device)).points])


def _our_distances(problem: Problem, device: str) -> Floats:
    query, gallery, *_ = _tensors(problem, device)
    distances: Floats = rerank(query, gallery).cpu().numpy()
    return distances


def _tensors(problem: Problem, device: str) -> list[torch.Tensor]:
    return [torch.from_numpy(array).to(device) for array in vars(problem).values()]


METHODS: dict[str, Callable[[Problem, str], Floats]] = {
    "ours: scores": _our_scores,
    "ours: same person": _our_rates,
    "ours: re-ranking": _our_distances,
    "loop over lists": lambda problem, _: usual_scores(problem),
    "loop over arrays": lambda problem, _: array_scores(problem),
    "loop in float64": lambda problem, _: array_scores(problem, precise=True),
    "dense re-ranking": lambda problem, _: dense_rerank(problem.query, problem.gallery),
    "dense in float64": lambda problem, _: dense_rerank(
        problem.query.astype(np.float64), problem.gallery.astype(np.float64)
    ),
}

COMPARISONS = (
    ("ours: scores", "loop over lists"),
    ("ours: scores", "loop over arrays"),
    ("ours: scores", "loop in float64"),
    ("ours: re-ranking", "dense re-ranking"),
    ("ours: re-ranking", "dense in float64"),
)


def _compare(
    ours: str, baseline: str, runs: dict[str, list[Measurement]], results: dict[str, Floats]
) -> Comparison:
    seconds = {name: median(run.seconds for run in runs[name]) for name in (ours, baseline)}
    peak = {name: max(run.peak_gib for run in runs[name]) for name in (ours, baseline)}
    deviation = np.abs(results[ours].astype(np.float64) - results[baseline])
    return Comparison(
        ours=ours,
        baseline=baseline,
        ours_seconds=seconds[ours],
        baseline_seconds=seconds[baseline],
        ratio=seconds[baseline] / seconds[ours],
        ours_gib=peak[ours],
        baseline_gib=peak[baseline],
        largest_deviation=float(deviation.max()),
        mean_deviation=float(deviation.mean()),
    )


def _scores(results: dict[str, Floats]) -> dict[str, float]:
    mean_precision, mean_inp, *curve = results["ours: scores"].tolist()
    scores = {"mAP": mean_precision, "mINP": mean_inp, "cmc_rank_1": curve[0]}
    rates = zip(("1e-3", "1e-4", "1e-5"), results["ours: same person"].tolist(), strict=True)
    return scores | {f"TPR at FPR {target}": rate for target, rate in rates}


def _table(rows: list[Comparison]) -> str:
    head = f"{'ours':18}{'baseline':18}{'s':>8}{'s':>9}{'ratio':>8}{'GiB':>7}{'GiB':>7}"
    lines = [head + f"{'largest / mean deviation':>27}"]
    for row in rows:
        lines.append(
            f"{row.ours:18}{row.baseline:18}{row.ours_seconds:8.2f}{row.baseline_seconds:9.2f}"
            f"{row.ratio:7.1f}x{row.ours_gib:7.2f}{row.baseline_gib:7.2f}"
            f"{row.largest_deviation:15.1e} / {row.mean_deviation:.1e}"
        )
    return "\n".join(lines)


def _device_name(device: str) -> str:
    return torch.cuda.get_device_name(device) if device.startswith("cuda") else "cpu"


if __name__ == "__main__":
    main()
