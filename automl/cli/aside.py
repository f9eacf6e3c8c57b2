"""What is told of runs that were named beside trainings and have no part in the answer."""

from __future__ import annotations

import click

from automl.results.folders import Runs, find_runs


def tell_aside(runs: Runs) -> None:
    """Say on stderr which of ``runs`` are left out, if any.

    Raises:
        InputError: a path is no run's folder.
    """
    aside = find_runs(runs).aside
    if aside:
        listed = ", ".join(f"{folder.name} ({action})" for folder, action in aside.items())
        click.echo(f"left out, since they train nothing: {listed}", err=True)
