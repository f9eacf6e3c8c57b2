"""A run's progress as one block: what ``automl status`` prints and the live view redraws."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from automl.cli.views.champion import beside_defaults, champion_value
from automl.cli.views.failures import failure_lines
from automl.cli.views.progress_lines import format_params
from automl.cli.views.terminal import plain_line
from automl.constants import COL_TRIAL, REPORT_FILE, RunStatus
from automl.results.champion.verdict import headline
from automl.results.failures.groups import Failures
from automl.results.progress import RunningTrial, RunProgress
from automl.results.table.rows import params_of
from automl.trial.files.disk import is_full
from automl.trial.objective import Objective

SHOWN_UNDER_WAY: Final = 8
SPARK_WIDTH: Final = 40
_BARS: Final = "▁▂▃▄▅▆▇█"
_MANY: Final = 10
_STYLES: Final[Mapping[str, str]] = {RunStatus.DONE: "green", RunStatus.FAILED: "red"}
_NO_EPOCH: Final = {True: "starting", False: "no epoch"}  # by whether the run has a driver
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
Line = tuple[str, Text]


def progress_block(progress: RunProgress, folder: Path, driver: str | None, now: float) -> Table:
    """Return the progress of a run as a block of labelled lines.

    Args:
        progress: read from the run's folder.
        folder: the run's folder, for the command that resumes it.
        driver: the process that drives the run, None where none does.
        now: seconds since the epoch.
    """
    block = Table.grid(padding=(0, 1))
    block.add_column(width=10, style="dim", no_wrap=True)
    block.add_column(overflow="fold")
    for label, words in _lines(progress, folder, driver, now):
        block.add_row(label, words)
    return block


def sparkline(values: Sequence[float], width: int = SPARK_WIDTH) -> str:
    """Return values as a row of bars, from an empty one (lowest) to a full one (highest).

    Of more values than ``width`` some are skipped, never the last one.
    """
    if not values:
        return ""
    count = min(width, len(values))
    last = len(values) - 1
    picked = [values[round(i * last / max(1, count - 1))] for i in range(count)]
    low, high = min(picked), max(picked)
    span = (high - low) or 1.0
    return "".join(_BARS[round((value - low) / span * (len(_BARS) - 1))] for value in picked)


def format_duration(seconds: float) -> str:
    """Return a time span in words: ``45 s``, ``12 min``, ``3 h 20 min``, ``2 d 4 h``."""
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    large, small = (_DAY, _HOUR) if seconds >= _DAY else (_HOUR, _MINUTE)
    names = ("d", "h") if large == _DAY else ("h", "min")
    return f"{seconds // large:.0f} {names[0]} {seconds % large // small:.0f} {names[1]}"


def format_span(seconds: tuple[float, float]) -> str:
    """Return the shortest and the longest of two durations, one text where both read the same."""
    low, high = map(format_duration, seconds)
    return low if low == high else f"{low} to {high}"


def _lines(progress: RunProgress, folder: Path, driver: str | None, now: float) -> Iterator[Line]:
    yield "state", _state(progress, driver)
    yield "trials", _counts(progress, driven=driver is not None)
    if progress.best is not None:
        yield from _reached(progress, progress.best)
    if len(progress.curve) > 1:
        yield "curve", _spark(progress)
    yield from _running(progress, now if driver else None)
    yield from _failed(progress.failures)
    yield from ((who, Text(plain_line(each.words))) for who, each in progress.proposals.items())
    if driver is None:
        yield "time", Text(format_duration(progress.used_s))
    elif progress.trials_per_hour is not None:
        yield "pace", _pace(progress)
    elif progress.probed_seconds_left is not None:
        yield "pace", Text(f"about {format_span(progress.probed_seconds_left)} left, by the probe")
    yield from (("data", Text(root)) for root in progress.data)
    if progress.last is not None:
        yield "last word", Text(f"{format_duration(max(0.0, now - progress.last))} ago")
    if driver:
        yield "driver", Text(driver)
    else:
        yield from _advice(progress, folder)


def resume_command(progress: RunProgress, folder: Path) -> str | None:
    """Return the command that resumes a run without a driver; None if nothing is left to do."""
    if not progress.ending.goes_on:
        return None
    return shlex.join(["automl", "run", "--resume", str(folder)])


def _advice(progress: RunProgress, folder: Path) -> Iterator[Line]:
    """Yield how to go on with a run that no process drives."""
    command, state = resume_command(progress, folder), progress.ending.state
    first = "make room on the disk, which is full, then " if is_full(folder) else ""
    if not first and state == RunStatus.FAILED:
        first = "mend the cause, then "
    if command is not None:
        yield "driver", Text(f"none: {first}go on with  {command}", style="yellow")
    elif state != RunStatus.DONE and not progress.sweep:
        yield "driver", Text("none: a direct run starts anew", style="yellow")
    elif state == RunStatus.DONE and progress.sweep and not (folder / REPORT_FILE).is_file():
        command = shlex.join(["automl", "report", str(folder)])
        yield "report", Text(f"none yet: write it with  {command}", style="yellow")


def _state(progress: RunProgress, driver: str | None) -> Text:
    if driver is not None:
        return Text("running")
    ending = progress.ending
    style = _STYLES.get(ending.state, "yellow")
    reason = ending.reason.partition("\n")[0]
    return Text(ending.state, style=style).append(f": {reason}" if reason else "", style="default")


def _failed(failures: Sequence[Failures]) -> Iterator[Line]:
    for index, words in enumerate(failure_lines(failures)):
        yield "" if index else "failed", Text(words)


def _running(progress: RunProgress, now: float | None) -> Iterator[Line]:
    shown = progress.under_way[:SHOWN_UNDER_WAY]
    for index, trial in enumerate(shown):
        words = _under_way(trial, progress.objective, progress.longest, now)
        yield "" if index else "under way", words
    if len(progress.under_way) > len(shown):
        yield "", Text(f"and {len(progress.under_way) - len(shown)} more", style="dim")


def _counts(progress: RunProgress, *, driven: bool) -> Text:
    total = f" of {progress.budget}" if progress.budget else ""
    states = sorted(progress.states_with(driven=driven).items())
    counts = ", ".join(f"{count} {state}" for state, count in states)
    return Text(f"{progress.over}{total} ended ({counts or 'none started'})")


def _reached(progress: RunProgress, best: Mapping[str, Any]) -> Iterator[Line]:
    """Yield the best trial with its parameters; a direct run has none."""
    yield "best" if progress.sweep else "result", _best(progress, best)
    if progress.sweep:
        yield "", _params(best, progress.labels)
    if progress.start is not None:
        yield "start", Text(progress.start.words(progress.objective, progress.decision))
    if progress.final is not None:
        yield "test", Text(progress.final.words)
    if progress.decision is not None and progress.sweep and progress.ending.state == RunStatus.DONE:
        yield "verdict", Text(headline(progress.decision, progress.objective.metric))


def _best(progress: RunProgress, best: Mapping[str, Any]) -> Text:
    metric, decision = progress.objective.metric, progress.decision
    if decision is None or not progress.sweep:
        words = Text(f"trial {best[COL_TRIAL]}  ")
        return words.append(f"{metric} {best[progress.objective.column]:.4f}", style="bold green")
    words = Text(f"trial {decision.trial}  ")
    words.append(champion_value(decision, metric), style="bold green")
    return words.append(beside_defaults(decision), style="dim")


def _params(best: Mapping[str, Any], labels: Mapping[str, str]) -> Text:
    return Text(format_params(params_of(best), labels))


def _spark(progress: RunProgress) -> Text:
    first, last = progress.curve[0], progress.curve[-1]
    words = Text(f"{first:.4f} ", style="dim")
    words.append(sparkline(progress.curve), style="cyan")
    return words.append(f" {last:.4f}  best so far, {len(progress.curve)} trials", style="dim")


def _under_way(trial: RunningTrial, objective: Objective, longest: int, now: float | None) -> Text:
    """Return a trial that has not ended; ``now`` is None where no process drives the run."""
    of = f"/{longest}" if longest > trial.epochs else ""
    reached = f"epoch {trial.epochs}{of}" if trial.epochs else _NO_EPOCH[now is not None]
    words = Text(f"trial {trial.trial}  {reached}")
    if trial.value is not None:
        words.append(f"  {objective.metric} {trial.value:.4f}")
    if now is not None:
        words.append(f"  {format_duration(max(0.0, now - trial.since))}", style="dim")
    return words


def _pace(progress: RunProgress) -> Text:
    pace = progress.trials_per_hour or 0.0
    words = Text(f"{pace:.0f} trials an hour" if pace >= _MANY else f"{pace:.2g} trials an hour")
    left = progress.seconds_left
    if left:
        words.append(f"; about {format_duration(left)} left at this pace")
    return words.append(f"; {format_duration(progress.used_s)} so far", style="dim")
