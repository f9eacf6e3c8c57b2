"""Makes sure that an image is on this machine: it is pulled once, however many runs want it."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

from automl.errors import InputError
from automl.trial.container.engines import APPTAINER, ask, program_of, shortened
from automl.trial.container.settings import Container
from automl.trial.data.cache import cache_dir, locked

_IMAGES: Final = "images"
_LINES: Final = 50


def image_file(container: Container) -> str:
    """Return what apptainer runs: the file that the user names, else the one that was pulled."""
    if Path(container.image).exists():
        return container.image
    digest = hashlib.sha256(container.image.encode()).hexdigest()[:16]
    return str(cache_dir() / _IMAGES / f"{digest}.sif")


def ensure_image(container: Container, tell: Callable[[str], object]) -> None:
    """Pull the image where this machine does not have it.

    Args:
        container: whose image.
        tell: is told what the engine says of its progress, a line at a time.

    Raises:
        InputError: the engine is missing, or the image cannot be pulled, with the engine's words.
    """
    if has_image(container):
        return
    name = hashlib.sha256(f"{container.engine} {container.image}".encode()).hexdigest()[:16]
    with locked(cache_dir() / _IMAGES / name):
        if not has_image(container):
            _pull(container, tell)


def has_image(container: Container) -> bool:
    """Return whether this machine has the image."""
    if container.engine == APPTAINER:
        return Path(image_file(container)).exists()
    return ask(container.engine, ["image", "inspect", container.image]).returncode == 0


def _pull(container: Container, tell: Callable[[str], object]) -> None:
    tell(f"{container.engine} pulls the image {container.image}")
    argv = [program_of(container.engine), "pull", *_what(container)]
    said: list[str] = []
    with subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as pull:
        assert pull.stdout is not None
        for line in filter(None, map(str.strip, pull.stdout)):
            tell(line)
            said = [*said, line][-_LINES:]
    if pull.returncode != 0:
        raise InputError(
            f"the image {container.image} is not here, and {container.engine} cannot pull it:"
            f" {shortened(chr(10).join(said))}; check its name and log in to its registry, or name"
            " another with --container IMAGE"
        )


def _what(container: Container) -> list[str]:
    if container.engine != APPTAINER:
        return [container.image]
    image = container.image if "://" in container.image else f"docker://{container.image}"
    return [image_file(container), image]
