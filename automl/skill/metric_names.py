"""What a metric's name says: whether less is better, and which known name a wrong one resembles."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from typing import Final

from automl.skill.info import Direction

_LESS_IS_BETTER: Final = (
    "loss error err mse rmse mae mape mpe epe fpr far frr fnr eer wer cer nll kl ece fid kid lpips"
    " perplexity ppl rel silog brier chamfer time seconds latency distance deviation"
)
_MORE_IS_BETTER: Final = (
    "acc accuracy score map minp cmc rank top auc auroc ap f precision recall tpr tar iou miou dice"
    " reward psnr ssim bleu rouge pq prq rq sq nds mota hota ndcg mrr kappa throughput fps"
)
_MINIMISED: Final = frozenset(_LESS_IS_BETTER.split())
_MAXIMISED: Final = frozenset(_MORE_IS_BETTER.split())

_INSIDE: Final = 3  # families this long count inside a word too: val_3DIoU, valLoss
_NOT_INSIDE: Final = frozenset(
    {"top", "map", "time", "far", "tar", "rel", "err", "cer", "wer", "kid", "mrr"}
)
_CLOSE, _VERY_CLOSE, _LONG = 0.8, 0.9, 6  # short names, as mAP and mINP, are alike by chance


def usual_direction(metric: str) -> Direction | None:
    """The direction that a metric of this name usually has; None where the name does not tell."""
    words = frozenset(re.findall(r"[a-z]+", re.sub(r"(\d+d)(?=[a-z])", r"\1 ", metric.lower())))
    if _names(words, _MINIMISED):
        return "minimize"
    return "maximize" if _names(words, _MAXIMISED) else None


def _names(words: Collection[str], families: Collection[str]) -> bool:
    longer = tuple(f for f in families if len(f) >= _INSIDE and f not in _NOT_INSIDE)
    return any(word in families or word.endswith(longer) for word in words)


def meant_metric(name: str, known: Collection[str], *, sure: bool = True) -> str | None:
    """The known metric that ``name`` is a slip of; None if it is known or resembles none.

    ``sure``: the name is refused for it, so it must be very close; False for a mere hint.
    Names that differ in a number, as ``cmc_rank_1`` and ``cmc_rank_5``, are different metrics.
    """
    if name in known:
        return None
    plain = {_plain(one): one for one in known if _numbers(one) == _numbers(name)}
    cutoff = _CLOSE if not sure or len(_plain(name)) >= _LONG else _VERY_CLOSE
    near = difflib.get_close_matches(_plain(name), plain, n=1, cutoff=cutoff)
    return plain[near[0]] if near else None


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _numbers(name: str) -> list[str]:
    return re.findall(r"\d+", name)
