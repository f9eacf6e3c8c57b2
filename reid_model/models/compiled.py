"""Compiles a network's training step with torch.compile.

Only ``forward`` is compiled; training calls it with batches of one shape. Weight names do not
change, so checkpoints, export and averaging work as before.
"""

from __future__ import annotations

import importlib.util
import os
import shutil

import torch
from torch import nn

from reid_model.errors import ConfigError

BACKEND = "inductor"


def check_compiler(*, on_gpu: bool) -> None:
    """Raise ConfigError if torch.compile would find no compiler in the first step.

    It needs a C++ compiler on the CPU; on a GPU Triton and a C compiler for Triton's launcher.
    """
    variable, usual = ("CC", ["gcc", "clang"]) if on_gpu else ("CXX", ["g++"])
    wanted = [os.environ[variable]] if os.environ.get(variable) else usual
    if not any(map(shutil.which, wanted)):
        raise ConfigError(
            f"train.compile needs a compiler and {' or '.join(wanted)} is not found: install one, "
            f"name it in ${variable}, or leave train.compile at false"
        )
    if on_gpu and not importlib.util.find_spec("triton"):
        raise ConfigError(
            "train.compile needs the package triton on a GPU: install it, or leave train.compile "
            "at false"
        )


def compile_network(network: nn.Module) -> str:
    """Compile ``network`` at its next call; returns a note for people.

    Resets torch's compiler first: from the ninth network of a process on torch would silently run
    it uncompiled.
    """
    torch.compiler.reset()
    network.compile(backend=BACKEND, dynamic=False)
    return "the network is compiled in the first step, which takes long"
