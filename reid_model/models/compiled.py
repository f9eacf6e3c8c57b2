"""A network whose training step torch.compile has put together.

Only ``forward`` is compiled, which training calls with batches of one shape. The names of the
weights stay as they are, so checkpoints, export and averaging know nothing of it.
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
    """Raise ConfigError where torch.compile would find nothing to compile with in the first step.

    Its kernels are C++ on the CPU; on a GPU they are Triton's, which builds its launcher in C.
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
    """Compile ``network`` at its next call; returns what to tell people.

    What an earlier run of this process compiled is forgotten: from the ninth network on torch would
    run this one uncompiled, and not say so.
    """
    torch.compiler.reset()
    network.compile(backend=BACKEND, dynamic=False)
    return "the network is compiled in the first step, which takes long"
