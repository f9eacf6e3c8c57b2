"""What a trial's container sees of the machine's disks: all at the same paths as outside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from automl.errors import InputError
from automl.spec.nested import flatten

# an image has folders of its own there; a spec that names one means the image's
_OF_IMAGE: Final = frozenset(
    f"/{name}" for name in ("", "bin", "boot", "dev", "etc", "lib", "lib64", "proc", "run", "sbin",
                            "sys", "usr")
)  # fmt: skip
_WHOLE: Final = frozenset(f"/{name}" for name in ("home", "opt", "root", "tmp", "var"))


@dataclass(frozen=True)
class Mount:
    """A file or folder that a container sees at its own path."""

    path: Path
    writable: bool = False

    @property
    def flags(self) -> list[str]:
        """Docker's and podman's argument for it.

        Raises:
            InputError: its path holds both of the signs by which their arguments are parted.
        """
        text, end = str(self.path), "" if self.writable else ":ro"
        if ":" not in text:
            return ["--volume", f"{text}:{text}{end}"]
        if "," in text or '"' in text:
            raise InputError(
                f"{text} cannot be mounted into a container: its path holds ':' beside ',' or a"
                " quote; rename a folder of it"
            )
        more = "" if self.writable else ",readonly"
        return ["--mount", f"type=bind,source={text},target={text}{more}"]


@dataclass(frozen=True)
class ContainerPaths:
    """The folders of one trial that its container sees, beside what its spec names.

    Attributes:
        run_dir: the run's folder, read-only: checkpoints of other trials lie there.
        folder: the trial's folder, the only one of the run that its trainer can write into.
        cache: the machine's cache, which trainers may write into; staged data in it are read-only.
        home: a folder that stands for the trainer's HOME.
        data: the staged data.
        code: the skill's folder and others with code, for an action that is a script.
    """

    run_dir: Path
    folder: Path
    cache: Path
    home: Path
    data: Sequence[Path] = ()
    code: Sequence[Path] = ()


def mounts_of(spec: Mapping[str, Any], paths: ContainerPaths) -> list[Mount]:
    """Return what the container of a trial sees.

    Each file or folder of this machine that its spec names is read-only.
    """
    own = [paths.folder, paths.cache, paths.home]
    named = [Path(value) for value in _texts(flatten(spec)) if value.startswith("/")]
    outside = [path for path in named if _is_ours(path) and not _is_inside(path, own)]
    readable = dict.fromkeys([paths.run_dir, *outside, *paths.data, *paths.code])
    return [Mount(path) for path in readable if path not in own] + [
        Mount(path, writable=True) for path in dict.fromkeys(own)
    ]


def _is_inside(path: Path, folders: Iterable[Path]) -> bool:
    return any(path == folder or folder in path.parents for folder in folders)


def _texts(values: Mapping[str, Any]) -> Iterable[str]:
    for value in values.values():
        for each in value if isinstance(value, list | tuple) else (value,):
            if isinstance(each, Mapping):
                yield from _texts(flatten(each))
            elif isinstance(each, str):
                yield each


def _is_ours(path: Path) -> bool:
    top = Path(*path.parts[:2])
    of_image = str(top) in _OF_IMAGE or str(path) in _WHOLE or "\0" in str(path)
    return not of_image and path.exists()
