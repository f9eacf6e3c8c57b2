"""``automl simulate``: what finished runs say about other ways to search."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import click
import pandas as pd

from automl.cli.completions import FOLDERS
from automl.cli.views.tables import frame_text, read_named_runs
from automl.errors import InputError
from automl.results.output_file import check_output
from automl.results.report.write import ENDINGS
from automl.results.simulation.choices import Asked
from automl.results.simulation.simulate import Simulation
from automl.results.simulation.simulate import simulate as simulate_runs
from automl.results.simulation.summary import cells
from automl.search.algorithm import ALGORITHMS
from automl.search.scheduler import SCHEDULERS

_KINDS = ("auto", *(name for name in ALGORITHMS if name != "pbt"))
_MOST_WORKERS = 100_000


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN...", type=FOLDERS)
@click.option(
    "--algorithm",
    multiple=True,
    metavar="NAME[,NAME]",
    help=f"Samplers to compare: {', '.join(_KINDS)}.",
)
@click.option(
    "--scheduler",
    multiple=True,
    metavar="NAME[,NAME]",
    help=f"Schedulers to compare: {', '.join(SCHEDULERS)}.",
)
@click.option(
    "--workers", multiple=True, metavar="N[,N]", help="Numbers of concurrent trials to compare."
)
@click.option(
    "--trials", type=click.IntRange(1), help="Trials of each simulation; else as many as recorded."
)
@click.option("--reach", type=float, help="Metric value whose time to reach is simulated.")
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of the simulation."
)
@click.option(
    "--repeats",
    type=click.IntRange(1),
    default=10,
    show_default=True,
    help="Simulations per combination.",
)
@click.option(
    "--max-cpu",
    type=click.FloatRange(0, min_open=True),
    default=120.0,
    show_default=True,
    metavar="SECONDS",
    help="Limit of the sampler's CPU time per combination.",
)
@click.option(
    "--output", type=click.Path(path_type=Path), help="Also write the results as an HTML page."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def simulate(
    runs: tuple[str, ...],
    algorithm: tuple[str, ...],
    scheduler: tuple[str, ...],
    workers: tuple[str, ...],
    trials: int | None,
    reach: float | None,
    seed: int,
    repeats: int,
    max_cpu: float,
    output: Path | None,
    as_json: bool,
) -> None:
    """Replay finished sweeps through other algorithms, schedulers and numbers of workers.

    Nothing trains: a model of the recorded trials, their learning curves and times says what a
    trial would reach and how long it would take. Several runs must have the same space and metric.

    \b
    Examples:
      automl simulate runs/tpe
      automl simulate runs/tpe --algorithm gp,tpe --workers 1,8 --reach 0.93
      automl simulate runs/tpe --scheduler asha --trials 10000 --workers 500
    """
    if reach is not None and not math.isfinite(reach):
        raise InputError(f"--reach {reach}: give a finite value of the metric")
    asked = Asked(
        _names("--algorithm", algorithm, _KINDS),
        _names("--scheduler", scheduler, SCHEDULERS),
        _numbers("--workers", workers),
        trials,
        reach,
        seed,
        repeats,
        max_cpu,
    )
    if output is not None:
        check_output(output, ENDINGS)
    found = simulate_runs(read_named_runs(runs), asked, _tell)
    click.echo(json.dumps(found.to_dict()) if as_json else "\n".join(_lines(found)))
    if output is not None:
        from automl.results.simulation.page import write_page

        click.echo(f"drawn in {write_page(found, output)}", err=as_json)


def _tell(name: str) -> None:
    click.echo(f"simulating {name}", err=True)


def _names(option: str, given: Sequence[str], known: Sequence[str]) -> list[str]:
    """The names in a list with commas.

    Raises:
        InputError: one is unknown.
    """
    names = _listed(given)
    for name in names:
        if name == "pbt":
            raise InputError(
                f"{option} pbt: it goes on from checkpoints of other trials, which a simulation of"
                f" whole trials has not: use one of {', '.join(known)}"
            )
        if name not in known:
            raise InputError(f"{option} {name!r} is unknown: use one of {', '.join(known)}")
    return list(dict.fromkeys(names))


def _listed(given: Sequence[str]) -> list[str]:
    """The words of an option that may be given several times, each with commas."""
    return [word.strip() for each in given for word in each.split(",")]


def _numbers(option: str, given: Sequence[str]) -> list[int]:
    """The counts in a list with commas.

    Raises:
        InputError: one is none.
    """
    words = _listed(given)
    for word in words:
        if not (
            word.isascii()
            and word.isdigit()
            and 1 <= int(word[:9]) <= _MOST_WORKERS
            and len(word) < 9
        ):
            raise InputError(
                f"{option} {word!r}: give whole numbers from 1 to {_MOST_WORKERS}, with commas"
            )
    return list(dict.fromkeys(map(int, words)))


def _lines(found: Simulation) -> list[str]:
    """What is printed: a table, what to plan by, and what cannot be known."""
    frame = pd.DataFrame([cells(each, found.metric) for each in found.choices])
    lines = [frame_text(frame), ""]
    lines += found.sentences
    return [*lines, "", "what this cannot know:", *(f"- {line}" for line in found.limits)]
