"""The bowl skill: a trainer that takes no time, for runs through the whole of automl."""

import io
import shutil
import tarfile
from contextlib import ExitStack
from pathlib import Path

import pytest
from project_paths import SKILLS

from automl.sweep.cluster.background import has_joined
from automl.sweep.cluster.local_ray import local_ray
from automl.trial.data.cache import CACHE_VARIABLE

RAY = ExitStack()


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


@pytest.fixture
def shared_ray(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A local Ray that sweeps of several tests join: its start takes longer than most of them."""
    if not has_joined():
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(CACHE_VARIABLE, str(tmp_path_factory.mktemp("cache")))
            RAY.enter_context(local_ray())


@pytest.fixture(autouse=True)
def _no_ray_of_others(request: pytest.FixtureRequest) -> None:
    """A test that does not ask for the shared Ray does not meet it."""
    if "shared_ray" not in request.fixturenames:
        RAY.close()


def pytest_sessionfinish() -> None:
    """End the shared Ray."""
    RAY.close()
