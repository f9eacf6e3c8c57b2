"""Keeps other machines, and processes without the token, away from a sweep's Ray.

Ray runs the code of whoever reaches its ports. A local Ray therefore listens on loopback alone: Ray
does so where its variable for clusters on Windows and macOS is 0, and reads it when it is imported.
The local Ray's token is made for this process and never written, unless the user has one already; a
token file that others may read is made private.
"""

from __future__ import annotations

import os
import secrets
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from automl.errors import InputError

AUTH_MODE: Final = "RAY_AUTH_MODE"
TOKEN: Final = "RAY_AUTH_TOKEN"
TOKEN_PATH: Final = "RAY_AUTH_TOKEN_PATH"
NODES_ALLOWED: Final = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
LOOPBACK: Final = ("127.0.0.1", "::1")
_OWN: Final[set[str]] = set()  # the token that this process made for its local Ray
_PRIVATE: Final = stat.S_IRUSR | stat.S_IWUSR


def stay_on_loopback() -> None:
    """Have the Ray that this process imports next start local clusters on loopback alone.

    It changes nothing for a cluster that the process joins.
    """
    os.environ[NODES_ALLOWED] = "0"


def secure_local() -> None:
    """Have the Ray that this process is about to start listen on loopback, behind a token.

    Raises:
        InputError: Ray was imported before :func:`stay_on_loopback`, so it would listen elsewhere.
    """
    import ray

    if ray.util.get_node_ip_address() not in LOOPBACK:
        raise InputError(
            "this process imported Ray before automl started it, so its ports would be open to"
            f" other machines: set {NODES_ALLOWED}=0 before the import, or call ray.init() yourself"
        )
    if not has_token():
        os.environ[TOKEN] = secrets.token_hex(32)
        _OWN.add(os.environ[TOKEN])
    _make_private(token_file())


def secure_joining() -> None:
    """Show the token of this process's environment to the cluster that it is about to join.

    It shows no token for a token file alone: a process that shows one to a cluster without
    authentication can connect, but its actors never start. Call it before Ray is imported.

    Raises:
        InputError: a local Ray ran in this process behind a token of its own, which Ray keeps; or
            Ray was imported, so that it has read already that there is no token.
    """
    if os.environ.get(TOKEN) in _OWN:
        raise InputError(
            "this process has run a local Ray, whose token it would show to the cluster: join it"
            " from a new process"
        )
    token = os.environ.get(TOKEN) or os.environ.get(TOKEN_PATH)
    if token and AUTH_MODE not in os.environ:
        if "ray" in sys.modules:
            raise InputError(
                f"this process imported Ray without {AUTH_MODE}, so it would show the cluster no"
                f" token: set {AUTH_MODE}=token before the import"
            )
        os.environ[AUTH_MODE] = "token"
    _make_private(token_file())


def has_token() -> bool:
    """Return whether the user has a token for Ray, in the environment or in a file."""
    return bool(os.environ.get(TOKEN)) or token_file().is_file()


def token_file() -> Path:
    """Return the file in which Ray looks for a token."""
    path = os.environ.get(TOKEN_PATH)
    return Path(path or os.path.expanduser("~/.ray/auth_token"))


def _make_private(path: Path) -> None:
    with suppress(OSError):  # there is none, or it belongs to another user
        if path.stat().st_mode & 0o077:
            path.chmod(_PRIVATE)
