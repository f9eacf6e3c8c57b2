"""Rays that start at the same moment on one host do so one after the other."""

from pathlib import Path

from automl.sweep.cluster.start_turn import PATIENCE_S, StartTurn


def test_the_second_starts_when_the_first_is_up(tmp_path: Path) -> None:
    first, second, waited = StartTurn(tmp_path), StartTurn(tmp_path), list[float]()

    def pause(seconds: float) -> bool:
        waited.append(seconds)
        if len(waited) == 3:
            first.release()
        return False

    first.wait(pause)
    assert not waited
    second.wait(pause)
    assert len(waited) == 3
    first.wait(lambda seconds: True)
    first.release()
    second.release()


def test_waiting_ends_with_the_run_and_with_patience(tmp_path: Path) -> None:
    first, second, asked = StartTurn(tmp_path), StartTurn(tmp_path), list[float]()
    first.wait(lambda seconds: False)

    def give_up(seconds: float) -> bool:
        asked.append(seconds)
        return True

    second.wait(give_up)
    assert len(asked) == 1
    times = iter([0.0, PATIENCE_S - 1, PATIENCE_S])
    second.release()
    second.wait(lambda seconds: False, lambda: next(times))
    second.release()
    first.release()
    first.release()


def test_without_a_place_for_the_lock_the_start_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    turn = StartTurn(tmp_path / "file")
    waited: list[float] = []
    turn.wait(lambda seconds: bool(waited.append(seconds)))
    turn.release()
    assert not waited
