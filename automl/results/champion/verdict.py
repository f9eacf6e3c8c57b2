"""What a sweep found, in a few plain sentences made from its numbers."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Final

from automl.results.champion.cost import cost_of
from automl.results.champion.decide import Champion, Verdict
from automl.results.champion.effects import INTERVAL, Effect
from automl.results.run import HOUR, Run

_MINUTE: Final = 60.0
_SHOWN: Final = 3


def verdict_lines(run: Run, labels: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the verdict on a sweep as labelled sentences, the most important first.

    Args:
        run: a sweep; empty where none of its trials has a value.
        labels: a parameter's dotted name -> its short name.
    """
    champion = run.decision
    if champion is None or not run.is_sweep:
        return []
    return [
        ("verdict", headline(champion, run.objective.metric)),
        ("because", _reason(champion)),
        *_start(run, champion),
        *([("test", run.final.words)] if run.final else []),
        ("mattered", _mattered(run, labels)),
        *([("stopped", run.stopped.words)] if run.stopped else []),
        *_more(run),
        ("cost", _cost(run)),
        *(("next", command) for command in _next(champion, run)),
    ]


def _start(run: Run, champion: Champion) -> list[tuple[str, str]]:
    """How the champion stands to the checkpoint that trials start from, if there is one."""
    start = run.start_checkpoint
    return [("start", start.words(run.objective, champion))] if start else []


def headline(champion: Champion, metric: str) -> str:
    """Return how the best configuration stands to the defaults, in a sentence."""
    trial, verdict = f"trial {champion.trial}", champion.verdict
    if verdict is Verdict.KEEP_DEFAULTS:
        return "keep the defaults: no other configuration is shown to be better"
    if verdict is Verdict.TIED:
        return f"{trial} and the defaults are tied in {metric}"
    if verdict is Verdict.BETTER and champion.effect:
        return f"{trial} beats the defaults: {_gain(champion.effect, metric)}"
    if champion.effect:
        return f"{trial} is perhaps better than the defaults: {_gain(champion.effect, metric)}"
    if champion.gain is None:
        return f"{trial} is the best, with {metric} {champion.reached:.4f}"
    return f"{trial} did better than the defaults by {champion.gain:.4f} in one training of each"


def _gain(effect: Effect, metric: str) -> str:
    return (
        f"{metric} better by {effect.gain:.4f} ({INTERVAL:.0%} interval {effect.low:+.4f} to"
        f" {effect.high:+.4f}), {_percent(effect.beats)} sure"
    )


def _percent(probability: float) -> str:
    """A probability in words; it comes from draws, so that none is certain."""
    shown = min(max(probability, 0.001), 0.999)
    return f"{shown:.1%}" if shown > 0.99 or shown < 0.01 else f"{shown:.0%}"


def _reason(champion: Champion) -> str:
    """What the verdict follows from."""
    words = "; ".join(champion.reasons)
    effect = champion.effect
    if champion.verdict is Verdict.KEEP_DEFAULTS and effect is not None:
        words += f": the best other one gains {effect.gain:+.4f}, {_percent(effect.beats)} sure"
    return words


def _mattered(run: Run, labels: Mapping[str, str]) -> str:
    found = run.importances
    clear = [item for item in found.items if item.clear]
    names = ", ".join(f"{labels.get(i.name, i.name)} {i.share:.0%}" for i in clear[:_SHOWN])
    if not found.items:
        return f"not known: {found.reason}"
    if not clear:
        return f"no parameter stands out from chance in {len(run.searched)} trials"
    rest, further = len(found.items) - len(clear), len(clear) - _SHOWN
    names += f" and {further} more" if further > 0 else ""
    return names + (f"; the other {rest} do not stand out from chance" if rest else "")


def _more(run: Run) -> Iterator[tuple[str, str]]:
    """Whether more trials would help, where enough finished to say."""
    found = run.outlook
    if found is not None:
        gains = f"+{found.expected:.2g} expected, 90 % below +{found.high:.2g}"
        words = gains if found.expected > 0 else "no gain expected"
        yield "more", f"{found.more} more trials: {words}"


def _cost(run: Run) -> str:
    cost = cost_of(run)
    gpu = f", {cost.gpu_seconds / HOUR:.2f} GPU hours" if cost.gpu_seconds else ""
    return f"{cost.words} in {_duration(cost.seconds)}{gpu}"


def _duration(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    return f"{seconds / _MINUTE:.0f} min" if seconds < HOUR else f"{seconds / HOUR:.1f} h"


def _next(champion: Champion, run: Run) -> Iterator[str]:
    from automl.search.importance import MIN_TRIALS  # with Optuna, which --help does not need

    folder = shlex.quote(str(run.folder))
    if champion.effect is None and len(run.searched) >= MIN_TRIALS and run.confirm is None:
        yield "a new run with  --confirm auto  would say how sure this is"
    if not run.is_population:
        yield f"more trials with  automl run --resume {folder} --add-trials N"
