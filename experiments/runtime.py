"""Embeds crops by an exported network, with onnxruntime, NumPy and Pillow alone.

python experiments/runtime.py model.onnx query.jpg a.jpg b.jpg  # how alike the others are to it
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import onnxruntime
from PIL import Image, ImageOps


def read_crop(path: str, height: int, width: int, mode: str) -> Any:
    """Pixels (height, width, channels) in 0..1."""
    with Image.open(path) as image:
        image.draft(mode, (max(height, width),) * 2)  # as in training: large JPEGs decode small
        upright = ImageOps.exif_transpose(image).convert(mode)
        resized = upright.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(resized, dtype=np.float32).reshape(height, width, -1) / 255


def embed(session: onnxruntime.InferenceSession, paths: Sequence[str]) -> Any:
    """Embeddings (n, d), scaled to length 1; what the network needs to know is in the file."""
    facts = session.get_modelmeta().custom_metadata_map
    mean, divisor = (np.float32(json.loads(facts[name])) for name in ("pixel_mean", "pixel_std"))
    _, channels, height, width = session.get_inputs()[0].shape
    mode = "RGB" if channels == 3 else "L"
    crops = np.stack([read_crop(path, height, width, mode) for path in paths])
    images = np.ascontiguousarray(((crops - mean) / divisor).transpose(0, 3, 1, 2))
    (found,) = session.run(["fc_pred"], {"input": images})
    return found / np.linalg.norm(found, axis=1, keepdims=True)


if __name__ == "__main__":
    model, *pictures = sys.argv[1:]
    rows = embed(onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"]), pictures)
    for picture, similarity in zip(pictures[1:], rows[1:] @ rows[0], strict=True):
        print(f"{similarity:.4f}  {picture}")
