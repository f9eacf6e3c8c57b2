"""Gives the trainer and its libraries folders that they can write to, whoever the user is.

In a container a process may have no HOME, one that is read-only, or a user number without a passwd
entry. torch, matplotlib and others then write into a folder called ``~``, or fail.
"""

from __future__ import annotations

import os
import pwd
import stat
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

from reid_model.errors import BadInputError

_XDG_CACHE = "XDG_CACHE_HOME"
_COMPILED = "TORCHINDUCTOR_CACHE_DIR"
# a library's variable -> its folder in the user's cache
_LIBRARIES = {
    "TORCH_HOME": "torch",
    "HF_HOME": "huggingface",
    _COMPILED: "torchinductor",
    "TRITON_HOME": "triton",
    "MPLCONFIGDIR": "matplotlib",
    "WANDB_CONFIG_DIR": "wandb",
    "WANDB_DATA_DIR": "wandb",
}
_TMP = Path("/tmp")
_LONGEST = 70  # a socket's path holds 107 bytes, and multiprocessing adds 32 to TMPDIR
_NAMES = ("LOGNAME", "USER", "LNAME", "USERNAME")  # where getpass looks before passwd
_WEIGHTS = ("TORCH_HOME", "HF_HOME")  # read there even if it cannot be written


def mend_environment() -> str | None:
    """Move the libraries' folders if the user's cache cannot be written; a note for people.

    Child processes inherit it. Raises BadInputError if no temporary folder can be written.
    """
    _shorten_temporary_folder()
    wanted, found = _wanted_cache(), user_cache()
    if not _passwd_home():
        if _is_of_another(next(filter(None, map(os.environ.get, _NAMES)), "")):
            os.environ["LOGNAME"] = str(os.getuid())  # torch asks for it when it is imported
        os.environ.setdefault(_COMPILED, str(private_folder() / _LIBRARIES[_COMPILED]))
    if found == wanted:
        return None
    for variable, name in _LIBRARIES.items():
        kept = variable in _WEIGHTS and os.path.isdir(wanted / name)
        os.environ.setdefault(variable, str((wanted if kept else found) / name))
    os.environ[_XDG_CACHE] = str(found)
    return (
        f"the cache folder {wanted} cannot be written: caches go to {found}; set HOME or "
        "XDG_CACHE_HOME to a folder that you can write to keep them elsewhere"
    )


def check_current_folder() -> None:
    """Raise BadInputError if the current folder was removed: no relative path means anything."""
    try:
        os.getcwd()
    except FileNotFoundError as exc:
        raise BadInputError("the current folder no longer exists: cd to one that does") from exc


def user_cache() -> Path:
    """The user's cache folder, or a private one if that cannot be written."""
    wanted = _wanted_cache()
    there = os.environ.get(_XDG_CACHE) or os.path.isdir(wanted.parent)  # no home is made
    return wanted if there and _can_write(wanted) else private_folder() / ".cache"


@cache
def private_folder() -> Path:
    """A folder of the temporary directory that this user alone can read, made if need be.

    Raises BadInputError if it cannot be made.
    """
    try:
        folder = Path(tempfile.gettempdir()) / f"re_identification_{os.getuid()}"
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        # What somebody else made is not to be trusted.
        return folder if _is_private(folder) else Path(tempfile.mkdtemp(prefix=f"{folder.name}_"))
    except OSError as exc:
        raise BadInputError(f"no temporary folder can be written ({exc}): set TMPDIR") from exc


def _is_private(folder: Path) -> bool:
    found = folder.lstat()
    mine = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
    return mine and found.st_mode & 0o777 == 0o700


def _wanted_cache() -> Path:
    """Where the user's cache is due; a path that starts with ~ if nobody knows the home."""
    home = os.environ.get("HOME") or _passwd_home() or "~"
    return Path(os.environ.get(_XDG_CACHE) or f"{home}/.cache")


def _is_of_another(name: str) -> bool:
    """Whether a user's name from the environment is none, or was inherited from another user."""
    try:
        return not name or pwd.getpwnam(name).pw_uid != os.getuid()
    except KeyError:
        return False


def _shorten_temporary_folder() -> None:
    """Leave a TMPDIR that is too long for the sockets of a DataLoader's workers."""
    if len(os.fsencode(os.environ.get("TMPDIR", ""))) > _LONGEST and _can_write(_TMP):
        os.environ["TMPDIR"] = tempfile.tempdir = str(_TMP)


def _passwd_home() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return ""


def _can_write(cache: Path) -> bool:
    """Whether ``cache`` can be written, or made."""
    nearest = next((path for path in (cache, *cache.parents) if os.path.exists(path)), "")
    return cache.is_absolute() and os.path.isdir(nearest) and os.access(nearest, os.W_OK | os.X_OK)
