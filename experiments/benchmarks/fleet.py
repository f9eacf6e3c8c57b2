"""A fleet of spot nodes that vanish: is every trial accounted for, and what does one cost?

A cluster of ``--nodes`` simulated nodes on this machine, made by ``ray.cluster_utils``, each of
which runs one trial. Every ``--every`` seconds one of them, by chance, is lost as by a power cut
(its raylet and its workers are killed) and another comes. The trials sleep and report. At the end
the ledger and the table must hold every trial once, finished, with the score of its own values.

The machine's cores carry all nodes, so that the fleet is scaled: nodes live shorter than real ones
in the same proportion as trials do.

    python experiments/benchmarks/fleet.py [--nodes N] [--trials N] [--every S] [--json PATH]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from common.driver_usage import Usage, end_times
from common.noop_skill import write_skill

import automl

STORE: Final = 80_000_000
EPOCHS: Final = 3
_PARAMS: Final = ["param.train.x", "param.train.y"]
ENVIRONMENT: Final = {
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": "a-token-of-the-benchmark",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "1",
    "RAY_worker_register_timeout_seconds": "600",
    "RAY_worker_niceness": "0",  # else all other work on this machine goes first
}


def main() -> None:
    """Run the sweep on the fleet, print the figures; exit 1 where a trial is lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", type=int, default=20)
    parser.add_argument("--trials", type=int, default=300)
    parser.add_argument("--every", type=float, default=20.0, help="Seconds from loss to loss.")
    parser.add_argument("--trial-s", type=float, default=12.0, help="Seconds of one trial.")
    parser.add_argument("--retries", type=int, default=1, help="As of `automl run`.")
    parser.add_argument("--quick", action="store_true", help="Four nodes, 40 trials.")
    parser.add_argument("--json", type=Path, help="Write the result here as well.")
    parser.add_argument("--host", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.host:
        run_fleet(options.nodes, options.every)
        return
    if options.quick:
        options.nodes, options.trials = 4, 40
    with tempfile.TemporaryDirectory() as scratch:
        result = measure(Path(scratch), options)
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")
    sys.exit(not result["held"])


def measure(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Return what became of the trials, what one cost and what the driver took."""
    skill, run = write_skill(folder / "skill"), folder / "run"
    with tempfile.TemporaryDirectory(dir="/tmp", ignore_cleanup_errors=True) as ray_folder:
        environment = {**os.environ, **ENVIRONMENT, "RAY_TMPDIR": ray_folder}
        fleet = subprocess.Popen(
            [sys.executable, __file__, "--host", "--nodes", str(options.nodes),
             "--every", str(options.every)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip
        assert fleet.stdout is not None
        assert fleet.stdin is not None
        address = fleet.stdout.readline().strip()
        began = time.monotonic()
        driver = subprocess.Popen(
            [sys.executable, "-m", "automl", "run", "--yes", "--json", "--no-probe",
             "--skill-dir", str(skill), "--output", str(run), "--address", address,
             "--cpus-per-trial", "1", "--trials", str(options.trials), "--algorithm", "random",
             "--retries", str(options.retries), "--set", f"train.epochs={EPOCHS}",
             "--set", f"train.pause_s={options.trial_s / EPOCHS}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip
        usage = Usage(driver.pid)
        _, said = driver.communicate()
        took = time.monotonic() - began
        usage.stop()
        fleet.stdin.close()
        lost = int(fleet.stdout.read().split()[-1])
        fleet.wait()
    if not (run / "ledger.jsonl").exists():
        raise RuntimeError(said)
    events = [json.loads(line) for line in (run / "ledger.jsonl").read_text().splitlines()]
    account = accounted(run, events, options.trials)
    return {
        "nodes": options.nodes,
        "nodes_lost": lost,
        **account,
        "whole_s": round(took, 1),
        **_overhead(events, options),
        **usage.figures(events),
        "held": driver.returncode == 0 and account["wrong"] == [],
        "said": said[-2000:] if driver.returncode else "",
    }


def accounted(run: Path, events: list[dict[str, Any]], trials: int) -> dict[str, Any]:
    """Count what the ledger and the table say of the trials, and name what should not be."""
    ends = [event for event in events if event["event"] == "end"]
    final = Counter(event["number"] for event in ends if event["state"] != "retried")
    table = automl.load_trials(run)
    score = table["param.train.x"] - table["param.train.y"] ** 2
    faults = {
        "lost": sorted(set(range(trials)) - set(final)),
        "ended twice": sorted(number for number, times in final.items() if times > 1),
        "rows too many or too few": len(table) - trials,
        "scores of others": int(((table["score"] - score).abs() > 1e-9).sum()),
        "configurations tried twice": int(
            table.duplicated(["param.train.x", "param.train.y"]).sum()
        ),
        "failed": sorted(event["number"] for event in ends if event["state"] == "failed"),
    }
    return {
        "trials": trials,
        "states": dict(Counter(table["state"])),
        "starts": sum(event["event"] == "start" for event in events),
        "retried": sum(event["state"] == "retried" for event in ends),
        "wrong": [
            f"{what}: {found}" for what, found in faults.items() if found not in ([], 0, True)
        ],
    }


def _overhead(events: list[dict[str, Any]], options: argparse.Namespace) -> dict[str, float]:
    """What passes on a node between two trials, their sleep taken off, while all nodes are busy."""
    starts = [event["time"] for event in events if event["event"] == "start"]
    ends = end_times(events)
    busy = [end for end in ends if min(starts) < end < max(starts)]
    share = (busy[-1] - busy[0]) / (len(busy) - 1)
    return {
        "trial_s": options.trial_s,
        "ends_every_s": round(share, 3),
        "overhead_per_trial_s": round(share * options.nodes - options.trial_s, 2),
        "first_epoch_after_s": round(
            next(event["time"] for event in events if event["event"] == "epoch") - min(starts), 1
        ),
    }


def run_fleet(count: int, every: float) -> None:
    """Run the fleet in this process until its input ends.

    Its first line is the address, its last one how many nodes were lost.
    """
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 0, "object_store_memory": STORE}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    nodes = [_add(cluster) for _ in range(count)]
    print(cluster.address, flush=True)
    over, chance, lost = threading.Event(), random.Random(1), 0
    threading.Thread(target=_wait_for_the_end, args=(over,), daemon=True).start()
    while not over.wait(every):
        _lose(cluster, nodes.pop(chance.randrange(len(nodes))))
        nodes.append(_add(cluster))
        lost += 1
    print(lost, flush=True)
    cluster.shutdown()


def _add(cluster: Any) -> Any:
    """A new node of one CPU; on a busy machine it may miss the 30 s that Ray gives it to start."""
    for _ in range(4):
        with suppress(Exception):
            return cluster.add_node(num_cpus=1, object_store_memory=STORE)
    raise RuntimeError("no node starts on this machine: it has too much to do")


def _wait_for_the_end(over: threading.Event) -> None:
    sys.stdin.read()
    over.set()


def _lose(cluster: Any, node: Any) -> None:
    """What a power cut does: raylet and workers are gone at once."""
    raylet = int(node.all_processes["raylet"][0].process.pid)
    listed = Path(f"/proc/{raylet}/task").glob("*/children")
    workers = [int(pid) for children in listed for pid in children.read_text().split()]
    for pid in (raylet, *workers):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    cluster.remove_node(node, allow_graceful=False)


if __name__ == "__main__":
    main()
