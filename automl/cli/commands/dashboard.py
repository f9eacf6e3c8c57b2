"""``automl dashboard``: optuna-dashboard on a run, read-only and on this machine alone."""

from __future__ import annotations

from pathlib import Path

import click

from automl.cli.completions import RUN
from automl.cli.views.champion import champion_words
from automl.constants import STUDY_FILE
from automl.results.champion.verdict import headline
from automl.results.run import Run, read_run
from automl.results.table.stamp import check_run

_STUDY = 0  # the one study of a run's journal


@click.command()
@click.argument("folder", metavar="RUN", type=RUN)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="The port on 127.0.0.1; 0 takes a free one.",
)
def dashboard(folder: Path, port: int) -> None:
    """Show a run in optuna-dashboard until Ctrl-C; the run may still go on.

    Nothing can be changed from the page. Needs the extra:  pip install 'reid-automl[dashboard]'

    \b
    Examples:
      automl dashboard runs/tao-train-reid-20260102-030405
      automl dashboard runs/tao-train-reid-20260102-030405 --port 0
    """
    run = read_run(folder)
    check_run(run)
    from automl.search.dashboard import make_dashboard

    with make_dashboard(run.folder / STUDY_FILE, port, note_of(run)) as server:
        page = f"http://127.0.0.1:{server.server_port}/dashboard/studies/{_STUDY}"
        click.echo(f"{page}  (Ctrl-C ends it)")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo("ended")


def note_of(run: Run) -> str:
    """Return what a confirmation says, which the page does not know: it ranks by the search."""
    champion, metric = run.decision, run.objective.metric
    if champion is None or not champion.fresh:
        return ""
    return (
        f"**{headline(champion, metric)}**\n\nchampion: {champion_words(champion, metric)}\n\n"
        "The best trial below is that of the search alone."
    )
