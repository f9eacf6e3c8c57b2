"""One run at a time in a process; a child that was forked from one with a Ray has none."""

import asyncio
import multiprocessing
import threading
from pathlib import Path
from typing import Any

import automl
from automl.errors import InputError
from automl.launch.running.one_run import only_run_here
from automl.sweep.cluster import forks


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
    words = "this process is in an automl.run already, perhaps in another thread: start this"
    assert [refusal.startswith(words) for refusal in refusals] == [True]
    assert not (tmp_path / "second").exists()
    second()
    assert (len(refusals), (tmp_path / "second").exists()) == (1, True)


def test_where_a_run_may_be_called(bowl: Path, tmp_path: Path) -> None:
    """From a thread, inside a running event loop, and again."""
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


def test_a_forked_child_has_a_turn_of_its_own(bowl: Path, tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    answers = fork.SimpleQueue()
    with only_run_here():
        child = fork.Process(target=_child, args=(bowl, tmp_path / "run", answers))
        child.start()
    assert answers.get() == "done"
    child.join()


def _sweep(bowl: Path, output: Path, answers: Any) -> None:
    forks.note_use()
    fork = multiprocessing.get_context("fork")
    grandchild = fork.Process(target=_try, args=(bowl, output, answers))
    grandchild.start()
    grandchild.join()


def _try(bowl: Path, output: Path, answers: Any) -> None:
    try:
        automl.run(skill_dir=bowl, output=output, overrides={"dataset.folder": str(bowl)})
    except InputError as error:
        answers.put(str(error))
    answers.put(_once(bowl, output))


def test_a_child_that_was_forked_from_a_process_with_a_ray_runs_no_sweep(
    bowl: Path, tmp_path: Path
) -> None:
    """Ray would wait for ever there; a direct run needs none."""
    fork = multiprocessing.get_context("fork")
    answers = fork.SimpleQueue()
    child = fork.Process(target=_sweep, args=(bowl, tmp_path / "run", answers))
    child.start()
    assert answers.get().startswith("this process was forked from one that ran Ray")
    assert answers.get() == "done"
    child.join()
