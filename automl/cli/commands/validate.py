"""``automl validate``: every fault of one skill directory or a whole bank of them."""

from __future__ import annotations

import json
from pathlib import Path

import click

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
    help="How to list the faults.",
)
def validate(directories: tuple[Path, ...], form: str) -> int:
    """Check skill directories, or every skill below a bank's, and list all faults.

    Exits with 2 if there is any fault.

    \b
    Examples:
      automl validate .
      automl validate bank/skills --format json
    """
    checked = [check_skill(found) for given in directories for found in find_skills(given)]
    click.echo(as_json(checked) if form == "json" else as_text(checked))
    return InputError.exit_code if any(skill.faults for skill in checked) else 0


def as_json(checked: list[CheckedSkill]) -> str:
    """Return the checked skills as one JSON document."""
    skills = [
        {
            "directory": str(skill.directory),
            "name": skill.name,
            "actions": list(skill.actions),
            "faults": [
                {"file": fault.file, "key": fault.key, "message": fault.message}
                for fault in skill.faults
            ],
        }
        for skill in checked
    ]
    return json.dumps({"skills": skills, "faults": sum(len(s.faults) for s in checked)}, indent=2)


def as_text(checked: list[CheckedSkill]) -> str:
    """Return a line for each skill, its faults below it, and a count at the end."""
    lines: list[str] = []
    for skill in checked:
        state = f"{len(skill.faults)} fault(s)" if skill.faults else "ok"
        actions = ", ".join(skill.actions) or "no schema"
        lines.append(f"{skill.name} ({skill.directory}; {actions}): {state}")
        lines += [f"  {fault}" for fault in skill.faults]
    total = sum(len(skill.faults) for skill in checked)
    return "\n".join([*lines, f"{len(checked)} skill(s), {total} fault(s)"])
