"""A local Ray: where its files lie, what runs beside trials, and how it ends."""

import gc
import os
from pathlib import Path

import pytest
import ray
from processes import children, command_line

from automl import interrupts
from automl.errors import InputError
from automl.sweep.cluster.local_ray import RayStartError, local_ray
from automl.sweep.cluster.ray_folder import make_folder
from automl.sweep.cluster.session import ray_running


@pytest.mark.parametrize(
    ("below", "words"), [("nowhere", "make that folder"), ("x" * 100, "AF_UNIX path length")]
)
def test_a_folder_that_ray_cannot_use_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, below: str, words: str
) -> None:
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path / below))
    if len(below) == 100:
        (tmp_path / below).mkdir()
    with pytest.raises(InputError, match=rf"{words}.*RAY_TMPDIR"), ray_running():
        raise AssertionError("it started")


@pytest.mark.slow
def test_what_runs_beside_trials_and_at_which_priority() -> None:
    with ray_running() as capacity:
        running = list(map(command_line, children(os.getpid())))
        assert any("gcs_server" in words for words in running)
        assert not _idle()
        assert capacity.nodes
        assert ray.get(ray.remote(lambda: os.nice(0)).remote()) == os.nice(0)


def _idle() -> set[int]:
    raylets = children(os.getpid())
    workers = {pid for raylet in raylets for pid in children(raylet)}
    return {pid for pid in workers if command_line(pid).startswith("ray::IDLE")}


def test_the_folder_goes_where_the_process_ends_before_ray_starts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "ray"
    before = len(interrupts._cleaners)

    def end(made: Path) -> None:
        make_folder(made)
        assert folder.exists()
        for clean in interrupts._cleaners[before:]:  # as end_process does
            clean()
        assert not folder.exists()
        raise InputError("ended")

    monkeypatch.setattr("automl.sweep.cluster.local_ray.make_folder", end)
    with pytest.raises(InputError, match="ended"), local_ray(folder):
        raise AssertionError("it started")


@pytest.mark.parametrize("ending", [False, True])
def test_a_start_that_the_end_of_the_process_cuts_short_leaves_no_log(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ending: bool
) -> None:
    folder = tmp_path / "ray"

    def fail(address: str, place: dict[str, str]) -> None:
        logs = Path(place["_temp_dir"], "session_1", "logs")
        logs.mkdir(parents=True)
        (logs / "raylet.err").write_text("killed")
        raise RuntimeError("no raylet")

    monkeypatch.setattr("automl.sweep.cluster.local_ray.start_ray", fail)
    monkeypatch.setattr("automl.sweep.cluster.local_ray.is_ending", lambda: ending)
    with pytest.raises(RayStartError), local_ray(folder):
        raise AssertionError("it started")
    assert bool(list(tmp_path.iterdir())) is not ending


def test_no_garbage_is_cleared_away_while_ray_ends(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where a thread drops what is Ray's just then, Ray ends the whole process."""
    seen: list[bool] = []
    monkeypatch.setattr(ray, "init", lambda **options: None)
    monkeypatch.setattr(ray, "shutdown", lambda: seen.append(gc.isenabled()))
    with local_ray(tmp_path / "ray"):
        assert gc.isenabled()
    assert seen == [False]
    assert gc.isenabled()
