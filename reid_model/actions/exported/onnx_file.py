"""The ONNX graph of a network: traced, checked, and compared with the network itself."""

from __future__ import annotations

import copy
import io
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from reid_model.config.actions import DEFAULT_OPSET
from reid_model.errors import ConfigError
from reid_model.models.network import ReIDNetwork

INPUT, OUTPUT, BATCH = "input", "fc_pred", "batch"
_TRACED_BATCH = 2


class ExportedNetwork(nn.Module):
    """What is exported: normalised images (n, c, h, w) to embeddings (n, d), both float32.

    With ``half`` the backbone has weights of 16 bits and computes in them. Pooling and head do not:
    a generalised mean takes powers that 16 bits cannot hold.
    """

    def __init__(self, network: ReIDNetwork, *, l2_normalise: bool, half: bool = False) -> None:
        super().__init__()
        if half:
            network = copy.deepcopy(network)
            network.backbone = _HalfBackbone(network.backbone)  # type: ignore[assignment]
        self._network, self._l2_normalise = network, l2_normalise

    def forward(self, images: Tensor) -> Tensor:
        """The retrieval feature, scaled to length 1 if asked for."""
        found = self._network.embed(images)
        return nn.functional.normalize(found) if self._l2_normalise else found


class _HalfBackbone(nn.Module):
    """A backbone that computes in 16 bits; what goes in and comes out has 32."""

    def __init__(self, backbone: nn.Module) -> None:
        super().__init__()
        self._backbone = backbone.half()

    def forward(self, images: Tensor, *cameras: Any) -> Any:
        found = self._backbone(images.half(), *cameras)
        return tuple(map(Tensor.float, found)) if isinstance(found, tuple) else found.float()


def trace_onnx(
    module: ExportedNetwork,
    shape: tuple[int, int, int],
    device: torch.device,
    opset: int = DEFAULT_OPSET,
) -> onnx.ModelProto:
    """The checked graph of ``module`` for images (n, *shape), any n, traced on ``device``.

    Raises ConfigError if the network cannot be written in ``opset``.
    """
    example = torch.zeros(_TRACED_BATCH, *shape, device=device)
    write = _current if opset >= DEFAULT_OPSET else _earlier
    try:
        with warnings.catch_warnings(), sdpa_kernel(SDPBackend.MATH):
            warnings.simplefilter("ignore")
            model = write(module.to(device), example, opset)
        onnx.checker.check_model(model, full_check=True)
    except (torch.onnx.OnnxExporterError, onnx.checker.ValidationError) as exc:
        raise _unwritable(opset, str(exc)) from exc
    if [entry.version for entry in model.opset_import if not entry.domain] != [opset]:
        raise _unwritable(opset, "a part of the network has no form there")
    return model


def _current(module: ExportedNetwork, example: Tensor, opset: int) -> onnx.ModelProto:
    """By torch's exporter, which writes the default opset and converts it to later ones."""
    program = torch.onnx.export(
        module,
        (example,),
        dynamo=True,
        opset_version=opset,
        input_names=[INPUT],
        output_names=[OUTPUT],
        dynamic_shapes=({0: torch.export.Dim(BATCH, min=1)},),
        verbose=False,
    )
    assert program is not None
    model: onnx.ModelProto = program.model_proto
    return model


def _earlier(module: ExportedNetwork, example: Tensor, opset: int) -> onnx.ModelProto:
    """By torch's former exporter, the only one that writes earlier opsets."""
    content = io.BytesIO()
    torch.onnx.export(
        module,
        (example,),
        content,  # type: ignore[arg-type]
        dynamo=False,
        opset_version=opset,
        input_names=[INPUT],
        output_names=[OUTPUT],
        dynamic_axes={INPUT: {0: BATCH}, OUTPUT: {0: BATCH}},
    )
    return onnx.load_model_from_string(content.getvalue())


def _unwritable(opset: int, reason: str) -> ConfigError:
    told = reason.strip().partition("\n")[0]
    return ConfigError(f"export.opset {opset}: {told}; set it to {DEFAULT_OPSET}")


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
    found = [_relative_deviation(session, module, batch) for batch in (images, images[:1])]
    return float(np.max(found))  # NaN if any is


def _relative_deviation(
    session: onnxruntime.InferenceSession, module: nn.Module, images: Tensor
) -> float:
    with torch.inference_mode():
        expected: npt.NDArray[np.float32] = module(images).numpy()
    (given,) = session.run([OUTPUT], {INPUT: images.numpy()})
    if given.shape != expected.shape:
        return float("inf")
    scale = np.abs(expected).max(axis=1)
    deviation = np.abs(given - expected).max(axis=1) / np.maximum(scale, np.finfo(np.float32).tiny)
    return float(deviation.max())
