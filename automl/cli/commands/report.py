"""``automl report``: one self-contained HTML file of one or several runs."""

from __future__ import annotations

from pathlib import Path

import click

from automl.cli.completions import FOLDERS
from automl.cli.views.tables import read_named_runs
from automl.results.output_file import check_output
from automl.results.report.write import ENDINGS, write_report


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN...", type=FOLDERS)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="The .html file to write; by default report.html in the run's folder.",
)
def report(runs: tuple[str, ...], output: Path | None) -> None:
    """Write what one or several runs found as one HTML file that works offline.

    Curves, parameters and their importance, failures, cost, the champion's spec and provenance;
    several runs are compared first. Works while a run goes on and after it died.

    \b
    Examples:
      automl report runs/tao-train-reid-20260102-030405
      automl report runs/tpe runs/random --output compared.html
    """
    if output is not None:
        check_output(output, ENDINGS)  # before the runs are read
    click.echo(write_report(read_named_runs(runs), output))
