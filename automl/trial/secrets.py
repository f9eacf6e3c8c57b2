"""Keeps credentials out of what is written and printed.

Two kinds are known: user name and password in a URL, and the values of environment variables whose
names say that they are secret.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Final

from automl.errors import InputError

MASK: Final = "***"
_SHORTEST: Final = 6  # shorter values are not masked: they may be common words
_IN_URL: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)[^\s/@'\"]*:[^\s/@'\"]*@")
_QUERY: Final = re.compile(r"(://[^\s?]*)\?\S+")
_NAMES: Final = re.compile(r"TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|_KEY$|^KEY$|_PWD$")


def mask(text: str, environ: Mapping[str, str] | None = None) -> str:
    """Return ``text`` with passwords in URLs and secret environment values replaced by ``***``."""
    masked = _IN_URL.sub(rf"\g<scheme>{MASK}@", text)
    for value in _secrets(os.environ if environ is None else environ):
        masked = masked.replace(value, MASK)
    return masked


def mask_location(location: str) -> str:
    """Return a path or URL without secrets; the query of a URL may be a signature and is hidden."""
    return _QUERY.sub(rf"\1?{MASK}", mask(location))


def has_password(text: str) -> bool:
    """Return whether a URL in ``text`` carries a password."""
    return _IN_URL.search(text) is not None


def refuse_password(url: str, where: str) -> None:
    """Raise InputError if ``url`` carries a password; ``where`` names the option or key."""
    if has_password(url):
        raise InputError(
            f"{where} {mask(url)!r} holds a password, which would be written down with the run:"
            " give credentials in the environment (for s3:// AWS_ACCESS_KEY_ID and"
            " AWS_SECRET_ACCESS_KEY)"
        )


def _secrets(environ: Mapping[str, str]) -> list[str]:
    """The secret values, the longest first since one may contain another."""
    found = {
        value
        for name, value in environ.items()
        if _NAMES.search(name.upper()) and len(value) >= _SHORTEST and not value.startswith("/")
    }
    return sorted(found, key=len, reverse=True)
