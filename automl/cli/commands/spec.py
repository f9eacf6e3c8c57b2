"""``automl spec``: a run's spec, or a spec file, as another trainer takes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
import yaml

from automl.cli.completions import RUN
from automl.cli.request_options import request_options
from automl.cli.views.left_out import left_out_text
from automl.constants import BEST_FOLDER, COL_TRIAL, PLAN_FILE, SPEC_FILE, TRIALS_FOLDER
from automl.errors import InputError
from automl.launch.planning.spec import OUTPUT_DIR, placed_keys
from automl.results.files.provenance import read_provenance
from automl.results.files.spec import read_spec
from automl.results.output_file import check_output, write_output
from automl.results.run import Run, read_run
from automl.skill import Skill, load_skill, packaged_skill_dir
from automl.spec import build_spec
from automl.spec.build import packaged_spec
from automl.spec.nested import copy_plain, get_path, set_path
from automl.spec.portable import TARGETS, has_marks, portable_spec

_ACTION: Final = "train"
_ENDINGS: Final = (".yaml", ".yml")


@dataclass(frozen=True)
class _Source:
    """A complete spec, the skill and action that it is for, and keys that were reset, with why."""

    skill: Skill
    action: str
    values: dict[str, Any]
    reset: Mapping[str, str]


@click.command()
@click.argument("source", metavar="RUN|FILE", type=RUN)
@click.option(
    "--for",
    "target",
    type=click.Choice(list(TARGETS)),
    required=True,
    help="The trainer that is to read the spec.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The .yaml file to write; by default standard output.",
)
@request_options("skill_dir")
@click.option("--action", metavar="ACTION", help="Action that a FILE is for [default: train].")
def spec(
    source: Path, target: str, output: Path | None, skill_dir: Path | None, action: str | None
) -> None:
    """Write a complete spec that another trainer with the same keys accepts.

    The spec is that of a run's champion (RUN), of one trial (RUN/trials/ID), or of a spec file with
    the skill's defaults. What the other trainer lacks or refuses is left out and listed on
    standard error.

    \b
    Examples:
      automl spec runs/tao-train-reid-20260102-030405 --for tao --output tao.yaml
      automl spec runs/tao-train-reid-20260102-030405/trials/0003 --for tao
      automl spec mine.yaml --for tao
    """
    output = None if output == Path("-") else output
    if output is not None:
        check_output(output, _ENDINGS)
    found = _read(source, skill_dir, action)
    schema = found.skill.schema(found.action)
    values, left_out = portable_spec(found.values, schema.source, target)
    text = yaml.safe_dump(values, sort_keys=False, allow_unicode=True)
    if output is None:
        click.echo(text, nl=False)
    else:
        write_output(output, text.encode())
    for key, why in found.reset.items():
        click.echo(f"reset     {key}: {why}", err=True)
    title = TARGETS[target]
    for line in left_out_text(left_out, schema, title):
        click.echo(line, err=True)
    if not has_marks(schema.source, target):
        name = found.skill.info.name
        click.echo(f"note      the schema of {name} marks nothing that {title} lacks", err=True)


def _read(source: Path, skill_dir: Path | None, action: str | None) -> _Source:
    """Read what the user names.

    Raises:
        InputError: it is no run, no trial and no spec file, or its skill is gone.
    """
    file = _spec_of(source) if source.is_dir() else source
    run = next((f for f in _run_folders(file) if (f / PLAN_FILE).is_file()), None)
    if run is None:
        skill, action = load_skill(skill_dir or packaged_skill_dir()), action or _ACTION
        return _Source(skill, action, build_spec(skill, action, spec_file=file).values, {})
    found = read_run(run)
    plan = found.plan
    if action not in (None, plan["action"]):
        raise InputError(f"--action {action}: {file} is the spec of action {plan['action']}")
    skill = load_skill(skill_dir or Path(plan["skill"]["directory"]))
    written = read_spec(file, found, _number_of(file, found)) or {}
    values, reset = _without_places(skill, plan["action"], written, run)
    return _Source(skill, plan["action"], values, reset)


def _spec_of(folder: Path) -> Path:
    """The spec file of a run, or of a trial."""
    is_run = (folder / PLAN_FILE).is_file()
    file = folder / BEST_FOLDER / SPEC_FILE if is_run else folder / SPEC_FILE
    if not file.is_file():
        what = "has no champion (yet)" if is_run else "is no run's and no trial's folder"
        raise InputError(f"{folder} {what}: {file} is missing")
    return file


def _number_of(file: Path, run: Run) -> int | None:
    """The trial that a spec file of a run is of, None where it is not known."""
    folder = file.absolute().parent
    facts = read_provenance(run) if folder.name == BEST_FOLDER else None
    name = str(facts["trial"][COL_TRIAL]) if facts else folder.name
    return int(name) if name.isdecimal() else None


def _run_folders(file: Path) -> Iterator[Path]:
    """The folder whose run wrote the spec file, if it is a champion's or a trial's."""
    folders = file.absolute().parents
    if file.name == SPEC_FILE and folders[0].name == BEST_FOLDER:
        yield folders[1]
    if file.name == SPEC_FILE and folders[1].name == TRIALS_FOLDER:
        yield folders[2]


def _without_places(
    skill: Skill, action: str, values: Mapping[str, Any], run: Path
) -> tuple[dict[str, Any], dict[str, str]]:
    """The spec with its packaged values where the run's own have no meaning elsewhere."""
    rules = skill.info.spec_params.get(action, {})
    placed = [key for key, rule in rules.items() if rule == OUTPUT_DIR]
    placed += placed_keys(values, run.absolute())
    reset = dict.fromkeys(placed, "it lies in the run's folder")
    for key in skill.info.environment_keys:
        if str(get_path(values, key, "")).startswith("env:"):
            reset[key] = "it names an environment variable, which this skill's trainer reads"
    packaged, kept = packaged_spec(skill, action), copy_plain(values)
    for key in reset:
        set_path(kept, key, get_path(packaged, key, ""))
    return kept, reset
