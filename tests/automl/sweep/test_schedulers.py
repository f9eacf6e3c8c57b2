"""The next trial is the waiting one with the lowest number, whatever ended before."""

from types import SimpleNamespace

import pytest

from automl.sweep.schedulers import Fifo
from automl.sweep.workers.actor import NUMBER


class _Controller:
    """Tune's controller as far as a scheduler asks it: never for all trials."""

    def __init__(self, *trials: SimpleNamespace) -> None:
        self._trials = trials

    def get_live_trials(self) -> tuple[SimpleNamespace, ...]:
        return self._trials


def _trial(number: int, status: str) -> SimpleNamespace:
    return SimpleNamespace(config={NUMBER: number}, status=status)


@pytest.mark.parametrize(
    ("states", "chosen"),
    [
        ({7: "RUNNING", 9: "PENDING", 8: "PENDING"}, 8),
        ({7: "RUNNING", 3: "TERMINATED"}, None),
        ({}, None),
    ],
)
def test_the_lowest_number_that_waits(states: dict[int, str], chosen: int | None) -> None:
    trials = [_trial(number, state) for number, state in states.items()]
    found = Fifo().choose_trial_to_run(_Controller(*trials))
    assert (found and found.config[NUMBER]) == chosen
