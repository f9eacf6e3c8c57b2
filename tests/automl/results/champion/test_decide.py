"""One place decides what a run hands over, by a search alone and by fresh trainings."""

from typing import Any

import pytest

from automl.results.champion.confirmation import confirmation
from automl.results.champion.decide import Champion, Verdict, decide
from automl.trial.objective import Objective

UP, DOWN = Objective("score", "maximize"), Objective("score", "minimize")
SEED = "train.seed"


def row(number: int, source: str, score: float | None, lr: float, **more: Any) -> Any:
    state = more.pop("state", "finished")
    return {"trial_id": f"{number:04d}", "number": number, "source": source, "state": state,
            "score": score, "param.lr": lr, **more}  # fmt: skip


def again(number: int, score: float, lr: float, seed: int, **more: Any) -> Any:
    return row(number, "confirm", score, lr, **{f"param.{SEED}": seed}, **more)


SEARCH = [row(0, "default", 0.5, 1.0), row(1, "search", 0.9, 2.0), row(2, "search", 0.8, 3.0)]


def chosen(rows: list[Any], objective: Objective = UP) -> Champion:
    found = decide(rows, objective, confirmation(rows, objective, SEED))
    assert found is not None
    return found


def test_a_search_alone_does_not_know_how_sure_it_is() -> None:
    found = chosen(SEARCH)
    assert (found.trial, found.reached, found.defaults) == ("0001", 0.9, 0.5)
    assert (found.fresh, found.verdict, found.effect) == (0, Verdict.UNDECIDED, None)


def test_defaults_that_nothing_beat_are_kept() -> None:
    found = chosen([row(0, "default", 0.9, 1.0), *SEARCH[1:]])
    assert (found.trial, found.verdict) == ("0000", Verdict.KEEP_DEFAULTS)
    assert chosen(SEARCH, DOWN).verdict is Verdict.KEEP_DEFAULTS


@pytest.mark.parametrize(("se", "verdict"), [(0.3, Verdict.TIED), (0.2, Verdict.UNDECIDED)])
def test_a_gain_within_its_standard_error_is_a_tie(se: float, verdict: Verdict) -> None:
    rows = [{**each, "score_se": se} for each in SEARCH]
    found = chosen(rows)
    assert (found.verdict, found.se) == (verdict, se)


def test_no_value_no_champion() -> None:
    rows = [row(0, "default", None, 1.0), row(1, "search", 0.9, 2.0, state="failed")]
    assert decide(rows, UP) is None


def fresh(best: list[float], defaults: list[float]) -> list[Any]:
    rows = list(SEARCH)
    for seed, pair in enumerate(zip(best, defaults, strict=True)):
        for lr, value in zip((2.0, 1.0), pair, strict=True):
            rows.append(again(len(rows), value, lr, seed))
    return rows


def test_fresh_trainings_that_agree_make_it_better() -> None:
    found = chosen(fresh([0.85, 0.86, 0.84], [0.5, 0.51, 0.49]))
    assert (found.trial, found.fresh, found.verdict) == ("0001", 3, Verdict.BETTER)
    assert (found.reached, found.defaults) == (pytest.approx(0.85), pytest.approx(0.5))
    assert found.row["score"] == 0.86
    assert found.effect is not None
    assert found.effect.beats > 0.9


def test_luck_that_does_not_come_again_keeps_the_defaults() -> None:
    noise = [0.62, 0.41, 0.55, 0.35, 0.58, 0.47, 0.52, 0.44, 0.39, 0.6]
    others = [row(20 + i, "search", value, 10.0 + i) for i, value in enumerate(noise)]
    lucky = row(1, "search", 0.66, 2.0)
    rows = [SEARCH[0], lucky, *others, *fresh([0.48, 0.50, 0.46], [0.5, 0.51, 0.49])[3:]]
    found = chosen(rows)
    assert (found.trial, found.verdict) == ("0000", Verdict.KEEP_DEFAULTS)
    assert (found.reached, found.defaults) == (pytest.approx(0.5), pytest.approx(0.5))
    assert found.row["score"] == 0.51


def test_one_fresh_training_of_each_decides_nothing() -> None:
    found = chosen(fresh([0.6], [0.5]))
    assert (found.trial, found.fresh, found.verdict) == ("0001", 1, Verdict.UNDECIDED)


def test_the_best_of_the_search_stays_until_it_is_trained_again() -> None:
    rows = [*SEARCH, again(3, 0.5, 1.0, 1), again(4, 0.7, 3.0, 1)]
    found = chosen(rows)
    assert (found.trial, found.fresh) == ("0001", 0)


def test_the_decision_is_plain_data() -> None:
    plain = chosen(fresh([0.85, 0.86], [0.5, 0.51])).to_dict()
    assert plain["verdict"] == "better"
    assert set(plain["effect"]) == {"gain", "low", "high", "beats", "best"}
    assert "row" not in plain
