"""Downloads the file of a URL into the cache.

A download that broke off continues at its last byte. Beside each file lies what its store said of
it (size, ETag, time of change): when the store says something else, the file is downloaded again.
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
from automl.trial.secrets import mask, mask_location

BLOCK: Final = 8 * 2**20
_VERSION_FIELDS: Final = (
    "size", "ETag", "etag", "LastModified", "Last-Modified", "Content-MD5", "Digest", "mtime",
    "updated", "md5Hash",
)  # fmt: skip
_LONGEST_NAME: Final = 128  # the end of a longer one is kept, which tells an archive
_PARTIAL: Final = ".part"
_VERSION_FILE: Final = ".source.json"


def fetch(url: str) -> Path:
    """Return the path of a URL's file in the cache; download it if it is missing or outdated.

    fsspec's filesystems read their credentials from the environment.

    Raises:
        DataSourceError: the URL cannot be read, or the download has not the announced size.
    """
    try:
        return _fetch(url)
    except DataSourceError:
        raise
    except ImportError as error:
        raise DataSourceError(
            f"cannot fetch {mask_location(url)}: {error} (for s3:// install reid-automl[s3])"
        ) from error
    except Exception as error:  # each filesystem has its own errors
        reason = mask(_reason(error, url)) or type(error).__name__
        raise DataSourceError(f"cannot fetch {mask_location(url)}: {reason}") from error


def _reason(error: Exception, url: str) -> str:
    """What an error says; an HTTP file that is not found names only its URL, its cause says why."""
    return str(error.__cause__ or "it is not there") if str(error) == url else str(error)


def _fetch(url: str) -> Path:
    import fsspec

    folder = cache_dir() / "downloads" / hashlib.sha256(url.encode()).hexdigest()[:32]
    name = url.partition("?")[0].partition("#")[0].rstrip("/").rsplit("/", 1)[-1]
    target = folder / name[-_LONGEST_NAME:]
    version_file = target.with_name(target.name + _VERSION_FILE)
    with locked(folder):
        folder.mkdir(exist_ok=True)
        filesystem, remote = fsspec.core.url_to_fs(url)
        filesystem.invalidate_cache()  # fsspec reuses instances, with their listings
        info = with_retries(lambda: filesystem.info(remote))
        if info.get("type") == "directory":
            raise DataSourceError(
                f"{mask_location(url)} is a folder: give an archive (.tar, .tar.gz, .tar.zst)"
            )
        version = _version(info)
        if target.exists() and _read_json(version_file) == version:
            return target
        partial = target.with_name(target.name + _PARTIAL)
        if _read_json(version_file) != version:
            partial.unlink(missing_ok=True)
            target.unlink(missing_ok=True)
            version_file.write_text(json.dumps(version))
        with_retries(lambda: _append_rest(filesystem, remote, partial))
        _check_size(partial, info.get("size"), url)
        partial.replace(target)
    return target


def _append_rest(filesystem: Any, remote: str, partial: Path) -> None:
    """Append the bytes that ``partial`` still lacks to it."""
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
        raise DataSourceError(
            f"cannot fetch {mask_location(url)}: {size} of {announced} bytes came"
        )


def _version(info: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(info[name]) for name in _VERSION_FIELDS if info.get(name) is not None}


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None
