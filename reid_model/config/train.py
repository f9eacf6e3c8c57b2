"""The ``train`` section: devices, budget, optimiser and schedule."""

from __future__ import annotations

from dataclasses import dataclass

from reid_model.config.families import EPOCH_BUDGET
from reid_model.config.keys import key, section
from reid_model.config.model import MARGIN_HEADS

_MULTI_STEP = {"train.optim.warmup_method": ("constant", "linear", "exp")}
_COSINE = {"train.optim.warmup_method": ("cosine",)}
_CENTER = {"model.with_center_loss": (True,)}
_MARGIN_HEAD = {"model.id_loss_type": MARGIN_HEADS}
_COSINE_CLASSIFIER = {"model.cos_layer": (True,)}


@dataclass(frozen=True)
class CudnnConfig:
    """Determinism of the GPU kernels."""

    benchmark: bool = key(False, "Let cuDNN pick its kernels by timing.", searched=False)
    deterministic: bool = key(True, "Use deterministic kernels only.", searched=False)


@dataclass(frozen=True)
class OptimConfig:
    """The optimiser and its schedule; all lengths are in epochs."""

    name: str = key("Adam", "Optimiser.", enum=("Adam", "AdamW", "SGD"), popular=True)
    lr_monitor: str = key(
        "val_loss",
        "Kept for TAO specs, any text; no schedule, of TAO or this trainer, watches a metric.",
        searched=False,
    )
    lr_steps: tuple[int, ...] = key(
        (40, 70),
        "Epochs at which the rate is multiplied by gamma; left out, or at its default in a "
        "complete template, it is scaled by num_epochs / 120.",
        minimum=1,
        distinct=True,
        budget=EPOCH_BUDGET,
        active_when=_MULTI_STEP,
        searched=True,
        popular=True,
    )
    gamma: float = key(
        0.1,
        "Factor of the rate at each milestone.",
        minimum=0.0,
        maximum=1.0,
        search=(0.05, 0.5),
        scale="log",
        active_when=_MULTI_STEP,
    )
    layer_decay: float = key(
        1.0,
        "Factor of the rate for each stage of the backbone, or block of a vision transformer, from "
        "the head to the input; 1: none.",
        above=0.0,
        maximum=1.0,
        search=(0.5, 1.0),
    )
    bias_lr_factor: float = key(
        1.0,
        "Factor of the rate of bias parameters.",
        minimum=0.0,
        maximum=100.0,
        search=(0.5, 2.0),
        scale="log",
    )
    weight_decay: float = key(
        0.0005,
        "Weight decay.",
        minimum=0.0,
        maximum=1.0,
        search=(1e-5, 1e-2),
        scale="log",
        searched=True,
    )
    weight_decay_bias: float = key(
        0.0005,
        "Weight decay of bias parameters.",
        minimum=0.0,
        maximum=1.0,
        search=(1e-5, 1e-2),
        scale="log",
    )
    warmup_factor: float = key(
        0.01,
        "The rate at the start of the warm-up, relative to the base rate.",
        minimum=0.0,
        maximum=1.0,
        search=(0.001, 0.5),
        scale="log",
    )
    warmup_iters: int = key(
        10,
        "Epochs of warm-up before a multi-step schedule (the name is TAO's); scaled as lr_steps.",
        minimum=0,
        budget=EPOCH_BUDGET,
        math_cond="<= depends_on",
        depends_on=("train.num_epochs",),
        active_when=_MULTI_STEP,
        searched=True,
    )
    warmup_epochs: int = key(
        20,
        "Epochs of warm-up before a cosine schedule; scaled as lr_steps.",
        minimum=0,
        budget=EPOCH_BUDGET,
        math_cond="<= depends_on",
        depends_on=("train.num_epochs",),
        active_when=_COSINE,
        searched=True,
    )
    warmup_method: str = key(
        "linear",
        "constant, linear or exp warm-up before milestones, or cosine.",
        enum=("constant", "linear", "exp", "cosine"),
    )
    cosine_start: int = key(
        0,
        "Epoch at which the cosine decay starts, at the earliest after warm-up; 0: right after it.",
        minimum=0,
        math_cond="<= depends_on",
        depends_on=("train.num_epochs",),
        active_when=_COSINE,
        searched=False,
    )
    final_lr: float = key(
        0.0,
        "Rate at which a cosine schedule ends.",
        minimum=0.0,
        maximum=10.0,
        active_when=_COSINE,
        searched=False,
    )
    base_lr: float = key(
        0.00035,
        "Learning rate after the warm-up.",
        minimum=0.0,
        maximum=10.0,
        search=(3e-5, 3e-3),
        scale="log",
        searched=True,
        popular=True,
    )
    momentum: float = key(
        0.9,
        "Momentum of SGD.",
        minimum=0.0,
        maximum=1.0,
        search=(0.8, 0.99),
        active_when={"train.optim.name": ("SGD",)},
    )
    center_loss_weight: float = key(
        0.0005,
        "Weight of the center loss.",
        minimum=0.0,
        maximum=10.0,
        search=(1e-5, 1e-2),
        scale="log",
        active_when=_CENTER,
    )
    center_lr: float = key(
        0.5,
        "Learning rate of the centers.",
        minimum=0.0,
        maximum=10.0,
        search=(0.05, 1.0),
        scale="log",
        active_when=_CENTER,
    )
    triplet_loss_margin: float = key(
        0.3,
        "Margin of the triplet loss.",
        minimum=0.0,
        maximum=10.0,
        search=(0.05, 1.0),
        active_when={"model.no_margin": (False,), "model.metric_loss_type": ("triplet",)},
        searched=True,
    )
    large_fc_lr: bool = key(False, "Twice the learning rate for the classifier.")
    cosine_margin: float = key(
        0.5,
        "Margin of a margin head.",
        minimum=0.0,
        maximum=2.0,
        search=(0.1, 0.6),
        active_when=_MARGIN_HEAD,
    )
    cosine_scale: float = key(
        30.0,
        "Scale of the cosines of a margin head or of cos_layer.",
        above=0.0,
        search=(8.0, 128.0),
        scale="log",
        active_when=(_MARGIN_HEAD, _COSINE_CLASSIFIER),
    )
    trp_l2: bool = key(False, "Normalise features to unit length before the metric loss.")


