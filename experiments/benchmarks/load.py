"""Sweeps under load: many trials side by side on a simulated cluster, and five sweeps at once.

``cluster``: a cluster of several nodes on this machine, made by ``ray.cluster_utils``, whose CPUs
are numbers alone. Every trial waits until all of them run, so that they run side by side for sure.
``sweeps``: five ``automl run`` of a script skill start at the same moment, three with an
``--output`` in one folder and two without (they share the default folder ``runs``). All must
finish, and each with its own trials alone: the script writes what it was given, and the tables
must hold the same.

    python experiments/benchmarks/load.py [cluster|sweeps] [--quick] [--json PATH]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import yaml
from common.worker_memory import WorkerMemory

NODES: Final = 4
STORE: Final = 80_000_000
SWEEPS: Final = 5
TRIALS: Final = 6
_WAITER: Final = """
import time
from pathlib import Path

def run(spec, report=None):
    folder = Path(spec["results_dir"])
    crowd = folder.parents[1] / "here"
    crowd.mkdir(exist_ok=True)
    (crowd / folder.name).touch()
    while len(list(crowd.iterdir())) < spec["train"]["wait_for"]:
        time.sleep(0.2)
    for epoch in (1, 2):
        report({"status": "RUNNING", "epoch": epoch, "kpi": {"score": spec["train"]["x"]}})
"""
_SCRIPT: Final = """
import json, sys
from pathlib import Path

