"""Makes located data local: archives are unpacked and URLs downloaded, once per machine.

The machine's cache has one entry for each content, which all trials share.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from automl.errors import DataSourceError
from automl.skill import DataSource
from automl.trial.data.fetch import fetch
from automl.trial.data.unpack import ARCHIVES, unpack
from automl.trial.secrets import mask_location

LOG: Final = logging.getLogger(__name__)
_UNPACKED_RUNTIME: Final = "extracted_folder"


@dataclass(frozen=True)
class Staged:
    """One declared file of a run: its place for every node, and its path on this machine.

    Attributes:
        location: the file, folder or URL that the user named.
        path: the value of the spec key for trials on the driver's machine.
        runtime: the form in which the trainer wants it (see :class:`automl.skill.DataSource`).
        source: the skill's name for the data set that it is from; None where it has none.
    """

    location: str
    path: str
    runtime: str | None = None
    source: str | None = None

    def place(self) -> str:
        """Return where a later run finds it: the user's location, else the staged path."""
        named = "://" in self.location or Path(self.location).exists()
        return self.location if named or not Path(self.path).exists() else self.path

    def here(self) -> str:
        """Return its path on this machine; a worker of another machine stages it first.

        Raises:
            DataSourceError: it cannot be staged on this machine.
        """
        if Path(self.path).exists():
            return self.path
        if "://" not in self.location and not Path(self.location).exists():
            raise DataSourceError(
                f"{self.location} does not exist on this machine: put the data on a path that"
                " every node sees, or give a URL"
            )
        return stage(self.location, DataSource(None, "", self.runtime))


def stage_source(location: str, source: DataSource) -> Staged:
    """Return one located file of a run, staged on this machine.

    Raises:
        DataSourceError: it cannot be downloaded or unpacked.
    """
    everywhere = location if "://" in location else str(Path(location).absolute())
    return Staged(everywhere, stage(location, source), source.runtime, source.source)


def stage(location: str, source: DataSource) -> str:
    """Return the local path of one file; download and unpack it where that is needed.

    Raises:
        DataSourceError: it cannot be downloaded or unpacked.
    """
    path = fetch(location) if "://" in location else Path(location).absolute()
    LOG.debug("%s is at %s", mask_location(location), path)
    wanted = source.runtime in (None, _UNPACKED_RUNTIME)
    if path.is_dir() or not wanted or not path.name.endswith(ARCHIVES):
        return str(path)
    return str(unpack(path))
