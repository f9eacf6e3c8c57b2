"""What every algorithm promises: its direction, its seed, no configuration twice, its memory.

An algorithm joins by one line of ``LEARNS`` (and of ``FINITE_ONLY`` if it needs a finite space).
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from automl.search.algorithm import ALGORITHMS, MULTI_OBJECTIVE
from automl.search.samplers.constrained import with_constraints
from automl.search.samplers.diverged import with_diverged
from automl.search.samplers.factory import VIEWS
from automl.search.study import STUDY_NAME, Study
from automl.skill import Relation
from automl.space import Choice, Float, Integer, Milestones, Space, Subset

LEARNS = {
    "portfolio": True,
    "bayes": True,
    "gp": True,
    "tpe": True,
    "bohb": True,
    "cmaes": True,
    "qmc": False,
    "random": False,
    "pbt": False,  # of its first generation; the others: test_evolve.py, test_generations.py
    "grid": False,
}
FINITE_ONLY = ("grid",)
LEARN_MEMORY = ["bayes"] + [name for name, views in VIEWS.items() if with_constraints in views]
LEARN_FAILURES = ["bayes"] + [name for name, views in VIEWS.items() if with_diverged in views]
LR = Float(name="train.lr", low=1e-4, high=1.0, log=True, default=0.1)
RATES = Choice(name="train.lr", choices=(1e-4, 1e-2, 0.1), ordered=True, default=0.1)
SPACE = Space(
    parameters=(
        LR,
        Integer(name="train.steps", low=1, high=50, default=10),
        Choice(name="train.kind", choices=("round", "flat"), default="round"),
    )
)
RICH = Space(
    parameters=(
        LR,
        Choice(
            name="train.kind", choices=("sgd", "adam"), weights=(0.6, 0.4), default="adam"
        ),
        Float(
            name="train.momentum", low=0.5, high=1.0, step=0.25, default=0.5,
            active_when=({"train.kind": ("sgd",)},), depends_on=("train.kind",),
        ),
        Choice(name="train.size", choices=(16, 32, 64, 128), ordered=True, default=32),
        Integer(
            name="train.part", low=4, high=24, step=4, default=8, depends_on=("train.size",),
            relations=(Relation("train.size", "<=", 2),),
        ),
        Milestones(name="train.drops", length=2, budget_key="train.epochs", budget=5,
                   default=[2, 3]),
        Subset(name="train.blocks", options=("a", "b"), least=1, most=2, default=["a"]),
    )
)  # fmt: skip
BASE = {
    "train": {
        "lr": 0.1, "steps": 10, "kind": "round", "momentum": 0.5, "size": 32, "part": 8,
        "epochs": 5, "drops": [2, 3], "blocks": ["a"],
    }
}  # fmt: skip


def slow_gp(algorithms: Iterable[str]) -> list[Any]:
    """Algorithms as parameters: where the Gaussian process takes seconds, it is a slow test."""
    marks = {"gp": pytest.mark.slow}
    return [pytest.param(name, marks=marks.get(name, ())) for name in algorithms]


def _lengths(algorithm: str) -> tuple[int, int]:
    """How many trials show where an algorithm goes, and how many of the last ones.

    The first trial that a Gaussian process proposes is at the better end; it explores from there.
    """
    return (6, 1) if algorithm == "gp" else (13, 3)


def test_every_algorithm_has_joined() -> None:
    assert set(LEARNS) == set(ALGORITHMS)


def _suited(space: Space, algorithm: str) -> Space:
    """``space`` with its one continuous parameter as choices where only finite spaces will do."""
    if algorithm not in FINITE_ONLY:
        return space
    return replace(space, parameters=tuple(RATES if p is LR else p for p in space.parameters))


def _study(path: Path, **options: Any) -> Study:
    given = {"space": SPACE, "base": BASE, "algorithm": "gp", "direction": "maximize", "seed": 1}
    given.update(options)
    space = _suited(given.pop("space"), given["algorithm"])
    return Study(path / "study.journal", space=space, **given)


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
    first = _run(_study(tmp_path / "a", algorithm=algorithm), 7)
    again = _run(_study(tmp_path / "b", algorithm=algorithm), 7)
    other = _run(_study(tmp_path / "c", algorithm=algorithm, seed=2), 7)
    assert first == again != other


@pytest.mark.slow
@pytest.mark.parametrize("direction", ["maximize", "minimize"])
@pytest.mark.parametrize("algorithm", [name for name, learns in LEARNS.items() if learns])
def test_the_declared_direction_is_followed(tmp_path: Path, algorithm: str, direction: str) -> None:
    space = Space(parameters=(Integer(name="train.steps", low=1, high=1000, default=500),))
    study = _study(tmp_path, space=space, algorithm=algorithm, direction=direction)
    drawn = []
    count, late = _lengths(algorithm)
    for _ in range(count):
        suggestion = study.ask()
        assert suggestion is not None
        drawn.append(suggestion.values["train.steps"])
        study.tell(suggestion.ticket, "finished", float(drawn[-1]))
    assert (sum(drawn[-late:]) / late > 500) == (direction == "maximize")


@pytest.mark.parametrize("directions", [("maximize", "minimize"), ("minimize", "maximize")])
@pytest.mark.parametrize("algorithm", slow_gp(name for name in MULTI_OBJECTIVE if LEARNS[name]))
def test_each_of_several_directions_is_followed(
    tmp_path: Path, algorithm: str, directions: tuple[str, str]
) -> None:
    """Both objectives agree: many steps, or few, are best in both."""
    space = Space(parameters=(Integer(name="train.steps", low=1, high=1000, default=500),))
    study = _study(
        tmp_path, space=space, algorithm=algorithm, direction=directions[0], further=directions[1:]
    )
    drawn = []
    count, late = _lengths(algorithm)
    for _ in range(count):
        suggestion = study.ask()
        assert suggestion is not None
        drawn.append(suggestion.values["train.steps"])
        study.report(suggestion.ticket, 1, float(drawn[-1]))
        study.tell(suggestion.ticket, "finished", drawn[-1], further=[-drawn[-1]])
    assert (sum(drawn[-late:]) / late > 500) == (directions[0] == "maximize")


def test_a_trial_that_lacks_an_objective_counts_for_nothing(tmp_path: Path) -> None:
    study = _study(tmp_path, algorithm="tpe", further=["minimize"])
    for outcome, further in (("finished", [None]), ("stopped", [1.0]), ("finished", [2.0])):
        suggestion = study.ask()
        assert suggestion is not None
        study.tell(suggestion.ticket, outcome, 0.5, further=further)
    known = optuna.load_study(study_name=STUDY_NAME, storage=storage_at(tmp_path)).trials
    assert [(t.state.name, t.values) for t in known] == [
        ("FAIL", None),
        ("FAIL", None),
        ("COMPLETE", [0.5, 2.0]),
    ]


@pytest.mark.parametrize("algorithm", [name for name, learns in LEARNS.items() if not learns])
def test_a_blind_algorithm_heeds_no_result(tmp_path: Path, algorithm: str) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
    up = _run(_study(tmp_path / "a", algorithm=algorithm, direction="maximize"), 8)
    down = _run(_study(tmp_path / "b", algorithm=algorithm, direction="minimize"), 8, sign=-3.0)
    assert up == down


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_rich_space_is_drawn_legally_and_never_twice(tmp_path: Path, algorithm: str) -> None:
    study = _study(tmp_path, space=RICH, algorithm=algorithm)
    defaults = RICH.defaults({"train": {**BASE["train"], "kind": "adam"}})
    study.enqueue(defaults, "default")
    seen = []
    for index in range(12):
        suggestion = study.ask()
        assert suggestion is not None
        values = suggestion.values
        assert ("train.momentum" in values) == (values["train.kind"] == "sgd")
        assert values["train.part"] <= values["train.size"] / 2
        assert values["train.drops"] == sorted(set(values["train.drops"]))
        assert set(values["train.drops"]) <= {1, 2, 3, 4}
        study.tell(suggestion.ticket, "failed" if index == 3 else "finished", float(index))
        seen.append(RICH.canonical(values))
    assert len(set(seen)) == 12
    assert seen[0] == RICH.canonical(defaults)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_study_taken_up_again_goes_on_as_if_it_had_not_stopped(
    tmp_path: Path, algorithm: str
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    whole = _run(_study(tmp_path / "a", algorithm=algorithm), 8)
    first = _run(_study(tmp_path / "b", algorithm=algorithm), 6)
    assert first + _run(_study(tmp_path / "b", algorithm=algorithm), 2) == whole


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
@pytest.mark.parametrize(
    "algorithm", slow_gp(n for n, views in VIEWS.items() if with_constraints in views)
)
def test_what_does_not_fit_is_learned_and_is_no_score(
    tmp_path: Path, algorithm: str, direction: str
) -> None:
    """The more steps the better, but above 500 a trial runs out of memory."""
    space = Space(parameters=(Integer(name="train.steps", low=1, high=1000, default=100),))
    study = _study(tmp_path, space=space, algorithm=algorithm, direction=direction)
    sign = 1.0 if direction == "maximize" else -1.0
    late, count = [], 14 if algorithm == "gp" else 20
    for index in range(count):
        suggestion = study.ask()
        assert suggestion is not None
        steps = suggestion.values["train.steps"]
        if steps > 500:
            study.tell(suggestion.ticket, "failed", None, fault="out_of_memory")
        else:
            study.tell(suggestion.ticket, "finished", sign * steps)
        late += [steps] if index >= count / 2 else []
    assert sum(steps <= 500 for steps in late) >= len(late) / 2
    assert max(steps for steps in late if steps <= 500) > 400
    known = optuna.load_study(study_name=STUDY_NAME, storage=storage_at(tmp_path)).trials
    assert {t.state.name for t in known if t.constraints} == {"FAIL"}


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
@pytest.mark.parametrize("algorithm", slow_gp(LEARN_FAILURES))
def test_where_training_diverges_is_learned(tmp_path: Path, algorithm: str, direction: str) -> None:
    """The more steps the better, but above 500 the loss becomes NaN, after good first epochs."""
    space = Space(parameters=(Integer(name="train.steps", low=1, high=1000, default=100),))
    study = _study(tmp_path, space=space, algorithm=algorithm, direction=direction)
    sign = 1.0 if direction == "maximize" else -1.0
    late = []
    for index in range(20):
        suggestion = study.ask()
        assert suggestion is not None
        steps = suggestion.values["train.steps"]
        study.report(suggestion.ticket, 1, sign * steps)
        if steps > 500:
            study.tell(suggestion.ticket, "failed", sign * steps, fault="nan")
        else:
            study.tell(suggestion.ticket, "finished", sign * steps)
        late += [steps] if index >= 10 else []
    assert sum(steps <= 500 for steps in late) >= 4
    known = optuna.load_study(study_name=STUDY_NAME, storage=storage_at(tmp_path)).trials
    assert {t.state.name for t in known} == {"COMPLETE", "FAIL"}


@pytest.mark.parametrize("fault", ["preemption", "data", "bug", "timeout", "unknown", ""])
def test_a_fault_of_machine_data_or_code_teaches_nothing(tmp_path: Path, fault: str) -> None:
    """What is proposed next is the same as after any other fault, and not as after NaN."""
    drawn = {}
    for told in (fault, "infrastructure", "nan"):
        (tmp_path / f"after {told}").mkdir()
        study = _study(tmp_path / f"after {told}", algorithm="tpe")
        _run(study, 6)
        for _ in range(3):
            suggestion = study.ask()
            assert suggestion is not None
            study.tell(suggestion.ticket, "failed", 9.0, fault=told)
        drawn[told] = study.ask()
    assert drawn[fault] == drawn["infrastructure"] != drawn["nan"]


def test_an_enqueued_configuration_comes_first_and_as_given(tmp_path: Path) -> None:
    study = _study(tmp_path)
    study.enqueue({"train.lr": 0.1, "train.steps": 10, "train.kind": "round"}, "default")
    suggestion = study.ask()
    assert suggestion is not None
    assert suggestion.source == "default"
    assert suggestion.values == {"train.lr": 0.1, "train.steps": 10, "train.kind": "round"}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_finite_space_is_tried_once_and_then_exhausted(tmp_path: Path, algorithm: str) -> None:
    steps = Integer(name="train.steps", low=1, high=4, default=1)
    study = _study(tmp_path, space=Space(parameters=(steps,)), algorithm=algorithm)
    seen = []
    while (suggestion := study.ask()) is not None:
        study.tell(suggestion.ticket, "finished", 1.0)
        seen.append(suggestion.values["train.steps"])
    assert sorted(seen) == [1, 2, 3, 4]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_repeats_are_made_where_they_are_asked_for(tmp_path: Path, algorithm: str) -> None:
    steps = Integer(name="train.steps", low=1, high=2, default=1)
    study = _study(tmp_path, space=Space(parameters=(steps,)), algorithm=algorithm, repeats=True)
    seen = []
    for _ in range(7):
        suggestion = study.ask()
        assert suggestion is not None
        study.tell(suggestion.ticket, "finished", float(suggestion.values["train.steps"]))
        seen.append(suggestion.values["train.steps"])
    assert set(seen) <= {1, 2}
    again = _study(tmp_path, space=Space(parameters=(steps,)), algorithm=algorithm, repeats=True)
    left = again.ask()
    again.resume(())
    assert left is not None
    third = _study(tmp_path, space=Space(parameters=(steps,)), algorithm=algorithm, repeats=True)
    third.resume(())
    assert third.ask() == left


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_death_between_asking_and_running_changes_nothing(tmp_path: Path, algorithm: str) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    whole = _run(_study(tmp_path / "a", algorithm=algorithm), 7)
    first = _run(_study(tmp_path / "b", algorithm=algorithm), 6)
    lost = _study(tmp_path / "b", algorithm=algorithm).ask()
    again = _study(tmp_path / "b", algorithm=algorithm)
    again.resume(())
    assert again.ask() == lost
    assert lost is not None
    assert [*first, lost.values] == whole


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


def test_a_stopped_trial_keeps_what_it_reported_for_the_sampler(tmp_path: Path) -> None:
    study = _study(tmp_path, algorithm="tpe")
    first = study.ask()
    assert first is not None
    study.report(first.ticket, 1, 0.3)
    again = _study(tmp_path, algorithm="tpe")
    again.report(first.ticket, 1, 0.9)
    again.report(first.ticket, 2, 0.4)
    again.tell(first.ticket, "stopped", 0.9)
    again.report(first.ticket, 3, 0.5)
    known = optuna.load_study(study_name=STUDY_NAME, storage=storage_at(tmp_path)).trials[0]
    assert known.state.name == "PRUNED"
    assert known.intermediate_values == {1: 0.3, 2: 0.4}
    assert known.value == 0.4


def storage_at(path: Path) -> JournalStorage:
    return JournalStorage(JournalFileBackend(str(path / "study.journal")))
