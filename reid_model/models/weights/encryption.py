"""Files encrypted at rest: AES-256-GCM under a key derived from a passphrase by scrypt.

Layout: magic, salt (16), nonce (12), ciphertext with its tag. GCM authenticates, so a wrong key and
a changed file are both detected before anything is parsed.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from reid_model.errors import CheckpointError

MAGIC = b"REIDAES1"
_SALT, _NONCE = 16, 12


def is_encrypted(content: bytes) -> bool:
    """Whether ``content`` (its first bytes suffice) was written by :func:`encrypt`."""
    return content.startswith(MAGIC)


def encrypt(content: bytes, passphrase: str) -> bytes:
    """``content`` under ``passphrase``, with a salt and nonce of its own."""
    salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
    return MAGIC + salt + nonce + _cipher(passphrase, salt).encrypt(nonce, content, MAGIC)


def decrypt(content: bytes, passphrase: str, *, name: str) -> bytes:
    """The inverse of :func:`encrypt`; ``name`` is the file's, for messages.

    Raises CheckpointError without a passphrase, with a wrong one, and for a damaged file.
    """
    if not passphrase:
        raise CheckpointError(f"{name} is encrypted: set encryption_key")
    start = len(MAGIC)
    salt, nonce = content[start : start + _SALT], content[start + _SALT : start + _SALT + _NONCE]
    try:
        cipher = _cipher(passphrase, salt)
        return cipher.decrypt(nonce, content[start + _SALT + _NONCE :], MAGIC)
    except (InvalidTag, ValueError) as exc:
        raise CheckpointError(
            f"{name} cannot be decrypted: encryption_key is not the one it was written with, "
            "or the file is damaged"
        ) from exc


def _cipher(passphrase: str, salt: bytes) -> AESGCM:
    # Work factor: about 50 ms, next to the seconds of the epoch whose checkpoint it protects.
    return AESGCM(Scrypt(salt=salt, length=32, n=2**14, r=8, p=1).derive(passphrase.encode()))
