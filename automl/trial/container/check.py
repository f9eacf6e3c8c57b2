"""Makes a machine ready for containers before the first trial, or says why it cannot run them."""

from __future__ import annotations

import logging
import shutil
import tempfile
from pathlib import Path
from typing import Final

from automl.errors import InputError
from automl.trial.container.command import ContainedProgram, container_command
from automl.trial.container.engines import APPTAINER, ask, last_words
from automl.trial.container.image import ensure_image, image_file
from automl.trial.container.leftovers import remove_leftovers
from automl.trial.container.mounts import Mount
from automl.trial.container.settings import Container

LOG = logging.getLogger(__name__)
_NO_PROGRAM: Final = 65
_NO_WRITING: Final = 66
_NO_SHELL: Final = 127
# the program and the file are arguments: no word of the user is read by this shell
_TRY: Final = (
    f'command -v "$1" >/dev/null || exit {_NO_PROGRAM}; : > "$2/written" || exit {_NO_WRITING}'
)


def ready_container(container: Container, program: str, run_dir: Path, home: Path) -> None:
    """Pull the image, remove what earlier sessions left, and try a container.

    Args:
        container: what the trials get.
        program: what a trial runs in it.
        run_dir: where trials write; a folder is made there for the try, and removed.
        home: what stands for HOME.

    Raises:
        InputError: the engine or the image is missing, or a container does not start, lacks the
            program or cannot write there.
    """
    ensure_image(container, lambda line: LOG.warning("%s", line))
    for name in remove_leftovers(container):
        LOG.warning("%s, a container that nobody watched any more, is removed", name)
    home.mkdir(parents=True, exist_ok=True)
    run_dir.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".container-", dir=run_dir))
    try:
        _try(container, program, folder, home)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _try(container: Container, program: str, folder: Path, home: Path) -> None:
    name = container.name(folder.name.strip("."))
    argv = ("sh", "-c", _TRY, "sh", program, str(folder))
    mounts = [Mount(folder, writable=True), Mount(home, writable=True)]
    answer = ask(
        container.engine,
        container_command(container, ContainedProgram(argv, name, mounts, home))[1:],
    )
    if container.engine != APPTAINER:
        ask(container.engine, ["rm", "--force", "--volumes", name])
    image = container.image if container.engine != APPTAINER else image_file(container)
    if answer.returncode == _NO_PROGRAM:
        raise InputError(
            f"the image {image} has no program {program!r}: name one that has, --container IMAGE"
        )
    if answer.returncode == _NO_WRITING:
        raise InputError(
            f"a container of {image} cannot write into {folder.parent} as this user"
            f" ({last_words(answer)}): give --output on a disk that {container.engine} can write"
        )
    if answer.returncode not in (0, _NO_SHELL):  # an image without a shell is tried by the trials
        raise InputError(
            f"{container.engine} cannot run a container of {image}: {last_words(answer)}; what the"
            " engine needs here can be given by --container-arg"
        )
