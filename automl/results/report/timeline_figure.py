"""When each trial ran, on which worker: one bar for each time that a trial ran."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from automl.constants import TrialState
from automl.results.report.figure import (
    BEST,
    OTHER_STATE,
    STATE_COLOURS,
    SURFACE,
    Figure,
    NoFigure,
    numbers,
)
from automl.results.run import HOUR, Run, timed
from automl.trial.job import trial_id
from automl.trial.ledger.events import EndEvent, SessionEvent, StartEvent

_TITLE: Final = "Timeline"
_LANE: Final = 24  # pixels
_MOST: Final = 900


@dataclass(frozen=True)
class Stretch:
    """One time that a trial ran: from when to when, in seconds of the run, how it ended, where."""

    number: int
    begin: float
    end: float
    state: str
    host: str


def timeline(run: Run) -> Figure | NoFigure:
    """Return a bar for each time that a trial ran, by worker, coloured by how it ended.

    Workers are not recorded: a trial is drawn on the first lane of its host that is free.
    """
    found = sorted(stretches(run), key=lambda each: (each.begin, each.number))
    if not found:
        return NoFigure(_TITLE, "no trial has started")
    names = lanes(found)
    unit, size = ("hours", HOUR) if max(each.end for each in found) > HOUR else ("minutes", 60.0)
    best = run.decision.trial if run.decision else ""
    order = sorted(set(names), key=lambda name: (name.rpartition(" ")[0], _lane(name)))
    return Figure(
        _TITLE,
        [
            _bars(
                state,
                [pair for pair in zip(found, names, strict=True) if pair[0].state == state],
                (unit, size),
                best,
            )
            for state in dict.fromkeys(each.state for each in found)
        ],
        {
            "barmode": "overlay",
            "showlegend": True,
            "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
            "margin": {"l": 52, "r": 14, "t": 34, "b": 44},
            "xaxis": {"title": {"text": unit}, "rangemode": "tozero"},
            "yaxis": {
                "type": "category",
                "categoryorder": "array",
                "categoryarray": order[::-1],
                "ticksuffix": "  ",
            },
        },
        note="One bar each time that a trial ran, on the first free lane of its host."
        " Time that the run itself went on." + (f" Framed: trial {best}." if best else ""),
        height=min(_MOST, 140 + _LANE * len(order)),
    )


def stretches(run: Run) -> Iterator[Stretch]:
    """Yield each time that a trial ran; a killed driver's trials end where its session does."""
    running: dict[int, float] = {}
    now = 0.0
    for now, event in timed(run.events):
        if isinstance(event, StartEvent):
            running[event.number] = now
        elif isinstance(event, EndEvent) and event.number in running:
            yield Stretch(event.number, running.pop(event.number), now, event.state, event.host)
        elif isinstance(event, SessionEvent):
            for number, begin in running.items():
                yield Stretch(number, begin, now, TrialState.INTERRUPTED, "")
            running.clear()
    for number, begin in running.items():
        yield Stretch(number, begin, now, TrialState.RUNNING, "")


def lanes(found: Sequence[Stretch]) -> list[str]:
    """Return the lane of each stretch, which come in the order of their begin."""
    hosts = {each.host for each in found if each.host}
    free: dict[str, list[float]] = {}
    names = []
    for each in found:
        host = each.host or (next(iter(hosts)) if len(hosts) == 1 else "")
        ends = free.setdefault(host, [])
        place = next((i for i, end in enumerate(ends) if end <= each.begin), len(ends))
        ends[place : place + 1] = [each.end]
        names.append(
            f"{host or 'host not known'} {place + 1}" if len(hosts) > 1 else f"worker {place + 1}"
        )
    return names


def _lane(name: str) -> int:
    return int(name.rpartition(" ")[2])


def _bars(
    state: str, mine: Sequence[tuple[Stretch, str]], time: tuple[str, float], best: str
) -> dict[str, Any]:
    unit, size = time
    trials = [trial_id(each.number) for each, _ in mine]
    return {
        "type": "bar",
        "orientation": "h",
        "name": f"{state} ({len(mine)})",
        "base": numbers([each.begin / size for each, _ in mine]),
        "x": numbers([(each.end - each.begin) / size for each, _ in mine]),
        "y": [lane for _, lane in mine],
        "text": trials,
        "textposition": "none",
        "hovertemplate": f"trial %{{text}} · {state}<br>%{{x:.3g}} {unit} on %{{y}}<extra></extra>",
        "marker": {
            "color": STATE_COLOURS.get(state, OTHER_STATE),
            "line": {
                "width": [3 if trial == best else 1 for trial in trials],
                "color": [BEST if trial == best else SURFACE for trial in trials],
            },
        },
    }
