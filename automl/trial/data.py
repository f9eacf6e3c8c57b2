"""Where a run's data lie: declared files below a data root, staged once per machine.

A declared file may be there as the archive that the skill names or as the folder that it unpacks
to. Archives (``.tar``, ``.tar.gz``, ``.tgz``, ``.tar.zst``) are unpacked into a cache that is
addressed by their content and shared by all trials of a machine; URLs are fetched through fsspec.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from filelock import FileLock

from automl.errors import DataSourceError
from automl.skill import DataSource
from automl.spec.inferred import is_empty
from automl.spec.nested import get_path

ARCHIVES: Final = (".tar.gz", ".tar.zst", ".tgz", ".tar")
CACHE_VARIABLE: Final = "AUTOML_CACHE_DIR"
_UNPACKED_RUNTIME: Final = "extracted_folder"
_BLOCK: Final = 1 << 20


def cache_dir() -> Path:
    """Return the machine's data cache: ``$AUTOML_CACHE_DIR``, else in the user's cache folder."""
    told = os.environ.get(CACHE_VARIABLE)
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(told) if told else Path(base) / "automl" / "data"


def locate_data(
    sources: Mapping[str, DataSource],
    spec: Mapping[str, Any],
    root: str | None,
    user_keys: Collection[str] = (),
) -> dict[str, str]:
    """Return spec key -> path or URL for each declared source, nothing staged yet.

    Args:
        sources: the action's declared data, spec key -> source.
        spec: the resolved spec; what it packages serves where there is no root.
        root: the user's data root, a folder or a URL; None where the spec names everything.
        user_keys: dotted leaves that the user set; they win over the root.

    Raises:
        DataSourceError: data are missing; every one is named.
    """
    found: dict[str, str] = {}
    missing: list[str] = []
    for key, source in sources.items():
        given = get_path(spec, key, None)
        if not is_empty(given) and (root is None or _is_set(key, user_keys)):
            found[key] = str(given)
        elif root is None:
            missing.append(f"{key}: give --data ROOT with {source.path} in it, or --set {key}=PATH")
        else:
            found[key] = _below(root, source.path)
        if key in found and "://" not in found[key] and not Path(found[key]).exists():
            missing.append(f"{key}: {found[key]} does not exist")
    if missing:
        raise DataSourceError("training data are missing", missing)
    return found


def stage(location: str, source: DataSource) -> str:
    """Return the local path of one located source, fetched and unpacked where it has to be.

    Raises:
        DataSourceError: the archive cannot be fetched or unpacked.
    """
    path = fetch(location) if "://" in location else Path(location).absolute()
    wanted = source.runtime in (None, _UNPACKED_RUNTIME)
    if path.is_dir() or not wanted or not path.name.endswith(ARCHIVES):
        return str(path)
    return str(unpack(path))


def fetch(url: str) -> Path:
    """Copy a URL's file into the cache once and return its path.

    Credentials come from the environment, as fsspec's filesystems read them.

    Raises:
        DataSourceError: the URL cannot be read.
    """
    import fsspec

    folder = cache_dir() / "downloads" / hashlib.sha256(url.encode()).hexdigest()[:32]
    target = folder / url.rstrip("/").rsplit("/", 1)[-1]
    with _locked(folder):
        folder.mkdir(exist_ok=True)
        try:
            filesystem, remote = fsspec.core.url_to_fs(url)
            size = filesystem.size(remote)
            if target.exists() and size is not None and target.stat().st_size == size:
                return target
            unfinished = target.with_name(target.name + ".part")
            filesystem.get_file(remote, str(unfinished))
        except Exception as error:  # each filesystem has errors of its own
            raise DataSourceError(f"cannot fetch {_masked(url)}: {error}") from error
        unfinished.replace(target)
    return target


def unpack(archive: Path) -> Path:
    """Unpack an archive into the cache once; return its folder, or the single folder in it.

    Raises:
        DataSourceError: the archive is damaged, unsafe, or larger than the free disk.
    """
    target = cache_dir() / content_digest(archive)
    with _locked(target):
        if not target.exists():
            _unpack_into(archive, target)
    entries = [entry for entry in target.iterdir() if not entry.name.startswith(".")]
    return entries[0] if len(entries) == 1 and entries[0].is_dir() else target


def content_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _unpack_into(archive: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(target.parent).free
    if archive.stat().st_size > free:
        raise DataSourceError(f"{archive} does not fit: {free // _BLOCK} MiB are free in the cache")
    unfinished = Path(tempfile.mkdtemp(prefix=".unpack-", dir=target.parent))
    try:
        with _opened(archive) as stream, tarfile.open(fileobj=stream, mode="r|*") as tar:
            tar.extractall(unfinished, filter="data")
        unfinished.rename(target)
    except (tarfile.TarError, OSError, EOFError, ValueError) as error:
        raise DataSourceError(f"cannot unpack {archive}: {error}") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


@contextmanager
def _opened(archive: Path) -> Iterator[IO[bytes]]:
    with archive.open("rb") as raw:
        if not archive.name.endswith(".zst"):
            yield raw
            return
        import zstandard

        with zstandard.ZstdDecompressor().stream_reader(raw) as stream:
            yield stream


@contextmanager
def _locked(target: Path) -> Iterator[None]:
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(str(target.parent / f".{target.name}.lock")):
        yield


def _is_set(key: str, user_keys: Collection[str]) -> bool:
    """Whether the user set the key itself, or the list or mapping that holds it."""
    return any(key == own or key.startswith((f"{own}.", f"{own}[")) for own in user_keys)


def _below(root: str, name: str) -> str:
    """Join root and name; locally another archive of that stem, or its folder, serves too."""
    if "://" in root:
        return f"{root.rstrip('/')}/{name}"
    ending = next((suffix for suffix in ARCHIVES if name.endswith(suffix)), None)
    others = [] if ending is None else [*ARCHIVES, ""]
    names = [name, *(name.removesuffix(ending or "") + other for other in others)]
    return str(next((p for n in names if (p := Path(root) / n).exists()), Path(root) / name))


def _masked(url: str) -> str:
    """The URL without user name and password."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rsplit('@', 1)[-1]}"
