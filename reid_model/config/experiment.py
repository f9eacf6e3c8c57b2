"""The whole spec: one dataclass for all actions, as NVIDIA TAO packages them."""

from __future__ import annotations

from dataclasses import dataclass

from reid_model.config.actions import (
    EvaluateConfig,
    ExportConfig,
    InferenceConfig,
    ReRankingConfig,
    WandbConfig,
)
from reid_model.config.dataset import DatasetConfig
from reid_model.config.keys import key, section
from reid_model.config.model import ModelConfig
from reid_model.config.train import TrainConfig

ACTIONS = ("train", "evaluate", "inference", "export")


@dataclass(frozen=True)
class ExperimentConfig:
    """A complete, validated spec; every action reads the sections that concern it."""

    model_name: str = key(
        "re_identification", "A label for checkpoints, status messages and loggers.", searched=False
    )
    encryption_key: str = key(
        "",
        "Encrypts checkpoints and ONNX files at rest when set; env:NAME takes it from the"
        " environment variable NAME.",
        searched=False,
    )
    results_dir: str = key("", "Folder that the run may write to.", searched=False, popular=True)
    wandb: WandbConfig = section(WandbConfig)
    model: ModelConfig = section(ModelConfig)
    dataset: DatasetConfig = section(DatasetConfig)
    train: TrainConfig = section(TrainConfig)
    re_ranking: ReRankingConfig = section(ReRankingConfig)
    evaluate: EvaluateConfig = section(EvaluateConfig)
    inference: InferenceConfig = section(InferenceConfig)
    export: ExportConfig = section(ExportConfig)