config, results = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])
train = config["train"]
(results / "metrics.json").write_text(json.dumps({"score": train["x"], "mark": train["mark"]}))
"""
_NUMBERS: Final = {"type": "number", "default": 0.5, "minimum": 0.0, "maximum": 1.0}
_WHOLE: Final = {"type": "integer", "default": 1, "minimum": 1}


def main() -> None:
    """Measure what was asked for, print the figures; exit 1 where something did not hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="?", choices=("cluster", "sweeps"), help="One of the two.")
    parser.add_argument("--side-by-side", type=int, default=200, help="Trials on the cluster.")
    parser.add_argument("--quick", action="store_true", help="A tenth of the trials side by side.")
    parser.add_argument("--json", type=Path, help="Write the result here as well.")
    parser.add_argument("--host", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.host:
        run_cluster(options.host)
        return
    count = options.side_by_side // 10 if options.quick else options.side_by_side
    result: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        if options.what != "sweeps":
            result["cluster"] = on_cluster(Path(scratch) / "cluster", count)
        if options.what != "cluster":
            result["sweeps"] = at_once(Path(scratch) / "sweeps")
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")
    sys.exit(not all(part["held"] for part in result.values()))


def on_cluster(folder: Path, count: int) -> dict[str, Any]:
    """Run ``count`` trials side by side on a cluster of :data:`NODES` nodes."""
    skill = _skill(folder / "skill", {"type": "python_entrypoint", "entrypoint": "trainer:run"})
    (skill / "trainer.py").write_text(_WAITER)
    environment = {
        **os.environ,
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": "a-token-of-the-benchmark",
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "1",
        "RAY_worker_register_timeout_seconds": "600",
    }
    with tempfile.TemporaryDirectory(dir="/tmp", ignore_cleanup_errors=True) as ray_folder:
        host = subprocess.Popen(
            [sys.executable, __file__, "--host", str(-(-count // NODES))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**environment, "RAY_TMPDIR": ray_folder},
        )  # fmt: skip
        assert host.stdout is not None
        assert host.stdin is not None
        address = host.stdout.readline().strip()
        began = time.monotonic()
        memory = WorkerMemory(host.pid)
        driver = _start(
            skill, environment, "--output", str(folder / "run"), "--address", address,
            "--cpus-per-trial", "1", "--trials", str(count), "--set", f"train.wait_for={count}",
            "--algorithm", "random",
        )  # fmt: skip
        _, said = driver.communicate()
        took = time.monotonic() - began
        memory.stop()
        host.stdin.close()
        host.wait()
    events = _events(folder / "run")
    starts = [event["time"] for event in events if event["event"] == "start"]
    epochs = [event["time"] for event in events if event["event"] == "epoch"]
    ends = [event for event in events if event["event"] == "end"]
    finished = {event["number"] for event in ends if event["state"] == "finished"}
    return {
        "side_by_side": count,
        "nodes": NODES,
        "finished": len(finished),
        "ends": len(ends),
        "started_in_s": round(max(starts) - min(starts), 2),
        "all_there_after_s": round(min(epochs) - min(starts), 1),
        "last_epoch_to_last_end_s": round(ends[-1]["time"] - max(epochs), 2),
        "whole_s": round(took, 1),
        **memory.figures(),
        "held": driver.returncode == 0 and len(finished) == len(ends) == count,
        "said": said[-2000:] if driver.returncode else "",
    }


def run_cluster(cpus: int) -> None:
    """Run a cluster in this process until its input ends; its first line is the address."""
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 0, "object_store_memory": STORE}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    for _ in range(NODES):
        cluster.add_node(num_cpus=cpus, object_store_memory=STORE)
    print(cluster.address, flush=True)
    sys.stdin.read()
    cluster.shutdown()


def at_once(folder: Path) -> dict[str, Any]:
    """Start :data:`SWEEPS` sweeps at the same moment; each must hold its own trials alone."""
    skill = _skill(folder / "skill", {"type": "python_script", "script": "scripts/train.py",
                                      "args": ["{config_path}", "{results_dir}"]})  # fmt: skip
    (skill / "scripts").mkdir()
    (skill / "scripts" / "train.py").write_text(_SCRIPT)
    began = time.monotonic()
    drivers = []
    for number in range(1, SWEEPS + 1):
        place = ("--output", str(folder / "named" / str(number))) if number <= 3 else ()
        drivers.append(
            _start(skill, dict(os.environ), *place, "--trials", str(TRIALS),
                   "--set", f"train.mark={number}", cwd=folder)
        )  # fmt: skip
    outcomes = [(driver, *driver.communicate()) for driver in drivers]
    took = time.monotonic() - began
    runs = [
        plan.parent for name in ("named", "runs") for plan in folder.glob(f"{name}/*/plan.yaml")
    ]
    marks = [_mark_of(run) for run in runs]
    codes = [driver.returncode for driver, *_ in outcomes]
    whole = codes == [0] * SWEEPS and set(marks) == set(range(1, SWEEPS + 1))
    faults = [said[-2000:] for driver, _, said in outcomes if driver.returncode]
    return {
        "sweeps": SWEEPS,
        "trials_each": TRIALS,
        "exit_codes": codes,
        "whole_s": round(took, 1),
        "held": whole,
        **({} if whole else {"marks": marks, "said": faults}),
    }


def _mark_of(run: Path) -> int | str:
    """The mark that a sweep was given, if it holds its own trials alone; else what is wrong."""
    import automl

    table, epochs = automl.load_trials(run), automl.load_epochs(run)
    if list(table["state"]) != ["finished"] * TRIALS:
        return f"{run.name}: {list(table['state'])}"
    if not (table["param.train.x"] - table["score"]).abs().max() < 1e-9:
        return f"{run.name}: values of other trials"
    mark = yaml.safe_load((run / "plan.yaml").read_text())["spec"]["train"]["mark"]
    return int(mark) if set(epochs["mark"]) == {mark} else f"{run.name}: marks of others"


def _skill(folder: Path, execution: dict[str, Any]) -> Path:
    train = {"x": 0.5, "mark": 1, "wait_for": 1}
    schema = {
        "type": "object",
        "properties": {
            "results_dir": {"type": "string", "default": ""},
            "train": {
                "type": "object",
                "properties": {
                    "x": {**_NUMBERS, "automl_enabled": True},
                    "mark": _WHOLE,
                    "wait_for": _WHOLE,
                },
            },
        },
    }
    info = {
        "name": "load",
        "network_arch": "load",
        "automl_enabled": True,
        "actions": {"train": {"command": "false", "config_format": "json", "execution": execution}},
        "spec_params": {"train": {"results_dir": "output_dir"}},
        "metrics": {"monitoring_metric": "score", "direction": "maximize"},
    }
    for name in ("references", "schemas"):
        (folder / name).mkdir(parents=True)
    (folder / "references" / "skill_info.yaml").write_text(yaml.safe_dump(info))
    template = {"train": train, "results_dir": ""}
    (folder / "references" / "spec_template_train.yaml").write_text(yaml.safe_dump(template))
    (folder / "schemas" / "train.schema.json").write_text(json.dumps(schema))
    return folder


def _start(
    skill: Path, environment: dict[str, str], *words: str, cwd: Path | None = None
) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "automl", "run", "--yes", "--json", "--no-probe"]
    return subprocess.Popen(
        [*command, "--skill-dir", str(skill), *words],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment, cwd=cwd,
    )  # fmt: skip


def _events(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "ledger.jsonl").read_text().splitlines()]


if __name__ == "__main__":
    main()
