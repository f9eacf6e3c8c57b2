"""Published recipes as specs: what `re_identification recipe NAME` writes.

Each holds what its source says and the trainer honours, default or not. docs/recipes.md says what
of a published recipe the trainer lacks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml

_HALF: Final = {"dataset.pixel_mean": [0.5] * 3, "dataset.pixel_std": [0.5] * 3}
_IMAGENET: Final = {
    "dataset.pixel_mean": [0.485, 0.456, 0.406],
    "dataset.pixel_std": [0.229, 0.224, 0.225],
}
_CROPS: Final = {
    "model.input_height": 256,
    "model.input_width": 128,
    "dataset.padding": 10,
    "dataset.prob": 0.5,
    "dataset.re_prob": 0.5,
    "dataset.sampler": "softmax_triplet",
    "dataset.batch_size": 64,
    "dataset.num_instances": 4,
}
_RESNET: Final = {
    **_CROPS,
    **_IMAGENET,
    "model.backbone": "resnet_50",
    "model.last_stride": 1,
    "model.feat_dim": 2048,
    "model.neck": "bnneck",
    "model.neck_feat": "after",
    "model.id_loss_type": "softmax",
    "model.id_loss_weight": 1.0,
    "model.triplet_loss_weight": 1.0,
    "train.optim.name": "Adam",
    "train.optim.base_lr": 3.5e-4,
    "train.optim.weight_decay": 5e-4,
}
_DROPS: Final = {
    "train.optim.warmup_method": "linear",
    "train.optim.warmup_iters": 10,
    "train.optim.warmup_factor": 0.01,
    "train.optim.lr_steps": [40, 70],
    "train.optim.gamma": 0.1,
}
_CENTER: Final = {
    "model.with_center_loss": True,
    "train.optim.center_lr": 0.5,
    "train.optim.center_loss_weight": 0.0005,
}
_TRANSFORMER: Final = {
    **_CROPS,
    **_HALF,
    "model.neck": "bnneck",
    "model.neck_feat": "before",
    "model.reduce_feat_dim": False,
    "model.id_loss_type": "softmax",
    "model.triplet_loss_weight": 1.0,
    "model.metric_loss_type": "triplet",
    "train.optim.bias_lr_factor": 2.0,
    "train.optim.weight_decay": 1e-4,
    "train.optim.weight_decay_bias": 1e-4,
}
_SGD_COSINE: Final = {
    "model.label_smooth": False,
    "model.no_margin": True,
    "model.id_loss_weight": 1.0,
    "model.drop_path": 0.1,
    "train.num_epochs": 120,
    "train.optim.name": "SGD",
    "train.optim.momentum": 0.9,
    "train.optim.warmup_method": "cosine",
    "train.optim.warmup_factor": 0.01,
}


@dataclass(frozen=True)
class Recipe:
    """Where a recipe was published, and its values by dotted key."""

    source: str
    values: Mapping[str, Any]


RECIPES: Final[Mapping[str, Recipe]] = {
    "bot": Recipe(
        "Luo et al., Bag of Tricks, CVPRW 2019: reid-strong-baseline, "
        "configs/softmax_triplet_with_center.yml",
        {
            **_RESNET,
            **_DROPS,
            **_CENTER,
            "model.label_smooth": True,
            "model.metric_loss_type": "triplet",
            "train.num_epochs": 120,
            "train.optim.triplet_loss_margin": 0.3,
            "train.optim.bias_lr_factor": 1.0,
            "train.optim.weight_decay_bias": 5e-4,
        },
    ),
    "agw": Recipe(
        "Ye et al., Deep Learning for Person Re-identification, TPAMI 2021: ReID-Survey, "
        "configs/AGW_baseline.yml and config/defaults.py",
        {
            **_RESNET,
            **_DROPS,
            **_CENTER,
            "model.gem_pooling": True,
            "model.non_local": True,
            "model.metric_loss_type": "weighted_triplet",
            "model.label_smooth": True,
            "train.num_epochs": 160,
        },
    ),
    "sbs": Recipe(
        "He et al., FastReID, 2020: fast-reid, configs/Base-SBS.yml; 2000 steps of warm-up are 10 "
        "epochs of Market-1501, 1000 steps of the frozen backbone 5",
        {
            **_RESNET,
            "model.input_height": 384,
            "model.gem_pooling": True,
            "model.non_local": True,
            "model.id_loss_type": "circle",
            "model.label_smooth": True,
            "model.label_smooth_others": True,
            "model.metric_loss_type": "triplet",
            "model.no_margin": True,
            "model.freeze": "backbone",
            "model.freeze_epochs": 5,
            "dataset.num_instances": 16,
            "dataset.auto_augment_prob": 0.1,
            "train.num_epochs": 60,
            "train.optim.cosine_scale": 64.0,
            "train.optim.cosine_margin": 0.35,
            "train.optim.warmup_method": "cosine",
            "train.optim.warmup_epochs": 10,
            "train.optim.warmup_factor": 0.1,
            "train.optim.cosine_start": 30,
            "train.optim.final_lr": 7e-7,
        },
    ),
    "solider": Recipe(
        "Chen et al., SOLIDER, CVPR 2023: SOLIDER-REID, configs/market/swin_base.yml, rate and "
        "semantic weight of run.sh (there for MSMT17); set model.pretrained_model_path to its "
        "weights",
        {
            **_TRANSFORMER,
            **_SGD_COSINE,
            "model.backbone": "swin_base_patch4_window7_224",
            "model.input_height": 384,
            "model.semantic_weight": 0.2,
            "train.optim.base_lr": 2e-4,
            "train.optim.warmup_epochs": 20,
            "train.optim.final_lr": 4e-7,
        },
    ),
    "transreid": Recipe(
        "He et al., TransReID, ICCV 2021: TransReID, configs/Market/vit_transreid_stride.yml, "
        "config/defaults.py and solver/scheduler_factory.py",
        {
            **_TRANSFORMER,
            **_SGD_COSINE,
            "model.backbone": "timm:vit_base_patch16_224",
            "model.patch_stride": 12,
            "model.sie_camera": True,
            "model.sie_coe": 3.0,
            "model.jpm": True,
            "model.re_arrange": True,
            "model.shift_num": 5,
            "model.shuffle_group": 2,
            "model.devide_length": 4,
            "train.optim.base_lr": 0.008,
            "train.optim.warmup_epochs": 5,
            "train.optim.final_lr": 1.6e-5,
        },
    ),
    "clip-reid-stage2": Recipe(
        "Li et al., CLIP-ReID, AAAI 2023: CLIP-ReID, configs/person/vit_clipreid.yml, STAGE2",
        {
            **_TRANSFORMER,
            "model.backbone": "timm:vit_base_patch16_clip_224.openai",
            "model.label_smooth": True,
            "model.id_loss_weight": 0.25,
            "model.no_margin": False,
            "model.drop_path": 0.0,
            "train.num_epochs": 60,
            "train.optim.name": "Adam",
            "train.optim.base_lr": 5e-6,
            "train.optim.triplet_loss_margin": 0.3,
            "train.optim.warmup_method": "linear",
            "train.optim.warmup_iters": 10,
            "train.optim.warmup_factor": 0.1,
            "train.optim.lr_steps": [30, 50],
            "train.optim.gamma": 0.1,
        },
    ),
    "fast": Recipe(
        "not published: a small network for a first result",
        {
            **_CROPS,
            "model.backbone": "osnet_x0_25",
            "model.input_height": 128,
            "model.input_width": 64,
            "dataset.padding": 5,
            "train.num_epochs": 30,
            "train.optim.name": "AdamW",
            "train.optim.base_lr": 1e-3,
            "train.optim.warmup_method": "cosine",
            "train.optim.warmup_epochs": 3,
        },
    ),
}


def recipe_spec(name: str) -> dict[str, Any]:
    """The recipe ``name`` as a nested spec of the keys that it sets."""
    spec: dict[str, Any] = {}
    for dotted, value in RECIPES[name].values.items():
        *sections, leaf = dotted.split(".")
        node = spec
        for section in sections:
            node = node.setdefault(section, {})
        node[leaf] = value
    return spec


def recipe_text(name: str) -> str:
    """The recipe ``name`` as YAML, its source in the first line."""
    return f"# Recipe {name}: {RECIPES[name].source}\n{_yaml(recipe_spec(name))}"


def _yaml(spec: Mapping[str, Any]) -> str:
    return yaml.dump(spec, Dumper=_ShortLists, sort_keys=False, default_flow_style=False)


class _ShortLists(yaml.SafeDumper):
    """Writes a list on one line."""


_ShortLists.add_representer(
    list, lambda to, value: to.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=True)
)
