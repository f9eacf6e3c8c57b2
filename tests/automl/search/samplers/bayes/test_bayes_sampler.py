"""The sampler bayes: what it learns that others do not; the rest it promises in test_study.py."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from automl.search.samplers.failures import SamplerFailed
from automl.search.study import Study
from automl.space import Choice, Float, Milestones, Space

KIND = Choice(name="kind", choices=("sgd", "adam"), default="sgd")
BRANCHES = Space(
    parameters=(
        KIND,
        Float(name="lr", low=1e-5, high=1.0, log=True, default=1e-2),
        *(
            Float(
                name=f"{kind}_x", low=0.0, high=1.0, default=0.5,
                active_when=({"kind": (kind,)},), depends_on=("kind",),
            )
            for kind in ("sgd", "adam")
        ),
    )
)  # fmt: skip
BASE = {"kind": "sgd", "lr": 1e-2, "sgd_x": 0.5, "adam_x": 0.5}


def _study(folder: Path, space: Space, base: Mapping[str, Any], seed: int = 1) -> Study:
    def fail(failed: SamplerFailed) -> None:
        pytest.fail(failed.words)

    study = Study(
        folder / f"{seed}.journal", space=space, base=base, algorithm="bayes",
        direction="minimize", seed=seed, listener=fail,
    )  # fmt: skip
    study.enqueue(space.defaults(base), "default")
    return study


def _best(study: Study, loss: Callable[[Mapping[str, Any]], float], trials: int) -> float:
    reached = []
    for _ in range(trials):
        suggestion = study.ask()
        assert suggestion is not None
        reached.append(loss(suggestion.values))
        study.tell(suggestion.ticket, "finished", reached[-1])
    return min(reached)


def test_branches_share_what_they_have_in_common(tmp_path: Path) -> None:
    def loss(values: Mapping[str, Any]) -> float:
        own = values["sgd_x"] - 0.2 if values["kind"] == "sgd" else values["adam_x"] - 0.8
        return (math.log10(values["lr"]) + 4) ** 2 + own**2 + 0.05 * (values["kind"] == "sgd")

    assert max(_best(_study(tmp_path, BRANCHES, BASE, s), loss, 22) for s in range(3)) < 0.06


def test_a_known_error_says_how_far_a_value_is_to_be_trusted(tmp_path: Path) -> None:
    """One trial looks far better than its neighbours: with a small error it is, else it is luck."""
    space = Space(parameters=(Float(name="x", low=0.0, high=1.0, default=0.5),))
    near = {}
    for name, error in (("sure", 1e-3), ("unsure", 2.0)):
        (tmp_path / name).mkdir()
        study = _study(tmp_path / name, space, {"x": 0.5})
        for place in (0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9):
            study.enqueue({"x": place}, "enqueued")
        for _ in range(9):
            suggestion = study.ask()
            assert suggestion is not None
            x = suggestion.values["x"]
            lucky = x == 0.2
            value = -1.0 if lucky else 0.3 * (x - 0.8) ** 2
            study.tell(suggestion.ticket, "finished", value, se=error if lucky else 1e-3)
        following = study.ask()
        assert following is not None
        near[name] = abs(following.values["x"] - 0.2)
    assert near["sure"] < 0.1 < near["unsure"]


def test_running_trials_are_not_proposed_again(tmp_path: Path) -> None:
    space = Space(parameters=tuple(Float(name=n, low=0.0, high=1.0, default=0.5) for n in "xy"))
    study = _study(tmp_path, space, {"x": 0.5, "y": 0.5})
    _best(study, lambda values: (values["x"] - 0.3) ** 2 + (values["y"] - 0.6) ** 2, 8)
    batch = [study.ask() for _ in range(4)]
    places = [(b.values["x"], b.values["y"]) for b in batch if b is not None]
    gaps = [math.dist(a, b) for i, a in enumerate(places) for b in places[:i]]
    assert len(gaps) == 6
    assert min(gaps) > 1e-3


def test_fractions_that_mean_the_same_epochs_are_one_configuration(tmp_path: Path) -> None:
    """Every list of three epochs is proposed once, by the sampler itself."""
    space = Space(
        parameters=(
            Milestones(name="drops", length=1, budget_key="epochs", budget=9, default=[4]),
            Float(name="x", low=0.0, high=1.0, step=0.5, default=0.5),
        )
    )
    study = _study(tmp_path, space, {"drops": [4], "x": 0.5, "epochs": 9})
    seen = set()
    for _ in range(20):
        suggestion = study.ask()
        assert suggestion is not None
        seen.add(str(suggestion.values))
        study.tell(suggestion.ticket, "finished", float(suggestion.values["drops"][0]))
    assert len(seen) == 20
    assert len(study._study.trials) == 20
