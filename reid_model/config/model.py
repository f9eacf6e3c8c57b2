"""The ``model`` section: backbone, head, features and the choice of losses."""

from __future__ import annotations

from dataclasses import dataclass

from reid_model.config.families import (
    ANY_TIMM,
    BACKBONES,
    NON_LOCAL_RESNETS,
    OSNETS,
    RESNETS,
    SWINS,
    TIMM,
)
from reid_model.config.keys import key

_WITH_RESNET = {"model.backbone": RESNETS}
_WITH_SWIN = {"model.backbone": SWINS}
_BIG = (*SWINS, ANY_TIMM)
_WITH_BIG = {"model.backbone": _BIG}
_WITH_FEAT_DIM = (
    {"model.backbone": (*RESNETS, *OSNETS)},
    {"model.backbone": _BIG, "model.reduce_feat_dim": (True,)},
)
_WITH_JPM = {"model.backbone": _BIG, "model.jpm": (True,)}
_WITH_SHUFFLE = {**_WITH_JPM, "model.re_arrange": (True,)}
_WITH_SIE = {**_WITH_BIG, "model.sie_camera": (True,)}
MARGIN_HEADS = ("arcface", "cosface", "amsoftmax", "circle")


@dataclass(frozen=True)
class ModelConfig:
    """What network is built and what it is taught."""

    backbone: str = key(
        "resnet_50",
        "Network that turns a crop into features; timm:NAME is any network of timm.",
        enum=BACKBONES,
        pattern=f"^{TIMM}.",
        popular=True,
    )
    last_stride: int = key(
        1,
        "Stride of the last ResNet stage; 1 keeps twice the resolution.",
        enum=(1, 2),
        active_when=_WITH_RESNET,
    )
    non_local: bool = key(
        False,
        "Non-local blocks in stages 2 and 3 of a ResNet-50 or -101, as AGW and fast-reid have.",
        active_when={"model.backbone": NON_LOCAL_RESNETS},
    )
    pretrain_choice: str = key(
        "imagenet",
        "Where starting weights come from: imagenet, self (pretrained_model_path) or none.",
        enum=("imagenet", "self", "none"),
        searched=False,
    )
    pretrained_model_path: str = key(
        "", "File of starting weights (.pth or .safetensors).", searched=False, popular=True
    )
    pretrained_partial: bool = key(
        False,
        "Start from pretrained_model_path although it holds less than 0.9 of the backbone.",
        searched=False,
    )
    freeze: str = key(
        "none",
        "What keeps its starting weights and batch statistics: none, the backbone, or its first "
        "stages.",
        enum=("none", "backbone", "stages"),
        searched=False,
    )
    freeze_stages: int = key(
        1,
        "Stages, or blocks of a vision transformer, that are frozen with the stem; 0: the stem "
        "alone.",
        minimum=0,
        active_when={"model.freeze": ("stages",)},
        searched=False,
    )
    freeze_epochs: int = key(
        0,
        "Epochs after which the frozen part learns too; 0: never.",
        minimum=0,
        active_when={"model.freeze": ("backbone", "stages")},
        searched=False,
    )
    input_channels: int = key(
        3, "Colour channels: 3, or 1 for greyscale.", enum=(1, 3), searched=False
    )
    input_width: int = key(
        128,
        "Width to which crops are resized, pixels.",
        minimum=16,
        maximum=1024,
        search=(64, 192),
        step=32,
        popular=True,
    )
    input_height: int = key(
        256,
        "Height to which crops are resized, pixels.",
        minimum=16,
        maximum=1024,
        search=(128, 384),
        step=32,
        popular=True,
    )
    neck: str = key(
        "bnneck",
        "Layer between feature and classifier; bnneck: batch normalisation, no: none.",
        enum=("bnneck", "no"),
    )
    feat_dim: int = key(
        256,
        "Length of the embedding; with jpm, of each of the 1 + devide_length features in it.",
        minimum=32,
        maximum=4096,
        search=(128, 512),
        step=128,
        active_when=_WITH_FEAT_DIM,
        popular=True,
    )
    neck_feat: str = key(
        "after",
        "Feature used for retrieval: before or after the neck.",
        enum=("before", "after"),
        active_when={"model.neck": ("bnneck",)},
    )
    metric_loss_type: str = key(
        "triplet",
        "Metric loss: batch-hard or weighted-regularised triplets.",
        enum=("triplet", "weighted_triplet"),
    )
    with_center_loss: bool = key(False, "Add the center loss.")
    with_flip_feature: bool = key(
        False, "At test, average the features of a crop and of its mirror image."
    )
    label_smooth: bool = key(True, "Smooth the identity labels by 0.1.")
    label_smooth_others: bool = key(
        False,
        "Share the 0.1 among the other identities alone (fast-reid), not among all.",
        active_when={"model.label_smooth": (True,)},
        searched=False,
    )
    pretrain_hw_ratio: float = key(
        2.0,
        "Height to width ratio of the crops that Swin weights were trained on; kept for TAO specs, "
        "only the default is accepted: positions are resized from the grid of the file.",
        above=0.0,
        maximum=8.0,
        searched=False,
    )
    id_loss_type: str = key("softmax", "Identity classifier.", enum=("softmax", *MARGIN_HEADS))
    id_loss_weight: float = key(
        1.0,
        "Weight of the identity loss.",
        minimum=0.0,
        maximum=100.0,
        search=(0.25, 2.0),
        scale="log",
        searched=True,
    )
    triplet_loss_weight: float = key(
        1.0,
        "Weight of the metric loss.",
        minimum=0.0,
        maximum=100.0,
        search=(0.25, 4.0),
        scale="log",
        searched=True,
    )
    no_margin: bool = key(
        False,
        "Soft margin log(1 + exp(.)) in place of a fixed triplet margin.",
        active_when={"model.metric_loss_type": ("triplet",)},
    )
    cos_layer: bool = key(
        False,
        "Classify by cosine times cosine_scale, as margin heads do, instead of by inner product.",
        active_when={"model.id_loss_type": ("softmax",)},
    )
    dropout_rate: float = key(
        0.0,
        "Dropout on the feature before the classifier.",
        minimum=0.0,
        maximum=1.0,
        search=(0.0, 0.5),
    )
    reduce_feat_dim: bool = key(
        False,
        "Swin and timm: reduce the feature to feat_dim by a linear layer.",
        active_when=_WITH_BIG,
    )
    drop_path: float = key(
        0.1,
        "Swin and timm: stochastic depth.",
        minimum=0.0,
        maximum=1.0,
        search=(0.0, 0.5),
        active_when=_WITH_BIG,
    )
    drop_out: float = key(
        0.0,
        "Swin and timm: dropout inside the blocks.",
        minimum=0.0,
        maximum=1.0,
        search=(0.0, 0.3),
        active_when=_WITH_BIG,
    )
    att_drop_rate: float = key(
        0.0,
        "Swin and timm: dropout of attention weights.",
        minimum=0.0,
        maximum=1.0,
        search=(0.0, 0.3),
        active_when=_WITH_BIG,
    )
    patch_stride: int = key(
        0,
        "timm's vision transformers: stride of the patch embedding in pixels; below the patch "
        "size, patches overlap; 0: the patch size.",
        minimum=0,
        maximum=64,
        active_when={"model.backbone": (ANY_TIMM,)},
        searched=False,
    )
    stride_size: tuple[int, ...] = key(
        (16, 16),
        "Stride of the patch embedding; kept for TAO specs, only the default is accepted: set "
        "patch_stride.",
        length=(2, 2),
        minimum=1,
        maximum=64,
        searched=False,
    )
    gem_pooling: bool = key(False, "Learnable generalised-mean pooling instead of the average.")
    stem_conv: bool = key(
        False,
        "Convolutional stem of a vision transformer; kept for TAO specs, only the default is "
        "accepted.",
        searched=False,
    )
    jpm: bool = key(
        False,
        "Swin and timm: jigsaw patch module (part features).",
        active_when=_WITH_BIG,
    )
    shift_num: int = key(
        5,
        "JPM: patches shifted to the end.",
        minimum=0,
        maximum=64,
        search=(0, 10),
        active_when=_WITH_SHUFFLE,
    )
    shuffle_group: int = key(
        2,
        "JPM: groups of the patch shuffle.",
        minimum=1,
        maximum=64,
        search=(1, 8),
        active_when=_WITH_SHUFFLE,
    )
    devide_length: int = key(
        4,
        "JPM: number of parts.",
        minimum=1,
        maximum=64,
        search=(2, 8),
        active_when=_WITH_JPM,
    )
    re_arrange: bool = key(
        True,
        "JPM: shuffle the patches before they are divided.",
        active_when=_WITH_JPM,
    )
    sie_coe: float = key(
        3.0,
        "Weight of the side-information embedding.",
        minimum=0.0,
        search=(0.5, 5.0),
        active_when=_WITH_SIE,
    )
    sie_camera: bool = key(
        False,
        "Swin and timm's vision transformers: embed the camera into the patches.",
        active_when=_WITH_BIG,
    )
    sie_view: bool = key(
        False,
        "Embed the viewpoint into the features; kept for TAO specs, only the default is accepted.",
        searched=False,
    )
    semantic_weight: float = key(
        1.0,
        "SOLIDER: semantic weight; 1.0 switches it off.",
        minimum=0.0,
        maximum=1.0,
        active_when=_WITH_SWIN,
    )
