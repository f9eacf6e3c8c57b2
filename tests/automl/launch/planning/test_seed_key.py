"""Which spec key holds the seed that a confirmation changes."""

import pytest

from automl.errors import InputError
from automl.launch.planning.seed_key import find_seed_key


@pytest.mark.parametrize(
    ("spec", "key"),
    [
        ({"train": {"seed": 1}}, "train.seed"),
        ({"model": {"seed": 1}, "train": {"lr": 0.1}}, "model.seed"),
        ({"train": {"random": {"seed": 7}}}, "train.random.seed"),
        ({"seed": 1, "lr": 0.1}, "seed"),
        ({"seed": 1, "data": {"seed": 2}}, "seed"),
        ({"train": {"seed": 1}, "data": {"seed": 2}, "seed": 3}, "train.seed"),
        ({"model": {"seed": 1}, "evaluate": {"seed": 2}}, "model.seed"),
        ({"run": {"random_seed": 5}}, "run.random_seed"),
        ({"run": {"random_seed": 5}, "model": {"seed": 1}}, "model.seed"),
    ],
)
def test_the_only_seed_is_the_seed(spec: dict[str, object], key: str) -> None:
    assert find_seed_key(None, "train", spec) == key


def test_what_the_skill_names_comes_first() -> None:
    spec = {"train": {"seed": 1}, "data": {"seed": 2}}
    assert find_seed_key("data.seed", "train", spec) == "data.seed"


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (
            {"model": {"seed": 1}, "data": {"seed": 2}},
            "model.seed, data.seed could be it: name",
        ),
        ({"train": {"lr": 0.1}}, "train.seed holds None: name the key as seed_spec_key"),
        ({"model": {"seed": "x"}}, "model.seed holds 'x'"),
    ],
)
def test_no_seed_and_several_are_refused(spec: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        find_seed_key(None, "train", spec)
