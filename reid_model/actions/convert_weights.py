"""Keeps the tensors of a weights file and drops the objects around them; executes nothing."""

from __future__ import annotations

from pathlib import Path

from reid_model.errors import CheckpointError
from reid_model.models.weights.files import read_inert
from reid_model.models.weights.found_tensors import tensors_of


def convert_weights(file: Path, output: Path | None = None) -> str:
    """Write the tensors of ``file`` as safetensors; returns a line that says what was written.

    ``output``: by default ``file`` with the suffix ``.safetensors``. Raises CheckpointError for a
    file that cannot be read or holds no network, and if the output exists.
    """
    from safetensors.torch import save_file

    target = output or file.with_suffix(".safetensors")
    if target.exists():
        raise CheckpointError(f"{target} exists: name another file with --output")
    found, classes = read_inert(file)
    tensors = tensors_of(found)
    if not tensors:
        raise CheckpointError(f"{file} holds no tensors of a network")
    # Tensors that share their memory are written once each: safetensors takes no others.
    save_file(
        {name: value.detach().clone().contiguous() for name, value in tensors.items()}, target
    )
    dropped = f"; objects left out: {', '.join(classes)}" if classes else ""
    return f"{target}: {len(tensors)} tensors of {file}, nothing of which was executed{dropped}"
