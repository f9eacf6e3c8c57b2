"""Going on from a checkpoint: checked against the spec before anything is written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from reid_model.config import ExperimentConfig
from reid_model.errors import CheckpointError
from reid_model.models.checkpoint import Facts, facts_of
from reid_model.models.files import naming, read_tensors
from reid_model.models.network import ReIDNetwork


def read_facts(config: ExperimentConfig, network: ReIDNetwork) -> Facts | None:
    """The facts of ``train.resume_training_checkpoint_path``; None where training starts anew.

    Raises CheckpointError where the checkpoint cannot be read or is for another network,
    optimiser, batch plan or seed, naming the keys that differ.
    """
    path = config.train.resume_training_checkpoint_path
    if not path:
        return None
    with naming("train.resume_training_checkpoint_path"):
        facts = facts_of(read_tensors(Path(path), config.encryption_key), Path(path))
    faults = _differences(facts, config, network)
    if faults:
        raise CheckpointError(f"{path} cannot be resumed with this spec", faults)
    return facts


def _differences(facts: Facts, config: ExperimentConfig, network: ReIDNetwork) -> list[str]:
    saved = facts.spec
    found = [
        f"{name} is {now} here but was {then}"
        for name, now, then in (
            ("train.optim.name", config.train.optim.name, saved.train.optim.name),
            ("model.with_center_loss", config.model.with_center_loss, saved.model.with_center_loss),
            ("number of identities", network.num_classes, facts.num_classes),
        )
        if now != then
    ]
    same_weights = replace(
        saved.model,
        pretrain_choice=config.model.pretrain_choice,
        pretrained_model_path=config.model.pretrained_model_path,
    )
    if same_weights != config.model:
        found += [
            f"model.{name} is {getattr(config.model, name)!r} here but was {value!r}"
            for name, value in vars(same_weights).items()
            if value != getattr(config.model, name)
        ]
    return found
