"""An exported network, run by onnxruntime on the CPU in place of the network itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import torch
from torch import Tensor, nn

from reid_model.errors import CheckpointError
from reid_model.models.weights.encryption import decrypt, is_encrypted

SUFFIX = ".onnx"


class OnnxNetwork(nn.Module):
    """Embeds normalised images by an ONNX graph with one image input and one (n, d) output.

    ``shape`` is (channels, height, width); ``facts`` the metadata that `export` wrote. ``flip``
    averages the embeddings of an image and of its mirror image.
    """

    def __init__(self, content: bytes, name: str) -> None:
        """Raises CheckpointError, naming the file, for content that is not such a graph."""
        super().__init__()
        self._session = _session(content, name)
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        shapes = [entry.shape for entry in (*inputs, *outputs)]
        if not _is_embedding(shapes):
            raise CheckpointError(
                f"{name} takes {shapes[: len(inputs)]} and gives {shapes[len(inputs) :]}: expected "
                "one input (batch, channels, height, width) and one output (batch, dimension)"
            )
        self._input, self._batch = inputs[0].name, shapes[0][0]
        self.shape: tuple[int, int, int] = tuple(shapes[0][1:])
        self.feat_dim: int = shapes[1][1]
        self.facts: Mapping[str, str] = self._session.get_modelmeta().custom_metadata_map
        self.flip = False

    def __deepcopy__(self, memo: dict[int, Any]) -> OnnxNetwork:
        return self  # it has no state, and a session cannot be copied

    def embed(self, images: Tensor, cameras: Tensor | None = None) -> Tensor:
        """The embeddings (n, feat_dim) of normalised images; ``cameras`` have no part in it."""
        found = self._run(images)
        if self.flip:
            found = (found + self._run(images.flip(-1))) / 2
        return found

    def _run(self, images: Tensor) -> Tensor:
        values = images.float().cpu().contiguous().numpy()
        found = np.concatenate([self._piece(piece) for piece in self._pieces(values)])
        return torch.from_numpy(found).to(images.device)

    def _pieces(self, values: npt.NDArray[np.float32]) -> list[npt.NDArray[np.float32]]:
        size = self._batch if isinstance(self._batch, int) else len(values)
        return [values[start : start + size] for start in range(0, len(values), size)]

    def _piece(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """One run of the graph; a graph of a fixed batch size gets it filled up with zeros."""
        count = len(values)
        if isinstance(self._batch, int) and count < self._batch:
            values = np.pad(values, ((0, self._batch - count), (0, 0), (0, 0), (0, 0)))
        found: npt.NDArray[np.float32] = self._session.run(None, {self._input: values})[0]
        return found[:count]


def read_onnx(path: Path, passphrase: str) -> OnnxNetwork:
    """The network in an ONNX file, decrypted if needed; raises CheckpointError."""
    if not path.is_file():
        raise CheckpointError(f"{path} does not exist or is not a file")
    content = path.read_bytes()
    if is_encrypted(content):
        content = decrypt(content, passphrase, name=str(path))
    return OnnxNetwork(content, str(path))


def _session(content: bytes, name: str) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as exc:  # onnxruntime's errors share no base
        reason = str(exc).strip().partition("\n")[0]
        raise CheckpointError(f"{name} cannot be read as ONNX: {reason}") from exc


def _is_embedding(shapes: list[list[Any]]) -> bool:
    """Whether the shapes are (batch, c, h, w) and (batch, d), all but the batch fixed."""
    if [len(shape) for shape in shapes] != [4, 2]:
        return False
    return all(isinstance(size, int) for shape in shapes for size in shape[1:])
