"""Before the first trial: the engine, the image, a try, and what earlier sessions left."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from fake_engine import IMAGE, FakeEngine

from automl.errors import InputError
from automl.trial.child.guard import identity, is_dead
from automl.trial.container.check import ready_container
from automl.trial.container.engines import find_engine, program_of
from automl.trial.container.leftovers import remove_leftovers


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    return FakeEngine(tmp_path / "engine", monkeypatch)


def _ready(engine: FakeEngine, program: str = "sh") -> None:
    runs = engine.folder.parent / "run"
    ready_container(engine.container, program, runs, engine.folder / "home")
    assert list(runs.iterdir()) == [], "the try leaves nothing"


def test_the_first_engine_that_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bin_dir = tmp_path / "bin"
    docker = FakeEngine(bin_dir, monkeypatch, "docker")
    monkeypatch.setenv("PATH", f"{bin_dir}:{tmp_path / 'tools'}")
    (tmp_path / "tools").mkdir()
    for tool in ("dirname", "cat"):
        (tmp_path / "tools" / tool).symlink_to(f"/usr/bin/{tool}")
    found = find_engine()
    assert not isinstance(found, str)
    assert found.name == "docker"
    docker.say("dead")
    said = find_engine()
    assert said == "docker does not answer: cannot connect to the daemon"
    docker.program.unlink()
    assert find_engine() == "none of docker, podman, apptainer is installed"
    with pytest.raises(InputError, match="not on the PATH"):
        program_of("docker")


def test_the_image_is_pulled_once(engine: FakeEngine) -> None:
    _ready(engine)
    _ready(engine)
    assert engine.calls.count(f"pull {IMAGE}") == 1


@pytest.mark.parametrize(
    ("file", "program", "words"),
    [
        ("refuse", "sh", "cannot pull it: Pulling layers | denied: log in first"),
        ("broken", "sh", "podman cannot run a container of .* the daemon is gone"),
        ("image", "no-such-trainer", "has no program 'no-such-trainer'"),
    ],
)
def test_one_error_before_any_trial(
    engine: FakeEngine, file: str, program: str, words: str
) -> None:
    engine.say(file)
    with pytest.raises(InputError, match=words):
        _ready(engine, program)


def test_leftovers_of_this_run_and_of_dead_guards(engine: FakeEngine) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""], stdin=subprocess.DEVNULL)
    dead = identity(ended.pid)
    assert not is_dead(dead)
    ended.wait()
    alive = identity(os.getpid())
    elsewhere = dead.replace("/", "/other", 1)
    labels = {
        "mine": {"automl.run": "run1", "automl.guard": alive},
        "orphan": {"automl.run": "run2", "automl.guard": dead},
        "busy": {"automl.run": "run3", "automl.guard": alive},
        "far": {"automl.run": "run4", "automl.guard": elsewhere},
        "odd": {"automl.guard": "what"},
    }
    engine.say("ids", "\n".join(labels))
    found = [{"Id": n, "Name": f"/{n}", "Config": {"Labels": each}} for n, each in labels.items()]
    engine.say("labels", json.dumps(found))
    assert remove_leftovers(engine.container) == ["mine", "orphan"]
    removed = [call for call in engine.calls if call.startswith("rm ")]
    assert removed == ["rm --force --volumes mine", "rm --force --volumes orphan"]
    assert remove_leftovers(replace(engine.container, engine="apptainer")) == []
