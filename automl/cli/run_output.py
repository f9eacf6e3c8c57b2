"""What ``automl run`` prints: the plan, the progress and the result, as much as was asked for."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TextIO

import click

from automl.cli.verbosity import Verbosity
from automl.cli.views.live import live_lines
from automl.cli.views.progress_lines import ProgressLines
from automl.cli.views.terminal import LABEL
from automl.constants import RunStatus
from automl.launch.plan import Plan
from automl.launch.plan_codec import plan_to_dict
from automl.launch.result import RunResult
from automl.results.progress import run_progress
from automl.results.run import Run
from automl.results.run_folders import TRAIN
from automl.results.table.column_names import parameter_names

if TYPE_CHECKING:
    from automl.launch.review import Review


@dataclass(frozen=True)
class RunOutput:
    """Prints a run on standard output: as text, as one JSON document, or quietly.

    Attributes:
        stream: takes the progress and what a skill prints: standard output; standard error beside
            JSON; nothing where the command line is quiet.
        verbosity: how much is printed.
        as_json: whether standard output is one JSON document.
        out: standard output, also where ``stream`` stands in for it.
    """

    stream: TextIO
    verbosity: Verbosity
    as_json: bool
    out: TextIO

    @property
    def quiet(self) -> bool:
        """Whether only warnings, errors and the result are printed."""
        return self.verbosity is Verbosity.QUIET

    def show_plan(self, plan: Plan, review: Review, *, alone: bool) -> None:
        """Print the launch review, which is the result where it is ``alone``."""
        from automl.cli.views.plan_lines import warnings_of
        from automl.cli.views.plan_review import render_decision, render_plan

        if self.quiet:
            for warning in warnings_of(plan):
                click.echo(f"automl: warning: {warning}", err=True)
        if self.as_json and alone:
            click.echo(json.dumps({**plan_to_dict(plan), "review": review.to_dict()}, default=str))
        elif self.quiet and alone:
            click.echo(render_decision(plan, review))
        elif not (self.as_json or self.quiet):
            verbose = self.verbosity is Verbosity.VERBOSE
            click.echo(render_plan(plan, review, verbose=verbose))

    def listener(self, plan: Plan, resumed: Run | None) -> ProgressLines:
        """Return what prints a line for each trial that ends; a quiet one on standard error."""
        before = run_progress(resumed) if resumed else None
        child = plan.space is None and plan.mode.mode.is_child
        return ProgressLines(
            plan.objective,
            plan.trials,
            sys.stderr if self.quiet else None,
            labels=parameter_names(plan.space.names, plan.objective.column) if plan.space else None,
            epochs=child and plan.action == TRAIN,
            quiet=self.quiet,
            ended=before.over if before else 0,
            best=before.best[plan.objective.column] if before and before.best else None,
        )

    def live_view(self, plan: Plan) -> AbstractContextManager[None]:
        """Show a sweep in a live view while the block runs, where the stream is a terminal."""
        live = plan.space is not None and self.stream.isatty()
        return live_lines(plan.output, self.stream) if live else nullcontext()

    def show_over(self, result: RunResult, words: str) -> None:
        """Print in a line that a run has nothing left to do, as JSON also how it ended."""
        click.echo(words, file=None if self.as_json else self.out, err=self.as_json)
        if self.as_json:
            click.echo(json.dumps(_summary(result), default=str), file=self.out)

    def show_result(self, result: RunResult, over: str) -> None:
        """Print the result, and why the run failed or else ``over``.

        ``over``: what the user can do next when no trial is left to run; empty otherwise.
        """
        from automl.cli.views.result import render_result

        text = json.dumps(_summary(result), default=str) if self.as_json else render_result(result)
        click.echo(text, file=self.out)
        if result.status == RunStatus.FAILED:
            click.echo(f"automl: the run failed: {result.message}", err=True)
        elif over:
            click.echo(f"{'next':<{LABEL}}{over}", file=self.stream)


@contextmanager
def run_output(verbosity: Verbosity, *, as_json: bool) -> Iterator[RunOutput]:
    """Make what prints a run while the block runs."""
    with open(os.devnull, "w", encoding="utf-8") as nothing:
        aloud = sys.stderr if as_json else sys.stdout
        stream = nothing if verbosity is Verbosity.QUIET else aloud
        yield RunOutput(stream, verbosity, as_json, sys.stdout)


def _summary(result: RunResult) -> dict[str, Any]:
    start = result.run.start_checkpoint
    return {
        "folder": str(result.folder),
        "status": result.status,
        "message": result.message,
        "early": result.early,
        "metric": result.objective.metric,
        "best": dict(result.best) if result.best else None,
        "champion": result.run.decision.to_dict() if result.run.decision else None,
        "confirmation": [line.to_dict() for line in result.confirmation],
        "start_checkpoint": start.to_dict() if start else None,
        "final": result.run.final.to_dict() if result.run.final else None,
        "evaluation": asdict(result.evaluation) if result.evaluation else None,
        "report": result.report,
        "outputs": [str(path) for path in result.outputs],
    }
