"""``automl validate``: the faults and warnings of one skill directory or a whole bank of them."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from automl.cli.json_option import format_of, json_option
from automl.cli.processor_limit import processor_limit
from automl.cli.views.terminal import plain_line
from automl.errors import InputError
from automl.space.check import CheckedSkill, check_skill, find_skills


@click.command()
@click.argument(
    "directories", nargs=-1, required=True, metavar="DIR...", type=click.Path(path_type=Path)
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Output format.",
)
@json_option
@click.option("--strict", is_flag=True, help="Count warnings as faults.")
@click.option("-q", "--quiet", is_flag=True, help="Print only faults and warnings.")
def validate(
    directories: tuple[Path, ...], form: str | None, as_json: bool, strict: bool, quiet: bool
) -> int:
    """Check skill directories, or every skill below a bank's, and list all faults and warnings.

    A warning is where packaged files disagree with each other: the trainer decides about them.
    Exits with 2 if there is any fault.

    \b
    Examples:
      automl validate .
      automl validate bank/skills --json
    """
    form = format_of(form, as_json=as_json)
    checked = [_check(found) for given in directories for found in find_skills(given)]
    text = json_text(checked) if form == "json" else as_text(checked, quiet=quiet)
    if text:
        click.echo(text)
    refused = any(skill.faults or (strict and skill.warnings) for skill in checked)
    return InputError.exit_code if refused else 0


def _check(directory: Path) -> CheckedSkill:
    with processor_limit(str(directory)):
        return check_skill(directory)


def json_text(checked: list[CheckedSkill]) -> str:
    """Return the checked skills as one JSON document."""
    skills = [
        {
            "directory": str(skill.directory),
            "name": skill.name,
            "actions": list(skill.actions),
            "faults": [asdict(fault) for fault in skill.faults],
            "warnings": [asdict(warning) for warning in skill.warnings],
        }
        for skill in checked
    ]
    counts = {
        "faults": sum(len(skill.faults) for skill in checked),
        "warnings": sum(len(skill.warnings) for skill in checked),
    }
    return json.dumps({"skills": skills, **counts}, indent=2)


def as_text(checked: list[CheckedSkill], *, quiet: bool = False) -> str:
    """One line for each fault and warning below the line of its skill, and a closing count.

    ``quiet``: skills without any, and the count, are left out.
    """
    lines: list[str] = []
    for skill in filter(_said, checked) if quiet else checked:
        actions = ", ".join(skill.actions) or "no schema"
        state = _count(len(skill.faults), len(skill.warnings)) if _said(skill) else "ok"
        lines.append(f"{plain_line(skill.name)} ({skill.directory}; {actions}): {state}")
        lines += [f"  {plain_line(str(fault))}" for fault in skill.faults]
        lines += [f"  warning: {plain_line(str(warning))}" for warning in skill.warnings]
    if quiet:
        return "\n".join(lines)
    faults = sum(len(skill.faults) for skill in checked)
    warnings = sum(len(skill.warnings) for skill in checked)
    return "\n".join([*lines, f"{len(checked)} skill(s), {_count(faults, warnings)}"])


def _said(skill: CheckedSkill) -> bool:
    return bool(skill.faults or skill.warnings)


def _count(faults: int, warnings: int) -> str:
    return f"{faults} fault(s)" + (f", {warnings} warning(s)" if warnings else "")
