"""The choice of an algorithm, its reason, and what is refused."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from automl.errors import InputError
from automl.search.algorithm import check_algorithm, choose_algorithm
from automl.search.problem import SearchProblem, assess
from automl.space import Choice, Float, Space

USUAL = SearchProblem(trials=30, dimensions=8, numbers=6, parameters=8)
KIND = Choice(name="kind", choices=("a", "b"), weights=(0.5, 0.5), default="a")
LR = Float(name="lr", low=0.1, high=1.0, default=0.5, active_when=({"kind": ("b",)},))


@pytest.mark.parametrize(
    ("facts", "name", "words"),
    [
        ({}, "portfolio", "8 dimensions and a small budget"),
        ({"trials": None}, "portfolio", "small budget"),
        ({"trials": 201}, "tpe", "more than 200 trials"),
        ({"conditional": 2}, "portfolio", "small budget"),
        ({"conditional": 3}, "bayes", "3 of 8 parameters are conditional"),
        ({"conditional": 2, "objectives": 2}, "gp", "2 metrics, 8 dimensions"),
        ({"conditional": 3, "objectives": 2}, "tpe", "3 of 8 parameters are conditional"),
        ({"dimensions": 17}, "tpe", "17 dimensions, more than the 16"),
        ({"concurrency": 4}, "portfolio", "small budget"),
        ({"concurrency": 32}, "tpe", "32 trials side by side"),
        ({"rungs": True}, "tpe", "TPE ranks them by epoch and metric"),
        ({"configurations": 30}, "grid", "30 configurations: each is tried once"),
        ({"configurations": 31}, "portfolio", "small budget"),
    ],
)
def test_auto_gives_its_reason(facts: dict[str, object], name: str, words: str) -> None:
    found = choose_algorithm("auto", replace(USUAL, **facts))  # type: ignore[arg-type]
    assert found.name == name
    assert words in found.reason


def test_what_is_asked_for_is_taken() -> None:
    assert choose_algorithm("random", USUAL).reason == "asked for"
    assert "no longer maintained" in choose_algorithm("bohb", USUAL).reason
    with pytest.raises(InputError, match="'magic' is unknown: use one of auto, portfolio"):
        choose_algorithm("magic", USUAL)


def test_several_objectives_are_handed_over() -> None:
    found = choose_algorithm("bayes", replace(USUAL, objectives=2))
    assert found.name == "gp"
    assert found.reason == "bayes optimises one metric; with several, gp replaces it"
    assert choose_algorithm("bayes", USUAL).name == "bayes"


def test_a_space_is_assessed() -> None:
    space = Space(parameters=(KIND, LR))
    found = assess(space, {"kind": "b", "lr": 0.5}, trials=9, concurrency=2)
    assert found == SearchProblem(
        trials=9, dimensions=2, numbers=2, parameters=2, conditional=1, concurrency=2
    )
    assert found.conditional_share == 0.5


def test_cmaes_needs_a_number() -> None:
    plain = Space(parameters=(replace(KIND, weights=None), LR))
    base = {"kind": "a"}
    problem = assess(plain, base, trials=9)
    with pytest.raises(InputError, match="cmaes evolves numbers and this space holds none"):
        check_algorithm("cmaes", problem, plain, base)
    check_algorithm("tpe", problem, plain, base)


def test_a_blind_algorithm_has_no_use_for_earlier_results() -> None:
    space = Space(parameters=(KIND, LR))
    problem = assess(space, {"kind": "b"}, trials=9)
    with pytest.raises(InputError, match="qmc heeds no result, so --prior would do nothing"):
        check_algorithm("qmc", problem, space, {}, prior=True)
    check_algorithm("gp", problem, space, {}, prior=True)


def test_threads_that_wait_for_a_suggestion_do_not_spin() -> None:
    code = "import os, automl.search.samplers.factory; print(os.environ['OMP_WAIT_POLICY'])"
    environment = {name: text for name, text in os.environ.items() if name != "OMP_WAIT_POLICY"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "PASSIVE\n"
