"""Reads tensor files without executing anything in them; decrypts encrypted ones."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from reid_model.errors import CheckpointError
from reid_model.models.encryption import decrypt, is_encrypted


def read_tensors(path: Path, passphrase: str = "") -> Any:
    """The content of a ``.pth`` or ``.safetensors`` file, on the CPU.

    Raises CheckpointError, naming the file, for one that is missing, unreadable, holds more than
    plain containers and tensors, or needs another key.
    """
    if not path.is_file():
        raise CheckpointError(f"{path} does not exist or is not a file")
    try:
        content = path.read_bytes()
        if is_encrypted(content):
            content = decrypt(content, passphrase, name=str(path))
        return _parsed(content, path.suffix)
    except CheckpointError:
        raise
    except Exception as exc:  # torch raises anything from UnpicklingError to RuntimeError
        raise CheckpointError(f"{path} cannot be read: {_first_line(exc)}") from exc


@contextmanager
def naming(key: str) -> Iterator[None]:
    """Prefix the CheckpointError of a file with the spec key that names the file."""
    try:
        yield
    except CheckpointError as exc:
        raise CheckpointError(f"{key}: {exc}") from exc


def _parsed(content: bytes, suffix: str) -> Any:
    if suffix == ".safetensors":
        from safetensors.torch import load

        return load(content)
    return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)


def _first_line(exc: Exception) -> str:
    return str(exc).strip().partition("\n")[0] or type(exc).__name__
