"""``automl space``: what a sweep would search and why, as a table, as JSON, or as drawn specs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import click

from automl.cli.json_option import format_of, json_option
from automl.cli.processor_limit import processor_limit
from automl.cli.request_options import request_options
from automl.cli.views.popular import popular_rows, popular_text
from automl.cli.views.space_table import space_remarks, space_text
from automl.cli.views.terminal import REMARK, folded, plain_line, screen_width
from automl.launch.request import DEFAULT_SEED
from automl.skill import load_skill, packaged_skill_dir
from automl.space import Space, build_space, sample
from automl.spec import build_spec

WIDTH: Final = 100


@click.command()
@request_options("skill_dir")
@click.option("--action", default="train", show_default=True, help="Action of the skill.")
@request_options("spec_file")
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Fix a spec key: it is then not searched. Repeatable.",
)
@request_options("search", "ranges", "choices", "weights", "allow_disabled", "overlay")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="Output format.",
)
@json_option
@click.option(
    "--sample",
    "count",
    type=click.IntRange(min=1),
    metavar="N",
    help="Print N random specs as JSON lines instead.",
)
@click.option("--popular", is_flag=True, help="List the parameters that people set most often.")
@click.option(
    "--seed", type=int, default=DEFAULT_SEED, show_default=True, help="Seed of the draws."
)
def space(
    skill_dir: Path | None,
    action: str,
    spec_file: Path | None,
    overrides: tuple[str, ...],
    search: tuple[str, ...],
    ranges: dict[str, str],
    choices: dict[str, str],
    weights: dict[str, str],
    allow_disabled: bool | None,
    overlay: str | Path | None,
    form: str | None,
    as_json: bool,
    count: int | None,
    popular: bool,
    seed: int,
) -> None:
    """Show what a sweep would search, with the reason for each range.

    \b
    Examples:
      automl space --skill-dir .
      automl space --search base_lr --range base_lr=1e-5:1e-2:log --sample 5
    """
    form = format_of(form, as_json=as_json)
    click.get_current_context().with_resource(processor_limit(str(skill_dir or "the skill")))
    skill = load_skill(skill_dir or packaged_skill_dir(), None if overlay is None else str(overlay))
    skill.action(action)
    schema = skill.schema(action)
    if os.path.lexists(skill.template_path(action)):
        skill.template(action)  # a broken one is an error here, where no run is at stake
    resolved = build_spec(skill, action, spec_file=spec_file, overrides=overrides)
    found = build_space(
        schema,
        resolved.values,
        user_keys=resolved.user_keys,
        search=search or None,
        ranges=ranges,
        choices=choices,
        weights=weights,
        allow_disabled=bool(allow_disabled),
        shorthand=skill.info.shorthand,
        action=action,
    )
    if popular:
        rows = popular_rows(schema, resolved.values, found)
        click.echo(json.dumps(rows, indent=2) if form == "json" else popular_text(rows, _width()))
    elif count is not None:
        _print_lines(sample_lines(found, resolved.values, count, seed))
    elif form == "json":
        click.echo(json.dumps(found.to_json(), indent=2))
    else:
        many = len(found.parameters)
        title = f"{skill.info.name} · {action} · {many} parameter{'s' * (many != 1)}"
        _print_table(found, resolved.notes, title, skill.overlay_summary(action))


def sample_lines(found: Space, base: dict[str, Any], count: int, seed: int) -> Iterator[str]:
    """Yield ``count`` JSON lines, each with drawn parameters and their complete spec."""
    for params, spec in sample(found, base, count, seed):
        yield json.dumps({"params": params, "spec": spec})


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")


def _print_table(found: Space, notes: Iterable[str], title: str, overlay: str) -> None:
    changed = [f"overlay  {overlay}; --overlay none turns it off"] if overlay else []
    remarks = [*changed, *space_remarks(found), *(f"note     {note}" for note in notes)]
    for line in (title, *space_text(found, _width()), *folded(remarks, REMARK)):
        click.echo(plain_line(line))


def _width() -> int:
    return screen_width() if sys.stdout.isatty() else WIDTH
