"""Who may talk to a sweep's Ray: nobody from outside this machine, and nobody without its token.

Ray takes code from whoever reaches its ports. A local Ray is therefore bound to loopback: Ray does
that for systems on which it supports no clusters, and goes by a variable (its ``_node_ip_address``
turns 127.0.0.1 into the machine's outward address). Its token is made for this process alone and
never written, unless the user has one already; a token file that others may read is made private.
"""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from automl.errors import InputError

AUTH_MODE: Final = "RAY_AUTH_MODE"


TOKEN: Final = "RAY_AUTH_TOKEN"


TOKEN_PATH: Final = "RAY_AUTH_TOKEN_PATH"


NODES_ALLOWED: Final = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"


_OWN: Final[set[str]] = set()  # the token that this process made for its local Ray


_PRIVATE: Final = stat.S_IRUSR | stat.S_IWUSR


def secure_local() -> None:
    """Let the Ray that this process is about to start listen on loopback, behind a token."""
    _allow_nodes(False)
    if not has_token():
        os.environ[TOKEN] = secrets.token_hex(32)
        _OWN.add(os.environ[TOKEN])
    _make_private(token_file())


def secure_joining() -> None:
    """Let this process show the token of its environment to the cluster that it is about to join.

    A token file alone says nothing of this cluster: to one without authentication a process that
    shows a token can connect, but its actors never start.

    Raises:
        InputError: a local Ray ran in this process behind a token of its own, which Ray keeps.
    """
    if os.environ.get(TOKEN) in _OWN:
        raise InputError(
            "this process has run a local Ray, whose token it would show to the cluster: join it"
            " from a new process"
        )
    _allow_nodes(True)
    told = os.environ.get(TOKEN) or os.environ.get(TOKEN_PATH)
    if told and AUTH_MODE not in os.environ:
        from ray._raylet import Config  # type: ignore[attr-defined]

        os.environ[AUTH_MODE] = "token"
        Config.initialize("")  # Ray has read the variable when it was imported
    _make_private(token_file())


def has_token() -> bool:
    """Return whether the user has a token for Ray, in the environment or in a file."""
    return bool(os.environ.get(TOKEN)) or token_file().is_file()


def token_file() -> Path:
    """Return the file in which Ray looks for a token."""
    told = os.environ.get(TOKEN_PATH)
    return Path(told) if told else Path.home() / ".ray" / "auth_token"


def _allow_nodes(allowed: bool) -> None:
    """Tell Ray, and the processes that it starts, whether other machines may join."""
    os.environ[NODES_ALLOWED] = "1" if allowed else "0"
    from ray._private import ray_constants

    ray_constants.ENABLE_RAY_CLUSTER = allowed  # read from the variable when Ray was imported


def _make_private(path: Path) -> None:
    with suppress(OSError):  # another user's file, or none
        if path.stat().st_mode & 0o077:
            path.chmod(_PRIVATE)
