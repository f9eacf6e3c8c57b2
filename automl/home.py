"""Gives this process and its children folders that they can write to, whoever the user is.

In a container a process may have no HOME, one that is read-only, or a user number without a passwd
entry. Libraries then write into a folder called ``~``, or fail. :func:`mend_environment` is the one
place that sets what they read and what children inherit; it changes nothing where all is well.
"""

from __future__ import annotations

import functools
import logging
import os
import pwd
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from automl.errors import InputError

LOG: Final = logging.getLogger(__name__)
_NAMES: Final = ("LOGNAME", "USER", "LNAME", "USERNAME")  # where getpass looks before passwd
_TMP: Final = Path("/tmp")
_LONGEST: Final = 70  # a socket's path holds 107 bytes, and multiprocessing adds 32 to TMPDIR
_CACHE: Final = ".cache"
_XDG_CACHE: Final = "XDG_CACHE_HOME"
# what libraries write into a home folder beside its .cache -> where below the private folder
_SETTINGS: Final = {
    "MPLCONFIGDIR": ".config/matplotlib",
    "TRITON_HOME": ".",
    "WANDB_CONFIG_DIR": ".config/wandb",
    "WANDB_DATA_DIR": ".local/share/wandb",
}
# weights that a read-only cache may hold: they are still read from there
_WEIGHTS: Final = {"HF_HOME": "huggingface", "TORCH_HOME": "torch"}


def mend_environment() -> None:
    """Set the environment of this process, and so of its children; log once what has moved.

    Raises:
        InputError: a folder has to move, and no temporary folder can be written.
    """
    _mend_user()
    for note in (_mend_temporary_folder(), _mend_home(), _mend_cache()):
        if note:
            LOG.warning("%s", note)


def check_current_folder() -> None:
    """Refuse to work in a folder that was removed: no relative path means anything there.

    Raises:
        InputError: the current folder is gone.
    """
    try:
        os.getcwd()
    except FileNotFoundError as error:
        raise InputError("the current folder no longer exists: cd to one that does") from error


def user_cache() -> Path:
    """Return the user's cache folder, or a private one where that cannot be written."""
    cache = named_cache()
    usable = cache is not None and cache.is_absolute() and can_write(cache)
    return cache if cache is not None and usable else private_folder() / _CACHE


def named_cache() -> Path | None:
    """Return the cache folder that the environment names or the home has, None where neither."""
    named, home = os.environ.get(_XDG_CACHE), user_home()
    if named:
        return Path(named)
    return home / _CACHE if home is not None else None


def user_home() -> Path | None:
    """Return the user's home folder; None where it is missing, or is a container's root folder."""
    named = Path(os.environ.get("HOME") or _passwd_home())
    usable = named.is_absolute() and os.path.isdir(named)
    return named if usable and (named != Path("/") or can_write(named)) else None


def private_folder() -> Path:
    """Return a folder of the temporary directory that this user alone can read; make it if needed.

    Raises:
        InputError: no temporary directory can be written.
    """
    return _private_below(temporary_folder())


def can_write(folder: Path) -> bool:
    """Return whether this process can write to ``folder``, or make it."""
    nearest = next((path for path in (folder, *folder.parents) if os.path.exists(path)), ".")
    return os.path.isdir(nearest) and os.access(nearest, os.W_OK | os.X_OK)


@functools.cache
def _private_below(parent: str) -> Path:
    folder = Path(parent) / f"automl-{os.getuid()}"
    try:
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        if _is_private(folder):
            return folder
        # somebody else's, or a link of theirs: what lies there is not to be trusted
        return Path(tempfile.mkdtemp(prefix=f"{folder.name}-", dir=parent))
    except OSError as error:
        raise InputError(f"{parent} cannot be written ({error.strerror}): set TMPDIR") from error


def _is_private(folder: Path) -> bool:
    found = folder.lstat()
    mine = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
    return mine and stat.S_IMODE(found.st_mode) & 0o777 == 0o700


def temporary_folder() -> str:
    """Return the folder for temporary files.

    Raises:
        InputError: none can be written.
    """
    try:
        return tempfile.gettempdir()
    except FileNotFoundError as error:
        raise InputError(
            "no folder for temporary files can be written: set TMPDIR to one that can"
        ) from error


def _mend_temporary_folder() -> str:
    """Replace a TMPDIR that names no folder to write into, or one too long for sockets in it."""
    named = os.environ.get("TMPDIR", "")
    usable = os.path.isdir(named) and can_write(Path(named))
    too_long = len(os.fsencode(named)) > _LONGEST and can_write(_TMP)
    if not named or (usable and not too_long):
        return ""
    if usable:
        tempfile.tempdir = str(_TMP)
    os.environ["TMPDIR"] = temporary_folder()
    what = "is too long for the sockets of workers" if usable else "is no folder to write into"
    return f"TMPDIR={named} {what}: temporary files go to {temporary_folder()}"


def _mend_user() -> None:
    """Name a user whom passwd does not know, and keep its compiled code apart from others'."""
    try:
        pwd.getpwuid(os.getuid())
    except KeyError:
        if _is_of_another(next(filter(None, map(os.environ.get, _NAMES)), "")):
            os.environ["LOGNAME"] = str(os.getuid())
        os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(private_folder() / "torchinductor"))


def _is_of_another(name: str) -> bool:
    """Whether a name from the environment is none, or was inherited from a user of passwd."""
    try:
        return not name or pwd.getpwnam(name).pw_uid != os.getuid()
    except KeyError:
        return False


def _mend_home() -> str:
    """Set HOME where there is none, and what libraries write beside a cache where it is read-only.

    A home that can be read stays HOME: it may hold credentials.
    """
    home, named = user_home(), os.environ.get("HOME")
    if home is None:
        os.environ["HOME"] = str(private_folder())
        no_home = f"HOME={named} is no folder to write into" if named else "there is no home folder"
        return _moved(no_home, "HOME")
    os.environ["HOME"] = str(home)
    if not can_write(home):
        for variable, below in _SETTINGS.items():
            os.environ.setdefault(variable, str(private_folder() / below))
    return ""


def _mend_cache() -> str:
    """Move the caches where theirs cannot be written; weights that lie there are still found."""
    named, cache = named_cache(), user_cache()
    if named is None or cache == named:
        return ""
    for variable, name in _WEIGHTS.items():
        if os.path.isdir(named / name):
            os.environ.setdefault(variable, str(named / name))
    os.environ[_XDG_CACHE] = str(cache)
    return _moved(f"the cache folder {named} cannot be written", _XDG_CACHE)


def _moved(reason: str, variable: str) -> str:
    return (
        f"{reason}: what this run keeps there goes to {private_folder()}; set {variable} to a"
        " folder that you can write to keep it elsewhere"
    )


def _passwd_home() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return ""
