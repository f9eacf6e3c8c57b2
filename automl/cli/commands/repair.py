"""``automl repair``: mends a run whose ledger is damaged, and says what is lost."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import click

from automl.cli.completions import RUN
from automl.constants import LEDGER_FILE
from automl.launch.repair import Repair, repair_run

_MOST_LINES = 20  # damaged lines that are listed; --json lists them all


@click.command()
@click.argument("folder", metavar="RUN", type=RUN)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def repair(folder: Path, as_json: bool) -> None:
    """Mend a run whose ledger is damaged: drop what cannot be read, and say what is lost.

    A copy of the damaged ledger stays in the run's folder. Tables are rebuilt. A run that a process
    still drives is refused.

    \b
    Examples:
      automl repair runs/tao-train-reid-20260102-030405
      automl repair runs/tao-train-reid-20260102-030405 --json
    """
    done = repair_run(folder)
    click.echo(json.dumps(_as_dict(done)) if as_json else "\n".join(_lines(done)))


def _as_dict(done: Repair) -> dict[str, Any]:
    return {
        "run": str(done.folder),
        "repaired": done.copy is not None,
        "lines": done.lines,
        "damages": [{"line": each.line, "reason": each.reason} for each in done.damages],
        "torn": done.torn,
        "copy": None if done.copy is None else str(done.copy),
        "lost": done.lost,
        "trials": done.trials,
        "tables": done.tables,
    }


def _lines(done: Repair) -> list[str]:
    path = done.folder / LEDGER_FILE
    if done.copy is None:
        return [f"{path} is whole, with {done.lines} lines: nothing to repair"]
    found = [f"line {each.line}: {each.reason}" for each in done.damages]
    if done.torn:
        found.append("the last line was torn, and is cut off")
    more = len(found) - _MOST_LINES
    found = [*found[:_MOST_LINES], *([f"and {more} more"] if more > 0 else [])]
    lost = [f"trial {trial}: {words}" for trial, words in done.lost.items()]
    tables = "; tables are made anew" if done.tables else ""
    return [
        f"{path} had {done.lines} lines",
        *(f"  {line}" for line in found or ["it ends before what its tables were made of"]),
        "lost       " + ("nothing of any trial" if not lost else ""),
        *(f"  {line}" for line in lost),
        f"kept       {done.copy}",
        f"now        {done.trials} trials{tables}",
        f"next       automl status {shlex.quote(str(done.folder))}",
    ]
