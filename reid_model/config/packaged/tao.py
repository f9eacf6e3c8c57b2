"""What NVIDIA TAO's ReID schema accepts of our keys, where that is less than this trainer does.

The generated schemas carry it as ``x_tao``: a JSON Schema, ``false`` for a key that TAO lacks.
``automl spec --for tao`` leaves out what it refuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from reid_model.config.families import PLAIN_RESNETS, SWINS

WORD: Final = "x_tao"

OWN_SECTIONS: Final = ("evaluate", "inference", "export")
"""Sections that TAO has in the schema of the action of the same name alone."""

_OURS: Final = (
    "evaluate.protocol",
    "dataset.pattern",
    "dataset.extra_train_dirs",
    "model.non_local",
    "model.patch_stride",
    "model.pretrained_partial",
    "model.label_smooth_others",
    "train.optim.cosine_start",
    "train.optim.final_lr",
    "dataset.holdout",
    "dataset.holdout_seed",
    "dataset.cache_dir",
    "dataset.cache_limit_gb",
    "dataset.brightness",
    "dataset.contrast",
    "dataset.saturation",
    "dataset.grey_prob",
    "dataset.hue",
    "dataset.local_grey_prob",
    "dataset.auto_augment_prob",
    "dataset.augmix_prob",
    "dataset.patch_prob",
    "model.freeze",
    "model.freeze_stages",
    "model.freeze_epochs",
    "train.optim.layer_decay",
    "train.activation_checkpoint",
    "train.save_top_k",
    "train.checkpoint_metric",
    "train.ema_decay",
    "train.loggers",
    "train.accumulate",
    "train.compile",
    "train.precision",
    "export.l2_normalise",
    "export.fp16",
    "export.opset",
)

_SHARE: Final = {"maximum": 1.0}

# Words are free text in TAO's schema; what its code knows is what counts.
_NARROWER: Final[Mapping[str, Mapping[str, Any]]] = {
    "model.backbone": {"enum": [*PLAIN_RESNETS, *SWINS]},
    "model.neck": {"const": "bnneck"},
    "model.metric_loss_type": {"const": "triplet"},
    "train.optim.warmup_method": {"enum": ["constant", "linear", "cosine"]},
    "model.last_stride": {"const": 1},
    "model.input_channels": {"const": 3},
    "model.input_width": {"const": 128},
    "model.input_height": {"const": 256},
    "model.feat_dim": {"maximum": 768},
    "model.pretrain_hw_ratio": {"const": 2.0},
    "model.id_loss_weight": _SHARE,
    "model.triplet_loss_weight": _SHARE,
    "model.shift_num": {"const": 5},
    "model.shuffle_group": {"const": 2},
    "model.devide_length": {"const": 4},
    "dataset.num_workers": {"minimum": 1},
    "dataset.padding": {"maximum": 10},
    "dataset.num_instances": {"minimum": 4},
    "train.optim.lr_steps": {"minItems": 2, "maxItems": 2},
    "train.optim.bias_lr_factor": _SHARE,
    "train.optim.base_lr": _SHARE,
    "train.optim.center_loss_weight": _SHARE,
    "train.optim.center_lr": _SHARE,
    "train.optim.triplet_loss_margin": _SHARE,
    "train.optim.cosine_margin": _SHARE,
    "train.optim.cosine_scale": {"minimum": 1.0},
    "re_ranking.k1": {"const": 20},
    "re_ranking.k2": {"const": 6},
    "re_ranking.lambda_value": {"maximum": 0.3},
    "re_ranking.max_rank": {"const": 10},
    "re_ranking.num_query": {"const": 10},
}

MARKS: Final[Mapping[str, Any]] = {**dict.fromkeys(_OURS, False), **_NARROWER}
"""Dotted key -> what TAO accepts of it."""


def section_mark(name: str, action: str) -> dict[str, bool]:
    """The mark of a section in the schema of ``action``; empty if TAO has it there."""
    return {WORD: False} if name in OWN_SECTIONS and name != action else {}


def key_mark(name: str) -> dict[str, Any]:
    """The mark of a dotted key; empty if TAO accepts all that this trainer does."""
    return {WORD: MARKS[name]} if name in MARKS else {}
