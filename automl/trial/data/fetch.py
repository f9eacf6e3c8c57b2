"""Fetching a URL's file into the cache: resumed where it broke off, checked for its size.

The cache knows a file by its URL and by what its store says of it (size, ETag, time of change): a
file that changed there is fetched anew, a download that was cut short goes on from where it was.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from automl.errors import DataSourceError
from automl.trial.data.cache import cache_dir, locked
from automl.trial.retry import with_retries
from automl.trial.secrets import mask

BLOCK: Final = 8 * 2**20


_IDENTITY: Final = ("size", "ETag", "etag", "LastModified", "mtime", "updated", "md5Hash")


_PARTIAL: Final = ".part"


_KNOWN: Final = ".source.json"


def fetch(url: str) -> Path:
    """Return the path of a URL's file in the cache, fetched if it is not there as it is now.

    Credentials come from the environment, as fsspec's filesystems read them.

    Raises:
        DataSourceError: the URL cannot be read, or fewer bytes came than its store announced.
    """
    try:
        return _fetch(url)
    except DataSourceError:
        raise
    except ImportError as error:
        raise DataSourceError(
            f"cannot fetch {mask(url)}: {error} (for s3:// install reid-automl[s3])"
        ) from error
    except Exception as error:  # each filesystem has errors of its own
        raise DataSourceError(
            f"cannot fetch {mask(url)}: {mask(str(error)) or type(error).__name__}"
        ) from error


def _fetch(url: str) -> Path:
    import fsspec

    folder = cache_dir() / "downloads" / hashlib.sha256(url.encode()).hexdigest()[:32]
    target = folder / url.rstrip("/").rsplit("/", 1)[-1]
    known = target.with_name(target.name + _KNOWN)
    with locked(folder):
        folder.mkdir(exist_ok=True)
        filesystem, remote = fsspec.core.url_to_fs(url)
        filesystem.invalidate_cache()  # an instance of an earlier fetch may serve this one
        info = with_retries(lambda: filesystem.info(remote))
        if info.get("type") == "directory":
            raise DataSourceError(
                f"{mask(url)} is a folder: give an archive (.tar, .tar.gz, .tar.zst)"
            )
        identity = _identity(info)
        if target.exists() and _read(known) == identity:
            return target
        partial = target.with_name(target.name + _PARTIAL)
        if _read(known) != identity:
            partial.unlink(missing_ok=True)
            target.unlink(missing_ok=True)
            known.write_text(json.dumps(identity))
        with_retries(lambda: _copy_on(filesystem, remote, partial))
        _check_size(partial, info.get("size"), url)
        partial.replace(target)
    return target


def _copy_on(filesystem: Any, remote: str, partial: Path) -> None:
    """Append to ``partial`` what it still lacks of the remote file."""
    with partial.open("ab") as sink, filesystem.open(remote, "rb", block_size=BLOCK) as source:
        if sink.tell():
            source.seek(sink.tell())
        while block := source.read(BLOCK):
            sink.write(block)
            sink.flush()


def _check_size(partial: Path, announced: Any, url: str) -> None:
    size = partial.stat().st_size
    if isinstance(announced, int) and size != announced:
        partial.unlink()
        raise DataSourceError(f"cannot fetch {mask(url)}: {size} of {announced} bytes came")


def _identity(info: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(info[name]) for name in _IDENTITY if info.get(name) is not None}


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None
