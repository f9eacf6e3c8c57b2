"""Warns of starting weights that know the identities on which they will be scored."""

from __future__ import annotations

from pathlib import Path

from reid_model.config import ExperimentConfig
from reid_model.data.splits import TrainSplit
from reid_model.errors import CheckpointError
from reid_model.models.weights.checkpoint import checkpoint_info
from reid_model.models.weights.files import read_tensors


def leak_note(config: ExperimentConfig, train: TrainSplit) -> str | None:
    """The warning, if ``model.pretrained_model_path`` was trained on held-out identities.

    That can be told of a checkpoint of this trainer on the same training folder; of any other file
    nothing is said.
    """
    path, folder = config.model.pretrained_model_path, config.dataset.train_dataset_dir
    if not (path and train.held_out):
        return None
    try:
        info = checkpoint_info(read_tensors(Path(path), config.encryption_key), Path(path))
    except CheckpointError:
        return None
    same_folder = Path(info.spec.dataset.train_dataset_dir).resolve() == Path(folder).resolve()
    seen = set(train.held_out_pids) - set(info.held_out) if same_folder else ()
    if not seen:
        return None
    return (
        f"WARNING: {path} was trained on {len(seen)} of the {len(train.held_out_pids)} held-out "
        "identities, so cmc_rank_1 and mAP will look better than they are; start from weights of a "
        "run with the same dataset.holdout and holdout_seed, or from others' weights"
    )
