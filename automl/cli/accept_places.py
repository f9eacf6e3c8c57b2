"""Asks before a run goes on with places that are not the user's own; see docs/resuming.md."""

from __future__ import annotations

import click

from automl.launch.known_places import refuse_unknown, unknown_places
from automl.results.run import Run


def may_resume(run: Run, address: str | None, *, ask: bool, yes: bool) -> bool:
    """Return whether a run may go on with the places that its plan names.

    Args:
        run: the run.
        address: the cluster of this command line, which takes the place of the plan's.
        ask: whether somebody sits there who can answer.
        yes: whether that was said beforehand; the places are told all the same.

    Raises:
        InputError: it names unknown places, and nobody can be asked.
    """
    unknown = unknown_places(run.plan, address)
    if unknown and not (yes or ask):
        refuse_unknown(run.folder, unknown, "--yes")
    for line in unknown:
        click.echo(f"automl: not known as yours: {line}", err=True)
    if not unknown or yes:
        return True
    if click.confirm("The run names places where you have run nothing yet. Go on?", default=False):
        return True
    click.echo("automl: not started", err=True)
    return False
