"""Which sampler is made for a trial."""

import pytest

from automl.search.samplers.factory import _whose_turn


@pytest.mark.parametrize(
    ("draw", "name"),
    [(0, "bayes"), (11, "bayes"), (12, "bayes"), (13, "gp"), (14, "bayes"), (201, "tpe")],
)
def test_the_turns_of_a_portfolio(draw: int, name: str) -> None:
    assert _whose_turn("portfolio", draw) == name


@pytest.mark.parametrize(("name", "later"), [("gp", "tpe"), ("bayes", "tpe"), ("cmaes", "cmaes")])
def test_who_proposes_once_a_gaussian_process_costs_too_much(name: str, later: str) -> None:
    assert (_whose_turn(name, 200), _whose_turn(name, 201)) == (name, later)
