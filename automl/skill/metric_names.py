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
_INSIDE: Final = 3  # families this long count at the end of a word too: val_3DIoU, valLoss
_NOT_INSIDE: Final = frozenset(
    {"top", "map", "time", "far", "tar", "rel", "err", "cer", "wer", "kid", "mrr"}
)
_LESS_AS_WORD: Final = (
    "ade fde minade minfde hd hausdorff bpc bpd absrel sqrel mpjpe regret energy memory flops"
    " gflops mate mave mase maoe maae misclassification miss lamr violations switches cost px bad"
    " rtf entropy xent bce ce hinge medr meanr der"
)
_MORE_AS_WORD: Final = (
    "hit hits pck oks idf mcc pearson spearman correlation cider meteor spice mos pesq stoi sdr snr"
    " likelihood elbo success win return hmean chrf prec sensitivity specificity jaccard aph maph"
    " nmi ari silhouette tps qps vmaf rougel rougelsum auprc"
)
_MINIMISED: Final = frozenset(f"{_LESS_IS_BETTER} {_LESS_AS_WORD}".split())
_MAXIMISED: Final = frozenset(f"{_MORE_IS_BETTER} {_MORE_AS_WORD}".split())
_INSIDE_MINIMISED, _INSIDE_MAXIMISED = (
    tuple(f for f in families.split() if len(f) >= _INSIDE and f not in _NOT_INSIDE)
    for families in (_LESS_IS_BETTER, _MORE_IS_BETTER)
)
_CONDITION: Final = re.compile(r"(?<=\w)(?:@|[_ -]at[_ -]).*")  # tar@far=1e-4: at that rate
_MINUS: Final = re.compile(r"(?:1|one)?[_ ]?(?:-|minus[_ ])[_ ]?[a-z]+")  # 1-auc, no 1-nn_acc
_NEGATIVE: Final = re.compile(r"(?:.*[^a-z])?neg(?:ative)?[^a-z]")
_PER_SECOND: Final = re.compile(r"(?:per[_ ]?|/)s(?:ec(?:ond)?)?$")
_RECALL: Final = re.compile(r"(?:.*[^a-z])?r@?\d+")  # R@10, r1, and r2 of a regression
_MEAN_RANK: Final = re.compile(r"(?:mean|median|avg|average)[_ -]?rank")
_CLOSE, _VERY_CLOSE, _LONG = 0.8, 0.9, 6  # short names, as mAP and mINP, are alike by chance


def usual_direction(metric: str) -> Direction | None:
    """The direction that a metric of this name usually has; None where the name does not tell."""
    name = metric.strip().lower()
    found = _direction(_CONDITION.sub("", name), name)
    if not (_MINUS.fullmatch(name) or _NEGATIVE.match(name)):
        return found
    # "neg_acc" may be the accuracy of the negatives, and a negated loss a loss of negatives
    sure = _MINUS.fullmatch(name) or name.endswith(("likelihood", "elbo"))
    return "minimize" if sure and found == "maximize" else None


def _direction(name: str, whole: str) -> Direction | None:
    words = frozenset(re.findall(r"[a-z]+", re.sub(r"(\d+d)(?=[a-z])", r"\1 ", name)))
    if _PER_SECOND.search(name):
        return "maximize"
    if _MEAN_RANK.search(name) or _names(words, _MINIMISED, _INSIDE_MINIMISED):
        return "minimize"
    known = _names(words, _MAXIMISED, _INSIDE_MAXIMISED) or _RECALL.fullmatch(whole)
    return "maximize" if known else None


def _names(words: Collection[str], families: Collection[str], ends: tuple[str, ...]) -> bool:
    return any(word in families or word.endswith(ends) for word in words)


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
