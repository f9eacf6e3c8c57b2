"""How fast a run's trials end, and how long it takes at that pace."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import takewhile
from statistics import fmean
from typing import Any, Final

from automl.trial.history import OVER, TrialHistory
from automl.trial.ledger.events import EndEvent, LedgerEvent, SessionEvent

MIN_ENDS: Final = 2


def at_once_of(plan: Mapping[str, Any]) -> int:
    """Return how many trials of a written plan run side by side, one where it does not say."""
    return int((plan.get("resources") or {}).get("concurrency") or 1)


def measured_pace(
    events: Sequence[LedgerEvent], histories: Sequence[TrialHistory], at_once: int
) -> float | None:
    """Return how many trials end in a second; None before the first end.

    Taken from the ends of this session after its first wave of ``at_once`` trials, which paid for
    the start of the workers; while they are no second wave, from how long a trial runs by itself.
    The clock may have been set back since an earlier session.
    """
    over = [h for h in histories if h.is_over]
    session = takewhile(lambda event: not isinstance(event, SessionEvent), reversed(events))
    ends = sorted(e.time for e in session if isinstance(e, EndEvent) and e.state in OVER)
    later = ends[at_once:]
    if len(later) >= max(MIN_ENDS, at_once) and later[-1] > ends[at_once - 1]:
        return len(later) / (later[-1] - ends[at_once - 1])
    seconds = fmean(h.seconds for h in over) if over else 0.0
    return at_once / seconds if seconds > 0 else None


def probed_seconds(
    trial_s: Sequence[float], trials: int | None, at_once: int
) -> tuple[float, float] | None:
    """Return how long a run takes at least and at most by its probe; None where not known.

    Args:
        trial_s: seconds of the default's trial and of the slowest one that was probed.
        trials: the budget, None where only time limits the run.
        at_once: how many run side by side.
    """
    if not trials or len(trial_s) != 2:
        return None
    waves = math.ceil(trials / at_once)
    return waves * trial_s[0], waves * trial_s[1]
