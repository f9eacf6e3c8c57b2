"""Which metrics a run optimises, and in which directions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from automl.errors import InputError
from automl.skill import SkillInfo
from automl.trial.objective import TRAIN_TIME, Objective

_DIRECTIONS: Final = {
    "max": "maximize",
    "min": "minimize",
    "maximize": "maximize",
    "minimize": "minimize",
}


_WORDS: Final = re.compile(r"[a-z]+")


_MINIMISED: Final = frozenset(
    ["loss", "error", "err", "mse", "rmse", "mae", "time", "seconds", "latency", "perplexity"]
)


_MAXIMISED: Final = frozenset(
    ["acc", "accuracy", "score", "map", "minp", "cmc", "rank", "top", "auc", "auroc", "ap", "f"]
    + ["precision", "recall", "tpr", "iou", "miou", "dice", "reward", "psnr", "ssim", "bleu"]
)


def choose_objectives(
    info: SkillInfo, metrics: Sequence[str], mode: str | None, *, needed: bool
) -> tuple[Objective, ...]:
    """Return what the run optimises: the user's metrics in their order, else the skill's metric.

    A direct run needs no metric (``needed`` is false): its objective may have an empty one. The
    direction is that of ``NAME:max``, ``NAME:min`` or ``mode``, else the skill's, else the one
    that the metric's name implies.

    Raises:
        InputError: neither the user nor the skill names a metric, a direction is unknown or given
            twice, or the metrics cannot be optimised together.
    """
    if mode is not None and mode not in _DIRECTIONS:
        raise InputError(f"mode {mode!r} is unknown: use max or min")
    named = [_split(text) for text in metrics] or [(info.metric or "", None)]
    if not named[0][0]:
        if not needed:
            return (Objective("", "maximize"),)
        raise InputError(
            f"skill {info.name} names no metric to optimise: say --metric NAME"
            " (metrics.monitoring_metric in references/skill_info.yaml)"
        )
    if mode is not None and (len(named) > 1 or named[0][1]):
        raise InputError(
            "--mode is for one metric without a direction of its own: write --metric NAME:max or"
            " NAME:min for each"
        )
    found = tuple(Objective(n, _direction(info, n, word or mode)) for n, word in named)
    _check(found, needed=needed)
    return found


def _split(text: str) -> tuple[str, str | None]:
    """Return the name and the direction of ``NAME[:max|:min]``."""
    name, colon, word = text.rpartition(":")
    return (name, word) if colon and word in _DIRECTIONS else (text, None)


def _direction(info: SkillInfo, name: str, word: str | None) -> str:
    if word is not None:
        return _DIRECTIONS[word]
    if name == info.metric:
        usual = "minimize" if "loss" in name.lower() else "maximize"
        return info.direction or usual
    words = frozenset(_WORDS.findall(name.lower()))
    if words & _MINIMISED or "loss" in name.lower():
        return "minimize"
    if words & _MAXIMISED:
        return "maximize"
    raise InputError(
        f"the name of metric {name!r} does not tell whether more is better: write"
        f" --metric {name}:max or {name}:min, or give --mode"
    )


def _check(found: Sequence[Objective], *, needed: bool) -> None:
    names = [objective.metric for objective in found]
    if len(set(names)) < len(names):
        raise InputError(f"--metric names {', '.join(names)}: each metric once")
    if names[0] == TRAIN_TIME:
        raise InputError(
            f"{TRAIN_TIME} is known only when a trial is over, so it cannot be the first metric:"
            " the first one says which epoch of a trial counts"
        )
    if len(found) > 1 and not needed:
        raise InputError("several metrics are for sweeps: one direct run compares nothing")
