"""Kills a sweep's driver at random moments, resumes it each time, and counts what was lost.

The trainer is a script that sleeps, keeps a checkpoint of each epoch and goes on from it. For each
kind of sweep an undisturbed one with the same seed gives the table and the champion that the killed
one must reach. The first kill of a kind also leaves half a line at the end of the ledger. Prints
one JSON object for each kind; exits with 1 if a trial that had ended is failed, lost or repeated,
or if table or champion differ.

    python experiments/benchmarks/kill_resume.py --kills 10
    python experiments/benchmarks/kill_resume.py --kinds plain --trials 9 --kills 3
"""

from __future__ import annotations

import argparse
import json
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, Final

import automl

PLAN: Final = "plan.yaml"
LEDGER: Final = "ledger.jsonl"
LONGEST_S: Final = 900.0
AGAIN_S: Final = 5.0
OVER: Final = frozenset({"finished", "stopped", "failed"})
ALONE: Final = ("--max-concurrent", "1")

# The options of each kind. Side by side only draws that no result changes are the same each time.
KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "plain": ALONE,
    "hyperband": (*ALONE, "--scheduler", "hyperband"),
    "pbt": (*ALONE, "--algorithm", "pbt"),
    "confirm": (*ALONE, "--confirm", "2", "--repeats", "2"),
    "add-trials": ALONE,
    "storage": ALONE,
    "four": ("--max-concurrent", "4", "--cpus-per-trial", "0.1", "--algorithm", "random"),
}

TRAINER: Final = """
import json, math, pathlib, random, sys, time

spec = json.loads(pathlib.Path(sys.argv[1]).read_text())
folder, train = pathlib.Path(spec["results_dir"]), spec["train"]
rate, epochs = train["optim"]["lr"], train["num_epochs"]
done = int(pathlib.Path(train["resume"]).stem.split("_")[-1]) if train["resume"] else 0
for epoch in range(done + 1, epochs + 1):
    time.sleep(0.15)
    luck = random.Random(f"{train['seed']} {rate} {epoch}").gauss(0, 0.01)
    score = math.exp(-(math.log10(rate) + 2) ** 2) * epoch / epochs + luck
    (folder / f"model_epoch_{epoch:03d}.pth").write_text("weights")
    record = {"status": "RUNNING", "epoch": epoch, "kpi": {"score": score}}
    with (folder / "status.json").open("a") as status:
        status.write(json.dumps(record) + "\\n")
"""
INFO: Final = {
    "name": "sleeper",
    "automl_enabled": True,
    "actions": {
        "train": {
            "command": "false",
            "config_format": "json",
            "execution": {"type": "python_script", "script": "train.py", "args": ["{config_path}"]},
        }
    },
    "spec_params": {"train": {"results_dir": "output_dir", "train.resume": "resume_model"}},
    "spec_shorthand_keys": {"num_epochs": "train.num_epochs"},
    "metrics": {"monitoring_metric": "score", "direction": "maximize"},
}
TRAIN: Final = {
    "num_epochs": {"type": "integer", "default": 4, "minimum": 1},
    "resume": {"type": "string", "default": ""},
    "seed": {"type": "integer", "default": 1, "minimum": 0},
    "optim": {
        "type": "object",
        "properties": {
            "lr": {"type": "number", "default": 0.1, "minimum": 1e-5, "maximum": 1.0,
                   "automl_enabled": True, "x_automl": {"scale": "log"}},
        },
    },
}  # fmt: skip