@dataclass(frozen=True)
class TrainConfig:
    """Devices, budget and checkpoints."""

    num_gpus: int = key(
        1,
        "GPUs of this node; without a GPU the run is on the CPU.",
        minimum=1,
        searched=False,
        popular=True,
    )
    gpu_ids: tuple[int, ...] = key(
        (0,),
        "Which of the visible GPUs.",
        minimum=0,
        distinct=True,
        length=(1, None),
        searched=False,
    )
    num_nodes: int = key(
        1, "Machines; kept for TAO specs, only 1 is accepted.", minimum=1, searched=False
    )
    seed: int = key(
        1234,
        "Seed of every random choice; -1 draws one for each run.",
        minimum=-1,
        maximum=2**32 - 1,
        searched=False,
    )
    cudnn: CudnnConfig = section(CudnnConfig)
    num_epochs: int = key(10, "Training epochs.", minimum=1, searched=False, popular=True)
    checkpoint_interval: int = key(
        1, "A checkpoint every so many epochs or steps.", minimum=1, searched=False, popular=True
    )
    checkpoint_interval_unit: str = key(
        "epoch", "Unit of checkpoint_interval.", enum=("epoch", "step"), searched=False
    )
    validation_interval: int = key(
        1,
        "Validation every so many epochs, and always after the last.",
        minimum=1,
        searched=False,
        popular=True,
    )
    resume_training_checkpoint_path: str = key(
        "", "Checkpoint from which training goes on.", searched=False
    )
    results_dir: str = key(
        "", "Folder of the checkpoints; empty: train/ in the root results_dir.", searched=False
    )
    save_top_k: int = key(
        -1,
        "Checkpoints kept: the best by checkpoint_metric and always the newest; -1 keeps all.",
        minimum=-1,
        maximum=100000,
        searched=False,
    )
    checkpoint_metric: str = key(
        "",
        "Metric that ranks checkpoints; higher is better, for train_loss lower; empty: cmc_rank_1.",
        enum=("", "cmc_rank_1", "cmc_rank_5", "cmc_rank_10", "mAP", "train_loss"),
        searched=False,
    )
    ema_decay: float = key(
        0.0,
        "Average the weights over steps with this decay and validate the average; 0: off.",
        minimum=0.0,
        below=1.0,
        search=(0.9, 0.9999),
    )
    loggers: tuple[str, ...] = key(
        (),
        "Also write the figures for csv or tensorboard.",
        enum=("csv", "tensorboard"),
        distinct=True,
        searched=False,
    )
    grad_clip: float = key(
        0.0, "Largest gradient norm; 0 does not clip.", minimum=0.0, search=(0.0, 10.0)
    )
    accumulate: int = key(
        1,
        "Micro-batches in which a device computes each batch, one after the other, to need less "
        "memory. Steps, rates and checkpoints count whole batches; metric loss and batch "
        "statistics see one micro-batch.",
        minimum=1,
        maximum=1024,
        searched=False,
    )
    activation_checkpoint: bool = key(
        False,
        "Compute each block of the backbone again in the backward pass, to need less memory.",
        searched=False,
    )
    precision: str = key(
        "auto",
        "Floating-point precision of training steps; auto: 16-mixed on GPUs, 32 on the CPU.",
        enum=("auto", "32", "16-mixed", "bf16-mixed"),
        searched=False,
    )
    compile: bool = key(
        False,
        "Compile the network with torch.compile: faster steps after a long first one.",
        searched=False,
    )
    optim: OptimConfig = section(OptimConfig)
