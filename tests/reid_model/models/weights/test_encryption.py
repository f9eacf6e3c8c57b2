"""Encrypted files open with their key only, and every damage is found."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from reid_model.errors import CheckpointError
from reid_model.models.weights.encryption import decrypt, encrypt, is_encrypted
from reid_model.models.weights.files import read_tensors


def test_a_round_trip_hides_the_content() -> None:
    secret = b"weights " * 50
    hidden = encrypt(secret, "key")
    assert is_encrypted(hidden)
    assert not is_encrypted(secret)
    assert b"weights" not in hidden
    assert decrypt(hidden, "key", name="f") == secret
    assert encrypt(secret, "key") != hidden


@pytest.mark.parametrize(
    ("key", "words"), [("other", "is not the one it was written with"), ("", "set encryption_key")]
)
def test_a_wrong_key_is_one_clear_error(tmp_path: Path, key: str, words: str) -> None:
    path = tmp_path / "model.pth"
    torch.save({"a": torch.ones(2)}, tmp_path / "plain.pth")
    path.write_bytes(encrypt((tmp_path / "plain.pth").read_bytes(), "key"))
    assert torch.equal(read_tensors(path, "key")["a"], torch.ones(2))
    with pytest.raises(CheckpointError, match=f"model.pth .*{words}"):
        read_tensors(path, key)


@pytest.mark.parametrize("place", [8, 24, 40, -1])
def test_damage_anywhere_is_found(place: int) -> None:
    hidden = bytearray(encrypt(b"content", "key"))
    hidden[place] ^= 1
    with pytest.raises(CheckpointError, match="damaged"):
        decrypt(bytes(hidden), "key", name="f")


def test_a_cut_file_is_damaged() -> None:
    with pytest.raises(CheckpointError, match="damaged"):
        decrypt(encrypt(b"content", "key")[:20], "key", name="f")
