"""A space as a unit cube: every configuration is a point that gives it back."""

from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest

from automl.search.samplers.bayes.candidates import Candidates
from automl.search.samplers.bayes.cube import Cube
from automl.search.study import Study
from automl.skill import Relation
from automl.space import Choice, Float, Integer, Milestones, NumberList, Space, Subset

KIND = Choice(name="kind", choices=("sgd", "adam"), weights=(0.6, 0.4), default="adam")
SPACE = Space(
    parameters=(
        Float(name="lr", low=1e-4, high=1.0, log=True, default=0.1),
        KIND,
        Float(
            name="momentum", low=0.5, high=1.0, step=0.25, default=0.75,
            active_when=({"kind": ("sgd",)},), depends_on=("kind",),
        ),
        Choice(name="size", choices=(16, 32, 64, 128), ordered=True, default=32),
        Integer(
            name="part", low=4, high=24, step=4, default=8, depends_on=("size",),
            relations=(Relation("size", "<=", 2),),
        ),
        Integer(name="count", low=8, high=512, step=8, log=True, default=64),
        Integer(name="epochs", low=1, high=6, default=5),
        Milestones(name="drops", length=2, budget_key="epochs", budget=5, default=[2, 3]),
        Subset(name="blocks", options=("a", "b", "c"), least=1, most=2, default=["a"]),
        Choice(name="flag", choices=(True, 1, None, [2]), default=None),
        NumberList(
            name="pair", default=[0.2, 0.4],
            elements=(Float(name="pair[0]", low=0.0, high=1.0),
                      Float(name="pair[1]", low=0.0, high=1.0)), ascending=True,
        ),
    )
)  # fmt: skip
BASE = {
    "lr": 0.1, "kind": "adam", "momentum": 0.75, "size": 32, "part": 8, "count": 64, "epochs": 5,
    "drops": [2, 3], "blocks": ["a"], "flag": None, "pair": [0.2, 0.4],
}  # fmt: skip


@pytest.fixture
def cube() -> Cube:
    return Cube(SPACE, BASE)


def test_the_default_point_is_that_of_the_default_configuration(cube: Cube) -> None:
    assert _same(cube.values(cube.default_point), SPACE.defaults(BASE))
    names = [axis.name for axis in cube.axes]
    assert len(names) == len(set(names)) == 15
    momentum = names.index("momentum")
    assert cube.axes[momentum].answer(cube.default_point[momentum]) == 0.75
    assert not cube.active(cube.default_point[None])[0][momentum]


def test_every_trial_of_a_study_gives_its_point_back(cube: Cube, tmp_path: Path) -> None:
    study = Study(
        tmp_path / "study.journal", space=SPACE, base=BASE, algorithm="random",
        direction="minimize", seed=3,
    )  # fmt: skip
    for _ in range(40):
        suggestion = study.ask()
        assert suggestion is not None
        trial = study._study.trials[suggestion.ticket]
        point = cube.point(trial.params)
        assert _same(cube.values(point), suggestion.values)
        assert trial.params.keys() == cube.params(point).keys()


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return SPACE.canonical(one) == SPACE.canonical(other)


def test_whatever_is_drawn_is_legal_and_snapped(cube: Cube) -> None:
    candidates = Candidates(cube, np.random.default_rng(0))
    first = candidates.anywhere(30)
    for points in (first, candidates.near(first[:5], 10, 0.3), candidates.near(first[:5], 5, 1e-4)):
        assert np.allclose(cube.snap(points), points, atol=1e-12)
        for point in points:
            values = cube.values(point)
            assert ("momentum" in values) == (values["kind"] == "sgd")
            assert values["part"] <= values["size"] / 2
            assert ("drops" in values) == (values["epochs"] > 1)
            params = cube.params(point)
            for name, value in params.items():
                found = cube.distributions[name]
                assert found._contains(found.to_internal_repr(value))
            assert np.allclose(cube.point(params), point, atol=1e-9)


def test_a_parameter_of_another_branch_makes_no_difference(cube: Cube) -> None:
    names = [axis.name for axis in cube.axes]
    one = cube.default_point.copy()
    one[names.index("momentum")] = 0.0
    assert np.array_equal(cube.snap(one[None])[0], cube.default_point)


def test_numbers_without_steps_pass_unchanged() -> None:
    cube = Cube(Space(parameters=(Float(name="x", low=-1.0, high=1.0, default=0.0),)), {"x": 0.0})
    points = np.random.default_rng(0).random((9, 1))
    assert np.array_equal(cube.snap(points), points)
    assert cube.distributions == {"x": optuna.distributions.FloatDistribution(-1.0, 1.0)}
