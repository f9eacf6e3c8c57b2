"""``automl init``: a skill's folder out of a script, a configuration file or a class."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import click

from automl.cli.request_options import Duration
from automl.cli.views.terminal import LABEL, plain_line
from automl.constants import RunStatus
from automl.errors import InputError
from automl.init_skill.init import InitResult, init_skill
from automl.init_skill.request import InitRequest
from automl.launch.api import run
from automl.skill.overlay_file import SKILL_OVERLAY
from automl.trial.child.program import BIN

_MOST: Final = 12  # names that are listed of those that are not searched
_TRIALS: Final = 2


@click.command()
@click.argument("source", required=False)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The skill's folder. [default: skills/NAME]",
)
@click.option("--name", metavar="NAME", help="The skill's name. [default: the source's]")
@click.option(
    "--command",
    metavar="WORDS",
    help="Command that starts the trainer; {config_path} stands for the configuration file, without"
    " it parameters are passed as key=value.",
)
@click.option(
    "--call", metavar="MODULE:FUNCTION", help="Function that trains with an instance of the class."
)
@click.option("--subcommand", metavar="NAME", help="Subcommand of the script that trains.")
@click.option("--metric", metavar="NAME[:max|:min]", help="Metric to optimise.")
@click.option(
    "--log",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Log of an earlier training, to find the metric in.",
)
@click.option("--dry-run", is_flag=True, help="Run the trainer for one epoch to find the metric.")
@click.option(
    "--dry-run-limit",
    type=Duration(),
    default="2m",
    show_default=True,
    help="Time limit of the dry run.",
)
@click.option(
    "--timeout",
    type=Duration(),
    default="60s",
    show_default=True,
    help="Time limit for reading the source's parameters.",
)
@click.option("--venv", metavar="DIR", help="The trainer's virtual environment.")
@click.option(
    "--try", "try_it", is_flag=True, help="Then try the skill with a sweep of two trials."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def init(
    source: str | None,
    output: Path | None,
    dry_run_limit: float,
    timeout: float,
    venv: str | None,
    try_it: bool,
    as_json: bool,
    **options: Any,
) -> int:
    """Make a skill out of SOURCE: a script (argparse, click, Hydra), a YAML or JSON file, a class.

    A class is a dataclass or a pydantic model, named as MODULE:CLASS. Run it again on the same
    folder to take over what has changed in the source; your edits stay.

    \b
    Examples:
      automl init train.py --metric val_accuracy
      automl init train.py --dry-run --try
      automl init conf.yaml --command "train.py {config_path}" --metric loss:min
      automl init my.config:Config --call my.train:main --metric accuracy
    """
    made = init_skill(
        InitRequest(
            source=source,
            output=output or _folder(source, options["name"]),
            limit_s=timeout,
            dry_run_limit_s=dry_run_limit,
            python=_python(venv),
            **options,
        )
    )
    tried = _try(made, venv) if try_it else None
    if as_json:
        click.echo(json.dumps({**asdict(made), "folder": str(made.folder), "tried": tried}))
    else:
        click.echo("\n".join(map(plain_line, _lines(made, tried, venv))))
    return int(tried is not None and tried["status"] == RunStatus.FAILED)


def _folder(source: str | None, name: str | None) -> Path:
    if source is None:
        raise InputError(
            "name what the skill is made of: a script, a YAML or JSON configuration, or"
            " module:Class; or --output DIR of a skill that automl init made"
        )
    stem = source.rpartition(":")[2] if ":" in source else Path(source).stem
    return Path("skills") / (name or stem)


def _python(venv: str | None) -> str:
    if venv is None:
        return sys.executable
    python = Path(os.path.expanduser(venv)) / BIN / "python"
    if not python.exists():
        raise InputError(f"--venv {venv} is no virtual environment: {python} is missing")
    return str(python.absolute())


def _try(made: InitResult, venv: str | None) -> dict[str, Any]:
    """Run a sweep of two trials, one after the other."""
    result = run(skill_dir=made.folder, trials=_TRIALS, max_concurrent=1, venv=venv)
    return {
        "folder": str(result.folder),
        "status": result.status,
        "message": result.message,
        "best": dict(result.best) if result.best else None,
    }


def _lines(made: InitResult, tried: dict[str, Any] | None, venv: str | None) -> Iterator[str]:
    many = f"{made.parameters} parameter{'s' * (made.parameters != 1)}"
    yield _line("skill", f"{made.folder}  ({made.kind}, {many})")
    metric = made.metric
    yield _line(
        "metric", f"{metric['monitoring_metric']}, {metric['direction']}: {metric['source']}"
    )
    for name, entry in made.searched.items():
        ends = "{} .. {}  ".format(*entry["search"]) if entry.get("search") else ""
        yield _line("search", f"{name}  {ends}{entry.get('reason', '')}")
    if not made.searched:
        yield _line(
            "search", f"nothing: set include: true of some in {made.folder / SKILL_OVERLAY}"
        )
    for name in [*made.not_searched][:_MOST]:
        yield _line("not", f"{name}: {made.not_searched[name]}")
    if len(made.not_searched) > _MOST:
        yield _line("not", f"and {len(made.not_searched) - _MOST} more in {SKILL_OVERLAY}")
    for name, why in made.left_out.items():
        yield _line("left out", f"{name}: {why}")
    for name in made.kept:
        yield _line("kept", f"your edits in {name}")
    for warning in made.warnings:
        yield _line("warning", warning)
    yield from _last(made, tried, venv)


def _last(made: InitResult, tried: dict[str, Any] | None, venv: str | None) -> Iterator[str]:
    words = ["--skill-dir", str(made.folder), *(["--venv", venv] if venv else [])]
    if tried is None:
        yield _line("next", shlex.join(["automl", "space", *words[:2]]))
        yield _line("", shlex.join(["automl", "run", *words, "--trials", "20"]))
        return
    yield _line("tried", f"{tried['status']}: {tried['folder']} {tried['message']}".rstrip())
    if tried["status"] != RunStatus.FAILED:
        yield _line("next", shlex.join(["automl", "run", *words, "--trials", "20"]))


def _line(label: str, words: str) -> str:
    return f"{label:<{LABEL}}{words}"
