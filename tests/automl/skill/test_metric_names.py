"""What a metric's name says of its direction, and which slips of known names are seen."""

import pytest

from automl.skill.metric_names import meant_metric, usual_direction


@pytest.mark.parametrize(
    "name",
    ["train_loss", "val/loss", "valLoss", "top1_error", "epe", "val_2DMPE", "rmse", "MAE", "fpr95"]
    + ["FAR@1e-4", "latency_ms", "perplexity", "abs_rel", "eval/word_error_rate", "train_time_s"]
    + ["brier", "KID", "silog", "val/EER", "ppl", "top1_err", "minADE", "chamfer_distance", "hd95"]
    + ["fpr@tpr95", "mean_rank", "negative_log_likelihood", "neg_elbo", "1-AUC", "cross_entropy"]
    + ["wer_clean", "giou_loss", "latency_ms_p95", "pa-mpjpe", "log_avg_miss_rate", "bad_2.0"],
)
def test_less_is_better(name: str) -> None:
    assert usual_direction(name) == "minimize"


@pytest.mark.parametrize(
    "name",
    ["val_acc_1", "mAP", "mAP50", "val_3DIoU", "val_miou", "f1_score", "F1", "cmc_rank_1"]
    + [
        "val Precision at Rank 1",
        "valAccuracy",
        "top5",
        "AUROC",
        "kitti_IoU",
        "PRQ",
        "nDCG@10",
        "MRR",
    ]
    + ["rank-1", "miou@0.5", "mAP@[.5:.95]", "tar@far=1e-4", "TPR@FPR=1e-3", "tpr_at_fpr_1e-3"]
    + ["R@10", "r1", "hits@10", "images_per_sec", "tokens/s", "PCK@0.2", "log_likelihood", "rougeL"]
    + ["1-NN_accuracy", "success_rate", "bleu", "psnr", "sensitivity", "IDF1"],
)
def test_more_is_better(name: str) -> None:
    assert usual_direction(name) == "maximize"


@pytest.mark.parametrize(
    "name", ["val_bpb", "val/d1", "stop", "heat", "", "neg_loss", "neg_acc", "-loss", "1-eer"]
)
def test_other_names_do_not_tell(name: str) -> None:
    assert usual_direction(name) is None


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("cmc_rank1", "cmc_rank_1"),
        ("cmc_rnk_1", "cmc_rank_1"),
        ("CMC_Rank_1", "cmc_rank_1"),
        ("map", "mAP"),
        ("val/loss", "val_loss"),
        ("cmc_rank_1", None),
        ("cmc_rank_5", None),
        ("train_loss", None),
        ("accuracy", None),
        ("mINP", None),
    ],
)
def test_slips_of_known_names(name: str, meant: str | None) -> None:
    assert meant_metric(name, {"cmc_rank_1", "mAP", "val_loss"}) == meant
