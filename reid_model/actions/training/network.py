"""Builds the network of a training run, as the keys of ``model`` and ``train`` ask for it."""

from __future__ import annotations

from reid_model.config import ExperimentConfig
from reid_model.data.splits import TrainSplit
from reid_model.models.network import ReIDNetwork
from reid_model.models.recompute import recompute_blocks
from reid_model.models.stages import stage_numbers


def build_network(config: ExperimentConfig, train: TrainSplit) -> ReIDNetwork:
    """The network for the identities and cameras of ``train``, randomly initialised.

    Raises ConfigError if the backbone cannot take what the spec asks of it.
    """
    network = ReIDNetwork(config.model, train.num_classes, train.num_cameras)
    if config.train.optim.layer_decay < 1.0:
        stage_numbers(network.backbone)  # refused here if there are none
    if config.train.activation_checkpoint:
        recompute_blocks(network)
    return network