def main() -> None:
    """Kill and compare each kind, print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kinds", default=",".join(KINDS), help="Of these, with commas.")
    parser.add_argument("--trials", type=int, default=16)
    parser.add_argument("--kills", type=int, default=10, help="Of each kind.")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--longest-s", type=float, default=7.0, help="A kill comes within so long.")
    parser.add_argument("--shared-ray", action="store_true", help="One Ray for all drivers.")
    options = parser.parse_args()
    sound = True
    with _shared_ray() if options.shared_ray else nullcontext("") as options.address:
        for kind in options.kinds.split(","):
            with tempfile.TemporaryDirectory() as scratch:
                found = _tried(Path(scratch), kind, options)
            print(json.dumps(found), flush=True)
            sound = sound and not (found["failed"] or found["lost"] or found["repeated"])
            sound = sound and found["same_table"] and found["same_champion"]
    sys.exit(not sound)


@contextmanager
def _shared_ray() -> Iterator[str]:
    """A Ray of one node on loopback; its address."""
    os.environ.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=secrets.token_hex(32))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        str(Path(sys.executable).with_name("ray")), "start", "--head", "--block", f"--port={port}",
        "--node-ip-address=127.0.0.1", "--num-cpus=4", "--include-dashboard=false",
    ]  # fmt: skip
    head = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + LONGEST_S
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            if head.poll() is not None or time.monotonic() > deadline:
                raise TimeoutError("Ray does not come up")
            time.sleep(0.2)
        yield f"127.0.0.1:{port}"
    finally:
        head.terminate()
        head.wait()


def _tried(folder: Path, kind: str, options: argparse.Namespace) -> dict[str, Any]:
    """What killing one kind of sweep did to it."""
    write_skill(folder / "skill")
    killed, calm = (_stages(folder, kind, name, options) for name in ("killed", "calm"))
    kills, ended = _killed_run(killed, folder / "killed", options)
    for command in calm:
        _start(command).wait(timeout=LONGEST_S)
    found = _compare(folder / "killed", folder / "calm", ended)
    return {"kind": kind, "kills": kills, "ended_before_a_kill": len(ended), **found}


def write_skill(folder: Path) -> None:
    """Write the skill whose script sleeps."""
    for name in ("references", "schemas"):
        (folder / name).mkdir(parents=True)
    (folder / "train.py").write_text(TRAINER)
    (folder / "references" / "skill_info.yaml").write_text(json.dumps(INFO))
    spec = {"train": {"num_epochs": 4, "resume": "", "seed": 1, "optim": {"lr": 0.1}}}
    template = folder / "references" / "spec_template_train.yaml"
    template.write_text(json.dumps({**spec, "results_dir": ""}))
    properties = {
        "results_dir": {"type": "string", "default": ""},
        "train": {"type": "object", "properties": TRAIN},
    }
    schema = {"type": "object", "properties": properties}
    (folder / "schemas" / "train.schema.json").write_text(json.dumps(schema))


def _stages(folder: Path, kind: str, name: str, options: argparse.Namespace) -> list[list[str]]:
    """The command that begins a run, and those that go on with it once it is over."""
    first, output = options.trials, str(folder / name)
    if kind == "add-trials":
        first //= 2
    begin = [
        "--skill-dir", str(folder / "skill"), "--trials", str(first),
        "--seed", str(options.seed), "--output", output, *KINDS[kind],
    ]  # fmt: skip
    if options.address:
        begin += ["--address", options.address]
    if kind == "storage":
        begin += ["--storage", (folder / f"{name}-storage").as_uri()]
    more = ["--resume", output, "--add-trials", str(options.trials - first)]
    return [begin, more] if kind == "add-trials" else [begin]


def _start(arguments: Sequence[str], said: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "automl", "run", *arguments, "--yes", "--json"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said)


def _killed_run(
    stages: Sequence[Sequence[str]], output: Path, options: argparse.Namespace
) -> tuple[int, dict[int, Any]]:
    """Kill and resume until the kills are spent; return them, and what had ended before one."""
    dice = random.Random(options.seed)
    kills, ended = 0, dict[int, Any]()
    for place, stage in enumerate(stages, start=1):
        command = stage
        due = options.kills * place // len(stages)
        while True:
            child = _begin(command, output)
            try:
                wait_s = dice.uniform(0.3, options.longest_s) if kills < due else LONGEST_S
                if child.wait(timeout=wait_s):
                    words = output.with_name("said").read_text()
                    raise RuntimeError(f"the driver ended with {child.returncode}: {words}")
                break  # it is over
            except subprocess.TimeoutExpired:
                child.send_signal(signal.SIGKILL)
                child.wait()
            kills += 1
            ended |= {number: row for number, row in _ended(output).items() if number not in ended}
            if kills == 1:
                _tear(output / LEDGER)
            command = ["--resume", str(output)]
    return kills, ended


def _begin(command: Sequence[str], output: Path) -> subprocess.Popen[bytes]:
    """Start a driver; return once a trial of its session has reported, or it has ended."""
    if "--resume" not in command:
        shutil.rmtree(output, ignore_errors=True)
    reports = _reports(output)
    deadline = time.monotonic() + LONGEST_S
    with output.with_name("said").open("wb") as said:
        child = _start(command, said.fileno())
        while _reports(output) == reports and child.poll() != 0:
            if time.monotonic() > deadline:
                raise TimeoutError("no trial reports")
            if child.poll() is not None:  # a storage may take its last driver for alive
                time.sleep(AGAIN_S)
                child = _start(command, said.fileno())
            time.sleep(0.05)
    return child


def _reports(output: Path) -> int:
    ledger = output / LEDGER
    return ledger.read_text().count('"event": "epoch"') if ledger.exists() else 0


def _tear(ledger: Path) -> None:
    with ledger.open("a") as stream:
        stream.write('{"event": "end", "number": 0, "sta')


def _ended(output: Path) -> dict[int, Any]:
    """Number -> what the table says of each trial that is over."""
    rows = _table(output).to_dict("records") if _reports(output) else []
    return {row["number"]: row for row in rows if row["state"] in OVER}


def _table(output: Path) -> Any:
    """The columns that no death may change."""
    table = automl.load_trials(output)
    params = [name for name in table.columns if name.startswith("param.")]
    return table[["number", "state", "source", "score", "best_epoch", *params]]


def _compare(killed: Path, calm: Path, ended: Mapping[int, Any]) -> dict[str, Any]:
    table, expected = _table(killed), _table(calm)
    last = {row["number"]: row for row in table.to_dict("records")}
    lines = [json.loads(line) for line in (killed / LEDGER).read_text().splitlines()]
    ends = Counter(
        each["number"] for each in lines if each["event"] == "end" and each["state"] in OVER
    )
    champions = [_champion(folder) for folder in (killed, calm)]
    return {
        "trials": len(table),
        "states": table["state"].value_counts().to_dict(),
        "failed": int((table["state"] == "failed").sum()),
        "lost": sum(_differs(row, last.get(number, {})) for number, row in ended.items()),
        "repeated": sum(count > 1 for count in ends.values()),
        "starts": sum(each["event"] == "start" for each in lines),
        "same_table": bool(table.equals(expected)),
        "same_champion": champions[0] == champions[1],
        "champion": champions[0],
    }


def _differs(row: Mapping[str, Any], later: Mapping[str, Any]) -> bool:
    """Whether a row says something else later, when the table may have further columns."""
    return any(str(value) != str(later.get(name)) for name, value in row.items())


def _champion(output: Path) -> Any:
    """Trial and value of the champion, as the run handed it over."""
    import yaml

    provenance = output / "best" / "provenance.yaml"
    if not provenance.exists():
        return None
    facts = yaml.safe_load(provenance.read_text())
    return [facts["trial"]["trial_id"], facts["value"]]


if __name__ == "__main__":
    main()
