"""Measures how soon Ctrl-C or another signal is answered, at each stage of a run, on a terminal.

Each stage is held by a trainer that sleeps there. The process group gets SIGINT from the terminal,
as from a key, and once more after the first answer where ``--twice`` is given; or ``--signal`` goes
``--to`` the driver or its group, or the terminal hangs up. Prints one JSON object a stage: seconds
to the answers, to the end, and until no process and no file of Ray was left; exit code, champion,
tables and what was left over.

    python experiments/benchmarks/ctrl_c.py --stages planning search --twice
    python experiments/benchmarks/ctrl_c.py --stages search --signal TERM HUP KILL --to pid group
"""

from __future__ import annotations

import argparse
import fcntl
import io
import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import termios
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, Final

BOWL: Final = Path(__file__).parents[2] / "tests" / "fixtures" / "skills" / "bowl"
PATIENCE_S: Final = 240.0
CTRL_C: Final = b"\x03"

# the trainer's functions wait where the stage to be measured is
HOLDS: Final = """
import hashlib
from functools import wraps

def hold(name):
    if os.environ.get("HOLD") == name:
        Path(os.environ["MARK"]).touch()
        time.sleep(600)
    if os.environ.get("HOLD") == name + "-in-c":
        Path(os.environ["MARK"]).touch()
        hashlib.pbkdf2_hmac("sha256", b"x", b"x", 15_000_000)

def held(name, function):
    @wraps(function)
    def call(*args, **options):
        hold(name)
        return function(*args, **options)
    return call

check, probe = held("planning", check), held("probe", probe)
run, evaluate = held("direct", run), held("evaluation", evaluate)
"""


@dataclass(frozen=True)
class Stage:
    """What is run for a stage, and when it is reached; ``held``: where the trainer waits."""

    arguments: tuple[str, ...] = ()
    held: str = ""
    reached: Callable[[Path], object] = field(default=lambda place: (place / "mark").exists())
    ask: bool = False


def _ledger(word: str) -> Callable[[Path], object]:
    def reached(place: Path) -> bool:
        ledger = place / "run" / "ledger.jsonl"
        return ledger.exists() and word in ledger.read_text()

    return reached


SHORT: Final = ("--trials", "2", "--max-concurrent", "1")
SLEEPS: Final = ("--trials", "9", "--set", "fault=sleep", "--set", "num_epochs=12")
CONFIRM: Final = (*SHORT, "--confirm", "1", "--repeats", "2")
STAGES: Final = {
    "prompt": Stage(SHORT, reached=lambda place: True, ask=True),
    "planning": Stage(SHORT, "planning"),
    "planning-in-c": Stage(SHORT, "planning-in-c"),
    "probe": Stage((*SHORT, "--probe"), "probe"),
    "staging": Stage(SHORT, reached=lambda place: list(place.glob("cache/.unpack-*"))),
    "ray-start": Stage(SHORT, reached=lambda place: list((place / "ray").iterdir())),
    "search": Stage(SLEEPS, reached=_ledger('"epoch"')),
    "long-epoch": Stage((*SHORT, "--set", "num_epochs=1"), "direct", _ledger('"start"')),
    "confirmation": Stage((*CONFIRM, "--set", "fault=sleep"), reached=_ledger('"confirm"')),
    "evaluation": Stage(CONFIRM, "evaluation"),
    "report": Stage(SHORT, reached=lambda place: (place / "run" / "trials.parquet").exists()),
    "direct": Stage(("--policy", "off"), "direct"),
    "direct-in-c": Stage(("--policy", "off"), "direct-in-c"),
}


