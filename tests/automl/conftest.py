"""The bowl skill: a trainer that takes no time, for runs through the whole of automl."""

import io
import shutil
import tarfile
from pathlib import Path

import pytest
from project_paths import SKILLS

from automl.trial.data.cache import CACHE_VARIABLE


@pytest.fixture
def bowl(tmp_path: Path) -> Path:
    """A copy of the bowl skill's directory that a test may damage."""
    return Path(shutil.copytree(SKILLS / "bowl", tmp_path / "bowl"))


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data root with the archive that the bowl skill declares, and a cache of its own."""
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    root = tmp_path / "root"
    root.mkdir()
    with tarfile.open(root / "crops.tar.gz", "w:gz") as tar:
        info = tarfile.TarInfo("crops/a.jpg")
        info.size = 1
        tar.addfile(info, io.BytesIO(b"1"))
    return root
