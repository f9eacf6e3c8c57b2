"""``automl best``: a run's champion and the commands that go on from it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from automl.cli.completions import RUN
from automl.cli.views.champion import champion_words
from automl.constants import BEST_FOLDER, COL_TRIAL, SPEC_FILE
from automl.errors import AutoMLError, InputError
from automl.launch.planning.parents.parent_run import takes_parent
from automl.results.champion.verdict import headline
from automl.results.files.provenance import PROVENANCE_FILE, read_provenance
from automl.results.run import Run, read_run
from automl.results.table.stamp import check_run
from automl.skill import load_skill, packaged_skill_dir


@click.command()
@click.argument("folder", metavar="RUN", type=RUN)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def best(folder: Path, as_json: bool) -> None:
    """Show a run's champion: its checkpoint, spec and metric, and what to do with it.

    \b
    Examples:
      automl best runs/tao-train-reid-20260102-030405
      automl best runs/tao-train-reid-20260102-030405 --json
    """
    run = read_run(folder)
    check_run(run)
    found = _champion(run)
    text = json.dumps(found, default=str) if as_json else "\n".join(_lines(found, run))
    click.echo(text)


def _champion(run: Run) -> dict[str, Any]:
    folder, facts = run.folder, read_provenance(run)
    if facts is None:
        path = folder / BEST_FOLDER / PROVENANCE_FILE
        raise InputError(f"{folder} has no champion (yet): {path} is missing")
    checkpoint = facts["checkpoint"]
    return {
        "run": str(folder),
        "trial": facts["trial"][COL_TRIAL],
        "metric": facts["metric"],
        "value": facts["value"],
        "baseline": facts["baseline"],
        "champion": run.decision.to_dict() if run.decision else None,
        "start_checkpoint": run.start_checkpoint.to_dict() if run.start_checkpoint else None,
        "final": run.final.to_dict() if run.final else None,
        "refit": facts.get("refit"),
        "checkpoint": str(folder / BEST_FOLDER / checkpoint) if checkpoint else None,
        "checkpoint_value": facts.get("checkpoint_value"),
        "spec": str(folder / BEST_FOLDER / SPEC_FILE),
        "next": _commands(run) if checkpoint else [],
    }


def _commands(run: Run) -> list[str]:
    """A command for each action of the skill that starts from a checkpoint."""
    directory = Path(run.plan["skill"]["directory"])
    try:
        skill = load_skill(directory)
    except AutoMLError:
        return []  # the skill's folder is gone; the champion is not
    words = ["--parent", str(run.folder)]
    if directory != packaged_skill_dir():
        words = ["--skill-dir", str(directory), *words]
    names = (name for name in skill.actions if takes_parent(skill, name))
    return [shlex.join(["automl", "run", "--action", name, *words]) for name in names]


def _lines(found: Mapping[str, Any], run: Run) -> list[str]:
    """Return the lines about a sweep's champion, or about the result of a direct run."""
    metric, reached = found["metric"], found["checkpoint_value"]
    of_it = "" if reached is None else f"  (trial {found['trial']}, {metric} {reached:.4f})"
    words = f"trial {found['trial']}  {metric} {found['value']:.4f}"
    if run.is_sweep and run.decision:
        words = champion_words(run.decision, metric)
    lines = [f"{'champion' if run.is_sweep else 'result':<10} {words}"]
    if run.is_sweep and run.decision:
        lines.append(f"verdict    {headline(run.decision, metric)}")
    if run.start_checkpoint is not None:
        lines.append(f"start      {run.start_checkpoint.words(run.objective, run.decision)}")
    if run.final is not None:
        lines += [f"test       {run.final.words}"]
    if run.is_sweep or found["checkpoint"]:
        of_it = f"  (trained again: {found['refit']['folder']})" if found["refit"] else of_it
        lines.append(f"checkpoint {found['checkpoint'] or 'none was kept'}{of_it}")
    lines.append(f"spec       {found['spec']}")
    return lines + [f"{'next' if not i else '':<10} {c}" for i, c in enumerate(found["next"])]
