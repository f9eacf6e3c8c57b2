"""The ONNX graph of a network: traced, checked, and compared with the network itself."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from reid_model.models.network import ReIDNetwork

INPUT, OUTPUT = "input", "fc_pred"
OPSET = 18  # what torch's exporter writes natively; TensorRT reads it from 8.6 on
_TRACED_BATCH = 2


class Embedding(nn.Module):
    """What is exported: normalised images (n, c, h, w) to embeddings (n, d)."""

    def __init__(self, network: ReIDNetwork, *, l2_normalise: bool) -> None:
        super().__init__()
        self._network, self._l2_normalise = network, l2_normalise

    def forward(self, images: Tensor) -> Tensor:
        """The retrieval feature, scaled to length 1 where asked for."""
        found = self._network.embed(images)
        return nn.functional.normalize(found) if self._l2_normalise else found


def trace_onnx(
    module: Embedding, shape: tuple[int, int, int], device: torch.device
) -> onnx.ModelProto:
    """The checked graph of ``module`` for images (n, *shape), any n, traced on ``device``."""
    example = torch.zeros(_TRACED_BATCH, *shape, device=device)
    with warnings.catch_warnings(), sdpa_kernel(SDPBackend.MATH):
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module.to(device),
            (example,),
            dynamo=True,
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_shapes=({0: torch.export.Dim("batch", min=1)},),
            verbose=False,
        )
    assert program is not None
    model: onnx.ModelProto = program.model_proto
    onnx.checker.check_model(model, full_check=True)
    return model


def describe(model: onnx.ModelProto, facts: Mapping[str, object]) -> None:
    """Write ``facts`` into the file's metadata, where Netron and onnxruntime show them."""
    onnx.helper.set_model_props(model, {name: str(value) for name, value in facts.items()})


def largest_deviation(content: bytes, module: nn.Module, images: Tensor) -> float:
    """How far onnxruntime's embeddings lie from torch's, relative to the largest number of each.

    ``images`` (n, c, h, w) are run as one batch and the first of them alone, so that a batch size
    that was fixed by mistake is found out too. Both sides compute on the CPU in float32.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    module = module.cpu()
    found = [_relative(session, module, batch) for batch in (images, images[:1])]
    return max(found)


def _relative(session: onnxruntime.InferenceSession, module: nn.Module, images: Tensor) -> float:
    with torch.inference_mode():
        expected: npt.NDArray[np.float32] = module(images).numpy()
    (given,) = session.run([OUTPUT], {INPUT: images.numpy()})
    if given.shape != expected.shape:
        return float("inf")
    scale = np.abs(expected).max(axis=1)
    deviation = np.abs(given - expected).max(axis=1) / np.maximum(scale, np.finfo(np.float32).tiny)
    return float(deviation.max())
