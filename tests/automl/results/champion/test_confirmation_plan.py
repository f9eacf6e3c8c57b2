"""Which trainings a confirmation goes on with, whatever its ledger holds when it goes on."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
import pytest

from automl.results.champion.confirmation_plan import Confirm, ConfirmTraining, trainings_left
from automl.trial.ledger.events import EndEvent, EpochEvent, LedgerEvent, StartEvent
from automl.trial.objective import Objective

UP: Final = Objective("score", "maximize")
Ran = tuple[int, int]


def trial(number: int, source: str, params: dict[str, int], score: float) -> list[LedgerEvent]:
    return [
        StartEvent(number, number, number, source, params),
        EpochEvent(number, number, 1, {"score": score}),
        EndEvent(number, number, "finished"),
    ]


def searched() -> list[LedgerEvent]:
    luck = np.random.default_rng(1).normal(0, 1, 8)
    sources = ["default"] + ["search"] * 7
    trials = enumerate(zip(sources, luck, strict=True))
    return [event for n, (source, value) in trials for event in trial(n, source, {"x": n}, value)]


def run(training: ConfirmTraining) -> Ran:
    return int(training.params["x"]), int(training.params["seed"])


def fresh(number: int, ran: Ran) -> list[LedgerEvent]:
    """A training whose value follows from configuration and seed alone."""
    score = float(np.random.default_rng(ran).normal(0, 1))
    return trial(number, "confirm", {"x": ran[0], "seed": ran[1]}, score)


def confirmed(confirm: Confirm, begun: Sequence[Ran] = ()) -> list[list[Ran]]:
    """Carry a confirmation out after trainings that are over; return its rounds."""
    rounds: list[list[Ran]] = []
    events, number = searched(), 8
    for ran in begun:
        events += fresh(number, ran)
        number += 1
    while left := trainings_left(confirm, events, UP):
        rounds.append([run(training) for training in left])
        for ran in rounds[-1]:
            events += fresh(number, ran)
            number += 1
    return rounds


@pytest.mark.parametrize(("pairs", "sizes"), [(1, [8, 2, 2, 2, 2]), (3, [8, 6, 2]), (9, [8, 8])])
def test_a_round_has_as_many_pairs_as_fit_and_all_rounds_the_same_budget(
    pairs: int, sizes: list[int]
) -> None:
    confirm = Confirm(3, 4, "seed", 1, race=True, pairs=pairs)
    rounds = confirmed(confirm)
    assert [len(each) for each in rounds] == sizes
    assert sum(sizes) == confirm.trials
    race = Counter(seed for each in rounds[1:] for _, seed in each)
    assert race == {seed: 2 for seed in range(3, 3 + len(race))}


def test_a_round_of_which_any_part_was_begun_goes_on_as_it_was_drawn() -> None:
    confirm = Confirm(3, 4, "seed", 1, race=True, pairs=3)
    base, race, last = confirmed(confirm)
    for chosen in range(1, 2 ** len(race) - 1):
        begun = [each for place, each in enumerate(race) if chosen >> place & 1]
        rest = [each for each in race if each not in begun]
        assert confirmed(confirm, [*base, *begun]) == [rest, last]
    assert confirmed(confirm, [*base, *race]) == [last]
    assert confirmed(confirm, [*base, *race, last[1]]) == [last[:1]]


def test_a_round_waits_for_the_trainings_before_it() -> None:
    confirm = Confirm(3, 4, "seed", 1, race=True, pairs=2)
    base, first, *_ = confirmed(confirm)
    events = searched()
    for number, ran in enumerate([*base, *first], start=8):
        events += fresh(number, ran)
    assert trainings_left(confirm, events, UP)
    assert not trainings_left(confirm, events[:-1], UP)


def test_a_plan_names_what_is_new_in_it_alone() -> None:
    assert "pairs" not in Confirm(3, 4, "seed", 1, race=True).to_dict()
    assert Confirm(**Confirm(3, 4, "seed", 1, race=True, pairs=2).to_dict()).pairs == 2
