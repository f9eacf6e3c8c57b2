"""Asks before a run goes on with places that are not the user's own; see docs/resuming.md."""

from __future__ import annotations

import click

from automl.launch.known_places import refuse_strange, strange_places
from automl.results.run import Run


def may_go_on(run: Run, address: str | None, *, ask: bool, yes: bool) -> bool:
    """Return whether a run may go on with the places that its plan names.

    Args:
        run: the run.
        address: the cluster of this command line, which takes the place of the plan's.
        ask: whether somebody sits there who can answer.
        yes: whether that was said beforehand; the places are told all the same.

    Raises:
        InputError: it names strange places, and nobody can be asked.
    """
    strange = strange_places(run.plan, address)
    if strange and not (yes or ask):
        refuse_strange(run.folder, strange, "--yes")
    for line in strange:
        click.echo(f"automl: not known as yours: {line}", err=True)
    if not strange or yes:
        return True
    if click.confirm("The run names places where you have run nothing yet. Go on?", default=False):
        return True
    click.echo("automl: not started", err=True)
    return False