class Terminal:
    """``automl`` on a terminal of its own."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._master, slave = pty.openpty()

        def own_terminal() -> None:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.child = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            env={**os.environ, **environment}, preexec_fn=own_terminal,
        )  # fmt: skip
        os.close(slave)
        self.printed = ""

    def wait_for(self, done: Callable[[], object]) -> float:
        """Read what is printed until ``done``; return how many seconds that took."""
        began = time.monotonic()
        while not done():
            if time.monotonic() - began > PATIENCE_S:
                raise TimeoutError(self.printed[-2000:])
            if select.select([self._master], [], [], 0.01)[0]:
                try:
                    self.printed += os.read(self._master, 65536).decode(errors="replace")
                except OSError:  # the last process has closed the terminal
                    time.sleep(0.01)
        return time.monotonic() - began

    def send(self, number: int, to: str) -> None:
        """Send a signal to the driver or its group, or from the terminal: a key, or a hang-up."""
        if to != "terminal":
            (os.kill if to == "pid" else os.killpg)(self.child.pid, number)
        elif number == signal.SIGHUP:
            os.close(self._master)
            self._master = os.open(os.devnull, os.O_RDONLY)
        else:
            os.write(self._master, CTRL_C)

    def interrupt(self, answer: str, number: int, to: str) -> float:
        """Send a signal; return how many seconds the answer took, -1 where none came."""
        before = self.printed.count(answer)
        self.send(number, to)
        ended = self.child.poll
        took = self.wait_for(lambda: self.printed.count(answer) > before or ended() is not None)
        return took if self.printed.count(answer) > before else -1.0


def measure(name: str, signal_name: str, to: str, *, twice: bool) -> dict[str, Any]:
    """Return what was measured at one stage."""
    number = signal.Signals[f"SIG{signal_name}"]
    stage = STAGES[name]
    with tempfile.TemporaryDirectory(prefix="c", dir="/tmp") as folder:
        place = Path(folder)
        terminal = Terminal(*_command(place, name, stage))
        prompt = "Start?" if stage.ask else ""

        def begins() -> bool:
            there = bool(stage.reached(place)) and prompt in terminal.printed
            return there or terminal.child.poll() is not None

        terminal.wait_for(begins)
        found: dict[str, Any] = {"stage": name, "signal": signal_name, "to": to}
        began = time.monotonic()
        found["answer_s"] = terminal.interrupt("stopping", number, to)
        if twice:
            found["second_s"] = terminal.interrupt("stopping now", number, to)
        terminal.wait_for(lambda: terminal.child.poll() is not None)
        found["end_s"] = time.monotonic() - began
        found["code"] = terminal.child.returncode
        with suppress(TimeoutError):
            terminal.wait_for(lambda: not (_left_over(folder) or any((place / "ray").iterdir())))
        found["gone_s"] = time.monotonic() - began
        found["processes"] = _left_over(folder)
        found["files"] = [path.name for path in (place / "ray").iterdir()]
        kept = ("trials.parquet", "best/spec.yaml", "report.html")
        found["written"] = [name for name in kept if (place / "run" / name).exists()]
        found["said"] = [line for line in terminal.printed.splitlines() if "automl: " in line]
        found["traceback"] = "Traceback" in terminal.printed
    return found


def _command(place: Path, name: str, stage: Stage) -> tuple[list[str], dict[str, str]]:
    skill = Path(shutil.copytree(BOWL, place / "bowl"))
    with (skill / "bowl_trainer.py").open("a") as trainer:
        trainer.write(HOLDS)
    _write_data(place, 20_000 if name == "staging" else 1)
    (place / "ray").mkdir()
    words = ["--skill-dir", str(skill), "--data", str(place), "--output", str(place / "run")]
    words += [*stage.arguments, *([] if stage.ask else ["--yes"])]
    environment = {
        "HOLD": stage.held,
        "MARK": str(place / "mark"),
        "RAY_TMPDIR": str(place / "ray"),
        "AUTOML_CACHE_DIR": str(place / "cache"),
    }
    return [sys.executable, "-m", "automl", "run", *words], environment


def _write_data(place: Path, count: int) -> None:
    with tarfile.open(place / "crops.tar.gz", "w:gz", compresslevel=1) as tar:
        for number in range(count):
            info = tarfile.TarInfo(f"crops/{number}.jpg")
            info.size = 1
            tar.addfile(info, io.BytesIO(b"1"))


def _left_over(folder: str) -> list[str]:
    """Return the command lines of living processes that name the run's folder, or inherited it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            around = (process / "environ").read_bytes()
        except OSError:
            continue
        if folder in words or folder.encode() in around:
            found.append(words[:100])
    return found


def main() -> None:
    """Measure the stages that are asked for, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stages", nargs="*", choices=list(STAGES), default=list(STAGES))
    parser.add_argument("--twice", action="store_true")
    parser.add_argument("--signal", nargs="*", default=["INT"])
    parser.add_argument(
        "--to", nargs="*", choices=("terminal", "pid", "group"), default=["terminal"]
    )
    options = parser.parse_args()
    for name, number, to in product(options.stages, options.signal, options.to):
        print(json.dumps(measure(name, number, to, twice=options.twice)), flush=True)


if __name__ == "__main__":
    main()
