"""A trained network rebuilt from its checkpoint alone, for the actions that only use it."""

from __future__ import annotations

from pathlib import Path

from reid_model.config import ExperimentConfig
from reid_model.errors import CheckpointError
from reid_model.models.network import ReIDNetwork
from reid_model.models.weights import Weights, load_weights, read_weights

_CLASSIFIER = "head.classifier.weight"


def restored_network(path: str, config: ExperimentConfig, *, key: str) -> ReIDNetwork:
    """The network of checkpoint ``path``, in evaluation mode on the CPU.

    ``key`` is the spec key that named the file. The number of classes comes from the weights, and
    no pretraining file is needed. Raises CheckpointError.
    """
    if not path:
        raise CheckpointError(f"{key} is empty: set it to a checkpoint that `train` wrote")
    weights = read_weights(Path(path))
    network = ReIDNetwork(config.model, _num_classes(weights))
    report = load_weights(network, weights, source=path)
    if report.missing or report.wrong_shape:
        raise CheckpointError(f"{path} does not fit the model section: {report.summary()}")
    return network.eval()


def _num_classes(weights: Weights) -> int:
    sizes = [len(value) for name, value in weights.items() if name.endswith(_CLASSIFIER)]
    return sizes[0] if sizes else 2
