"""What an optimiser counts in the training set."""

from collections.abc import Callable
from typing import Any

from reid_model.actions.counts import identities


def test_identities_held_out_of_training_do_not_count(make_spec: Callable[..., Any]) -> None:
    assert identities(make_spec()) == 8
    assert identities(make_spec(**{"dataset.holdout": 0.25})) == 6
