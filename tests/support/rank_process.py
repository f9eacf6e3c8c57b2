"""One rank of a training on several processes, forked from a process that has all loaded."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import timm
import torch
from networks import small_swin

from reid_model.cli import cli


def train_as_rank(spec: Path, environment: Mapping[str, str], log: Path) -> None:
    """Run ``re_identification train`` in this process; what it prints goes to ``log``."""
    os.environ.update(environment)
    torch.set_num_threads(1)
    timm.create_model = small_swin.create_model
    with log.open("w") as stream:
        os.dup2(stream.fileno(), sys.stdout.fileno())
        os.dup2(stream.fileno(), sys.stderr.fileno())
        cli.main(["train", "-e", str(spec)], "re_identification", standalone_mode=False)
        sys.stdout.flush()
