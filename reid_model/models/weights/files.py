"""Reads tensor files without executing anything in them; decrypts encrypted ones."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

import torch

from reid_model.errors import CheckpointError
from reid_model.models.weights.encryption import decrypt, is_encrypted

_NOT_ALLOWED: Final = re.compile(r"Unsupported global: GLOBAL (\S+) was not an allowed global")
_BLOCKED: Final = re.compile(r"unsupported GLOBAL (\S+) whose module \S+ is blocked")
_WHOLE_MODEL: Final = ("torch.nn.", "torchvision.", "timm.", "torchreid.", "fastreid.")
_MOST_NAMES: Final = 10_000


class Inert:
    """Stands for an object whose class is not to be imported: keeps its state, does nothing."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.arguments = arguments

    def __setstate__(self, state: Any) -> None:
        """Keep what the file says of the object."""
        self.__dict__.update(state if isinstance(state, dict) else {"state": state})


def read_tensors(path: Path, passphrase: str = "") -> Any:
    """The content of a ``.pth`` or ``.safetensors`` file, on the CPU.

    NumPy's numbers and arrays are read as well: trainers keep their scores as such.
    Raises CheckpointError, naming the file, for one that is missing, unreadable, holds more than
    plain containers and tensors, or needs another key.
    """
    content = _content(path, passphrase)
    with _read_errors_explained(path):
        return _parsed(content, path.suffix)


def read_inert(path: Path, passphrase: str = "") -> tuple[Any, list[str]]:
    """The content of a file with every object of a class as an :class:`Inert`, and their classes.

    Nothing that the file names is imported or called, so it is safe for files of strangers. Raises
    CheckpointError as :func:`read_tensors` does, and if the file calls a system's function.
    """
    content = _content(path, passphrase)
    names: list[str] = []
    while len(names) < _MOST_NAMES:
        try:
            return _parsed(content, path.suffix, [(_inert(name), name) for name in names]), names
        except Exception as exc:  # torch raises anything from UnpicklingError to RuntimeError
            found = _NOT_ALLOWED.search(str(exc))
            if found is None or found[1] in names:
                with _read_errors_explained(path):
                    raise
            names.append(found[1])
    raise CheckpointError(f"{path} names more than {_MOST_NAMES} classes")


def _inert(name: str) -> type[Inert]:
    return type(name.rpartition(".")[2], (Inert,), {})


def _content(path: Path, passphrase: str) -> bytes:
    if not path.is_file():
        raise CheckpointError(f"{path} does not exist or is not a file")
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise CheckpointError(f"{path} cannot be read: {exc.strerror}") from exc
    if is_encrypted(content):
        with _read_errors_explained(path):
            return decrypt(content, passphrase, name=str(path))
    return content


@contextmanager
def _read_errors_explained(path: Path) -> Iterator[None]:
    """Translate whatever reading a file raises to a CheckpointError in our words."""
    try:
        yield
    except CheckpointError:
        raise
    except Exception as exc:  # torch raises anything from UnpicklingError to RuntimeError
        raise CheckpointError(f"{path} cannot be read: {_reason(exc, path)}") from exc


def _reason(exc: Exception, path: Path) -> str:
    said = str(exc)
    blocked, named = _BLOCKED.search(said), _NOT_ALLOWED.search(said)
    if blocked:
        return f"it would call {blocked[1]}, which no weights need; do not use it"
    if named:
        model = named[1].startswith(_WHOLE_MODEL) or named[1].startswith("__main__.")
        what = "a whole pickled network" if model else "objects beside its tensors"
        return (
            f"it holds {what} ({named[1]}), which reading would have to execute; keep its tensors"
            f" alone, executing nothing, with  re_identification convert-weights {path}"
        )
    if "Only persistent_load of storage is allowed" in said:
        return (
            "it is a whole network in the format of torch before 1.6; load it where its code is,"
            " and save its state_dict()"
        )
    if said.startswith("Weights only load failed"):
        return "it is damaged, or no file of torch.save"
    return said.strip().partition("\n")[0] or type(exc).__name__


@contextmanager
def naming(key: str) -> Iterator[None]:
    """Prefix the CheckpointError of a file with the spec key that names the file."""
    try:
        yield
    except CheckpointError as exc:
        raise CheckpointError(f"{key}: {exc}") from exc


def _parsed(content: bytes, suffix: str, inert: Sequence[tuple[type[Inert], str]] = ()) -> Any:
    if suffix == ".safetensors":
        from safetensors.torch import load

        return load(content)
    with torch.serialization.safe_globals([*_numpy_classes(), *inert]):
        return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)


@cache
def _numpy_classes() -> tuple[Any, ...]:
    """What a pickle of NumPy's numbers, types and arrays names, before and after NumPy 2."""
    import _codecs

    import numpy as np
    from numpy._core import multiarray  # no public name: pickles hold this one

    functions = [
        (getattr(multiarray, name), f"numpy.{package}.multiarray.{name}")
        for package in ("core", "_core")
        for name in ("scalar", "_reconstruct")
    ]
    dtypes = {type(np.dtype(code)) for code in np.typecodes["All"]}
    return (*functions, *dtypes, np.dtype, np.ndarray, _codecs.encode)
