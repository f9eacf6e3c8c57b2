"""What every algorithm promises: its direction, its seed, no configuration twice, its memory."""

from pathlib import Path
from typing import Any

import pytest

from automl.errors import InputError
from automl.search.algorithm import ALGORITHMS, choose_algorithm
from automl.search.study import Study
from automl.space import Choice, Float, Integer, Space

SPACE = Space(
    parameters=(
        Float(name="train.lr", low=1e-4, high=1.0, log=True, default=0.1),
        Integer(name="train.steps", low=1, high=50, default=10),
        Choice(name="train.kind", choices=("round", "flat"), default="round"),
    )
)
BASE = {"train": {"lr": 0.1, "steps": 10, "kind": "round"}}


def _study(path: Path, **options: Any) -> Study:
    given = {"space": SPACE, "base": BASE, "algorithm": "gp", "direction": "maximize", "seed": 1}
    return Study(path / "study.journal", **{**given, **options})


def _run(study: Study, count: int, sign: float = 1.0) -> list[dict[str, Any]]:
    """Ask and tell ``count`` trials of a score that grows with steps and peaks at kind round."""
    drawn = []
    for _ in range(count):
        suggestion = study.ask()
        assert suggestion is not None
        values = suggestion.values
        score = values["train.steps"] + (25 if values["train.kind"] == "round" else 0)
        study.tell(suggestion.ticket, "finished", sign * score)
        drawn.append(values)
    return drawn


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_same_seed_draws_the_same(tmp_path: Path, algorithm: str) -> None:
    for name in "abc":
        (tmp_path / name).mkdir()
    first = _run(_study(tmp_path / "a", algorithm=algorithm), 9)
    again = _run(_study(tmp_path / "b", algorithm=algorithm), 9)
    other = _run(_study(tmp_path / "c", algorithm=algorithm, seed=2), 9)
    assert first == again != other


@pytest.mark.parametrize("algorithm", ["gp", "tpe"])
@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_the_declared_direction_is_followed(tmp_path: Path, algorithm: str, direction: str) -> None:
    drawn = _run(_study(tmp_path, algorithm=algorithm, direction=direction), 25)
    late = [values["train.steps"] for values in drawn[15:]]
    assert (sum(late) / len(late) > 30) == (direction == "maximize")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_study_taken_up_again_goes_on_as_if_it_had_not_stopped(
    tmp_path: Path, algorithm: str
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    whole = _run(_study(tmp_path / "a", algorithm=algorithm), 10)
    first = _run(_study(tmp_path / "b", algorithm=algorithm), 6)
    assert first + _run(_study(tmp_path / "b", algorithm=algorithm), 4) == whole


def test_an_enqueued_configuration_comes_first_and_as_given(tmp_path: Path) -> None:
    study = _study(tmp_path)
    study.enqueue({"train.lr": 0.1, "train.steps": 10, "train.kind": "round"}, "default")
    suggestion = study.ask()
    assert suggestion is not None
    assert suggestion.source == "default"
    assert suggestion.values == {"train.lr": 0.1, "train.steps": 10, "train.kind": "round"}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_finite_space_is_tried_once_and_then_exhausted(tmp_path: Path, algorithm: str) -> None:
    space = Space(parameters=(Integer(name="train.steps", low=1, high=4, default=1),))
    study = _study(tmp_path, space=space, algorithm=algorithm)
    seen = []
    while (suggestion := study.ask()) is not None:
        study.tell(suggestion.ticket, "finished", 1.0)
        seen.append(suggestion.values["train.steps"])
    assert sorted(seen) == [1, 2, 3, 4]


def test_weights_are_the_prior_of_random_draws(tmp_path: Path) -> None:
    weighted = Choice(
        name="train.kind", choices=("round", "flat"), weights=(0.9, 0.1), default="round"
    )
    space = Space(parameters=(weighted, Float(name="train.lr", low=0.0, high=1.0, default=0.5)))
    study = _study(tmp_path, space=space, algorithm="random")
    drawn = [study.ask() for _ in range(60)]
    flat = sum(s is not None and s.values["train.kind"] == "flat" for s in drawn)
    assert 1 <= flat <= 15


def test_a_weighted_choice_can_be_enqueued(tmp_path: Path) -> None:
    weighted = Choice(
        name="train.kind", choices=("round", "flat"), weights=(0.9, 0.1), default="round"
    )
    study = _study(tmp_path, space=Space(parameters=(weighted,)))
    study.enqueue({"train.kind": "flat"}, "default")
    suggestion = study.ask()
    assert suggestion is not None
    assert suggestion.values == {"train.kind": "flat"}


def test_algorithms_are_chosen_with_a_reason() -> None:
    assert choose_algorithm("auto", trials=30, conditional=False).name == "gp"
    assert choose_algorithm("auto", trials=30, conditional=True).name == "tpe"
    assert choose_algorithm("auto", trials=5000, conditional=False).name == "tpe"
    assert choose_algorithm("random", trials=30, conditional=False).reason == "asked for"
    with pytest.raises(InputError, match="'magic' is unknown: use one of auto, gp"):
        choose_algorithm("magic", trials=30, conditional=False)
