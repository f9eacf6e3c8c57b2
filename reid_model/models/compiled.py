"""A network whose training step torch.compile has put together.

Only ``forward`` is compiled, which training calls with batches of one shape. The names of the
weights stay as they are, so checkpoints, export and averaging know nothing of it.
"""

from __future__ import annotations

import torch
from torch import nn

BACKEND = "inductor"


def compile_network(network: nn.Module) -> str:
    """Compile ``network`` at its next call; returns what to tell people.

    What an earlier run of this process compiled is forgotten: from the ninth network on torch would
    run this one uncompiled, and not say so.
    """
    torch.compiler.reset()
    network.compile(backend=BACKEND, dynamic=False)
    return "the network is compiled in the first step, which takes long"
