"""A champion in a line, the same in every command."""

from __future__ import annotations

from automl.results.champion.decide import Champion


def champion_words(champion: Champion, metric: str) -> str:
    """Return which trial is the champion, what it reached, and what the defaults did."""
    reached = f"{champion_value(champion, metric)}{beside_defaults(champion)}"
    return f"trial {champion.trial}  {reached}"


def champion_value(champion: Champion, metric: str) -> str:
    """Return what the champion reached, and in how many fresh trainings."""
    times = "1 fresh training" if champion.fresh == 1 else f"{champion.fresh} fresh trainings"
    of = f" (mean of {times})" if champion.fresh else ""
    return f"{metric} {champion.reached:.4f}{of}"


def beside_defaults(champion: Champion) -> str:
    """Return what the defaults reached, measured in the same way; empty without a value."""
    return "" if champion.defaults is None else f"  (defaults: {champion.defaults:.4f})"
