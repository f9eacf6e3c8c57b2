"""Draws the seed of a run whose ``train.seed`` is -1, the same one in all its processes."""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import replace
from pathlib import Path

from reid_model.config import ExperimentConfig
from reid_model.models.weights.checkpoint import checkpoint_info
from reid_model.models.weights.files import naming, read_tensors

VARIABLE = "RE_IDENTIFICATION_SEED"
_LIMIT = 2**31
_RENDEZVOUS = ("MASTER_ADDR", "MASTER_PORT", "TORCHELASTIC_RUN_ID")


def run_seed(seed: int) -> int:
    """``seed``, or for -1 a drawn one, which the environment keeps for the ranks of this run.

    Ranks started by a launcher share only its rendezvous variables, so the seed is a hash of them.
    """
    if seed >= 0:
        return seed
    if VARIABLE not in os.environ:
        drawn = _of_rendezvous() if "RANK" in os.environ else secrets.randbelow(_LIMIT)
        os.environ[VARIABLE] = str(drawn)
    return int(os.environ[VARIABLE])


def with_seed(config: ExperimentConfig) -> tuple[ExperimentConfig, str | None]:
    """``config`` with the seed of this run, and a note if it was drawn.

    A resumed run goes on with the seed in its checkpoint. Raises CheckpointError.
    """
    if config.train.seed >= 0:
        return config, None
    seed = _of_checkpoint(config)
    drawn = run_seed(-1) if seed is None else seed
    note = f"train.seed {drawn} ({'drawn' if seed is None else 'from the checkpoint'}, since -1)"
    return replace(config, train=replace(config.train, seed=drawn)), note


def _of_checkpoint(config: ExperimentConfig) -> int | None:
    path = config.train.resume_training_checkpoint_path
    if not path:
        return None
    with naming("train.resume_training_checkpoint_path"):
        info = checkpoint_info(read_tensors(Path(path), config.encryption_key), Path(path))
    return info.spec.train.seed


def _of_rendezvous() -> int:
    words = " ".join(os.environ.get(name, "") for name in _RENDEZVOUS)
    return int.from_bytes(hashlib.sha256(words.encode()).digest()[:4]) % _LIMIT
