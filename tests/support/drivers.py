"""Drivers as child processes of a test, and what they leave behind."""

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from project_paths import SUPPORT

from automl.cli.main import cli

AUTOML = ("-m", "automl")
WITHOUT_RAY = (str(SUPPORT / "driver_here.py"),)  # its trials run in the driver's process


def start(
    *arguments: str, own_group: bool = False, program: tuple[str, ...] = AUTOML
) -> subprocess.Popen[str]:
    """Start ``automl run --json`` with these arguments, perhaps as a process group of its own."""
    command = [sys.executable, *program, "run", "--json", "--yes", *arguments]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=own_group,
    )


def events(output: Path, kind: str) -> list[dict[str, Any]]:
    """The whole events of one kind in a run's ledger."""
    ledger = output / "ledger.jsonl"
    lines = ledger.read_text().split("\n")[:-1] if ledger.exists() else []
    return [event for event in map(json.loads, lines) if event["event"] == kind]


def status(run: Path) -> tuple[dict[str, Any], str]:
    """What ``automl status`` says in this process, which is not the driver's: as JSON, as text."""
    told, text = (
        CliRunner().invoke(cli, ["status", str(run), *more], catch_exceptions=False)
        for more in (["--json"], [])
    )
    assert (told.exit_code, text.exit_code) == (0, 0)
    return json.loads(told.stdout), text.stdout


def resume_command(run: Path) -> str:
    """The command that goes on with a run."""
    return shlex.join(["automl", "run", "--resume", str(run)])


def trainers(output: Path) -> list[int]:
    """The living processes (guards aside) that have the run's folder on their command line."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        script = any(word.endswith(b"scripts/train.py") for word in words[1:3])
        if script and any(word.startswith(bytes(output)) for word in words):
            found.append(int(folder.name))
    return sorted(found)
