"""A container's end is its guard's: stopped with grace, removed in any case."""

from pathlib import Path

import pytest
from fake_engine import IMAGE, FakeEngine

from automl.constants import Fault
from automl.errors import TrialError
from automl.trial.child.command import run_command
from automl.trial.timeouts import Limits

NAME = "automl-run1-0000"


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    return FakeEngine(tmp_path / "engine", monkeypatch)


def _run(engine: FakeEngine, script: str, limits: Limits | None = None) -> None:
    folder = engine.folder.parent
    argv = [str(engine.program), "run", "--name", NAME, IMAGE, "sh", "-c", script]
    run_command(
        argv, folder, folder / "log.txt", print, folder,
        limits=limits, grace_s=0.5, container=NAME, program="trainer",
    )  # fmt: skip


def test_a_container_that_ends_is_removed(engine: FakeEngine) -> None:
    _run(engine, "true")
    first, run, last = engine.calls
    assert first == f"rm --force {NAME}"
    assert run.startswith("run --label automl.guard=")
    assert last == f"rm --force --volumes {NAME}"


def test_a_container_is_stopped_by_its_engine(engine: FakeEngine) -> None:
    with pytest.raises(TrialError, match="--trial-timeout"):
        _run(engine, "exec sleep 600", Limits(trial_s=0.5))
    assert engine.calls[-2:] == [f"stop -t 0 {NAME}", f"rm --force --volumes {NAME}"]


@pytest.mark.parametrize(
    ("flag", "code", "fault"),
    [
        ("true", 137, Fault.OUT_OF_MEMORY),
        ("false", 137, Fault.INFRASTRUCTURE),
        ("true", 3, Fault.UNKNOWN),
    ],
)
def test_killed_for_memory(engine: FakeEngine, flag: str, code: int, fault: Fault) -> None:
    engine.say("oom", flag)
    with pytest.raises(TrialError, match=f"trainer ended with exit code {code}") as caught:
        _run(engine, f"exit {code}")
    assert caught.value.fault == fault
    assert engine.calls[-1] == f"rm --force --volumes {NAME}"


def test_an_engine_that_fails_may_work_again(engine: FakeEngine) -> None:
    engine.say("broken")
    with pytest.raises(TrialError, match="podman could not run the container.*daemon") as caught:
        _run(engine, "true")
    assert caught.value.fault == Fault.INFRASTRUCTURE
