"""One run at a time in a process; a child that was forked from one with a Ray has none."""

import asyncio
import multiprocessing
import threading
from pathlib import Path
from typing import Any

import pytest

import automl
from automl.errors import InputError
from automl.launch.running import one_run
from automl.launch.running.one_run import only_run_here


def _once(bowl: Path, output: Path) -> str:
    options = {"dataset.folder": str(bowl)}
    return str(automl.run(skill_dir=bowl, policy="off", output=output, overrides=options).status)


def test_a_second_run_is_refused_before_anything_is_written(bowl: Path, tmp_path: Path) -> None:
    refusals: list[str] = []

    def second() -> None:
        try:
            _once(bowl, tmp_path / "second")
        except InputError as error:
            refusals.append(str(error))

    with only_run_here():
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    words = "this process is in an automl.run already, perhaps in another thread: start it in a"
    assert [refusal.startswith(words) for refusal in refusals] == [True]
    assert not (tmp_path / "second").exists()
    second()
    assert (len(refusals), (tmp_path / "second").exists()) == (1, True)


def test_where_a_run_may_be_called(bowl: Path, tmp_path: Path) -> None:
    """From a thread, inside a running event loop, in a forked child, and again."""
    told: list[str] = []
    thread = threading.Thread(target=lambda: told.append(_once(bowl, tmp_path / "thread")))
    thread.start()
    thread.join()

    async def cell() -> str:
        return _once(bowl, tmp_path / "loop")

    told.append(asyncio.run(cell()))
    told.append(_once(bowl, tmp_path / "again"))
    assert told == ["done"] * 3


def _child(bowl: Path, output: Path, answers: Any) -> None:
    try:
        answers.put(_once(bowl, output))
    except InputError as error:
        answers.put(str(error))


@pytest.mark.parametrize("joined", [False, True])
def test_a_forked_child(
    bowl: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, joined: bool
) -> None:
    monkeypatch.setattr(one_run, "has_joined", lambda: joined)
    fork = multiprocessing.get_context("fork")
    answers = fork.SimpleQueue()
    with only_run_here():
        child = fork.Process(target=_child, args=(bowl, tmp_path / "run", answers))
        child.start()
    said = answers.get()
    child.join()
    if joined:
        assert said.startswith("this process was forked from one that is connected to Ray")
    else:
        assert said == "done"
