"""What was proposed beside a sweep's sampler: how many trials it gave, and what was not tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from automl.constants import PROPOSED_FOLDER, TrialSource
from automl.results.run import Run
from automl.trial.ledger.events import AdviceEvent


@dataclass(frozen=True)
class Proposals:
    """The proposals of one source.

    Attributes:
        trials: how many trials started with them.
        waiting: how many are still to be tried.
        refused: why others are not tried, or why there was no answer -> how often.
    """

    trials: int = 0
    waiting: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The proposals in a line."""
        parts = [f"{self.trials} trial{'s' * (self.trials != 1)}"]
        if self.waiting:
            parts.append(f"{self.waiting} waiting")
        parts += [f"{n} times {why}" if n > 1 else why for why, n in self.refused.items()]
        return "; ".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """Return them as plain data."""
        return {"trials": self.trials, "waiting": self.waiting, "refused": dict(self.refused)}


def proposals_of(run: Run) -> dict[str, Proposals]:
    """Return source -> its proposals: ``advisor``, ``prior``, ``proposed``, where there are any."""
    advice = [event for event in run.events if isinstance(event, AdviceEvent)]
    found = {
        "advisor": _advisor(run, [e for e in advice if e.source == TrialSource.ADVISOR]),
        "prior": Proposals(_trials(run, TrialSource.PRIOR)),
        "proposed": _proposed(run, [e for e in advice if e.source == TrialSource.ENQUEUED]),
    }
    course = run.plan.get("course") or {}
    asked = {"advisor": bool(course.get("advisor")), "prior": bool(course.get("weighed"))}
    return {name: each for name, each in found.items() if each != Proposals() or asked.get(name)}


def _advisor(run: Run, advice: Sequence[AdviceEvent]) -> Proposals:
    return Proposals(_trials(run, TrialSource.ADVISOR), 0, _refused(advice))


def _proposed(run: Run, advice: Sequence[AdviceEvent]) -> Proposals:
    folder = run.folder / PROPOSED_FOLDER
    waiting = len(list(folder.glob("*.json"))) if folder.is_dir() else 0
    return Proposals(sum(len(event.points) for event in advice), waiting, _refused(advice))


def _trials(run: Run, source: TrialSource) -> int:
    return sum(history.start.source == source for history in run.histories)


def _refused(advice: Sequence[AdviceEvent]) -> dict[str, int]:
    return dict(Counter(why for event in advice for why in event.refused))
