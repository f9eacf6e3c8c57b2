"""Any byte damage in any file of a run: the right answer, or one error that names a file."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from damage import Answers, Place, draw
from project_paths import SKILLS
from small_runs import make_direct_run, make_sweep

from automl.trial.data.cache import CACHE_VARIABLE

pytestmark = pytest.mark.slow
MUTATIONS = 300
CHUNKS = 10


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a sweep that is done, one that was cut short, and a direct run."""
    folder = tmp_path_factory.mktemp("runs")
    bowl, data = shutil.copytree(SKILLS / "bowl", folder / "bowl"), folder / "data"
    (data / "crops").mkdir(parents=True)
    shutil.make_archive(str(data / "crops"), "gztar", data, "crops")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CACHE_VARIABLE, str(folder / "cache"))
        runs = folder / "runs"
        make_sweep(runs / "done", bowl, data, done=True, confirm=1, repeats=1)
        make_sweep(runs / "cut", bowl, data, done=False)
        make_direct_run(runs / "direct", bowl, data)
        yield Path(shutil.move(runs, folder / "pristine")).parent


@pytest.fixture(scope="module")
def answers() -> Answers:
    """What the commands say of undamaged runs."""
    return {}


@pytest.mark.usefixtures("trials_here")
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_damage_is_mended_or_told(
    runs: Path, answers: Answers, capsys: pytest.CaptureFixture[str], chunk: int
) -> None:
    place = Place(runs / "pristine", runs / "runs", capsys.readouterr, answers)
    seeds = range(chunk, MUTATIONS, CHUNKS)
    faults = [fault for seed in seeds if (fault := draw(place, seed).fault(place))]
    assert not faults, "\n".join(faults)
