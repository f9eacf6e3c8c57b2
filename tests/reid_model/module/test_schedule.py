"""The learning rate at the points that matter."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid_model.config import load_spec
from reid_model.errors import ConfigError
from reid_model.module import rate_schedule
from reid_model.module.schedule import RateSchedule


def _schedule(method: str, **changes: Any) -> RateSchedule:
    kept = {"warmup": 10, "warmup_factor": 0.01, "milestones": (40, 70), "gamma": 0.1}
    return RateSchedule(method=method, num_epochs=120, **{**kept, **changes})


@pytest.mark.parametrize(
    ("method", "epoch", "expected"),
    [
        ("linear", 0, 0.01),
        ("linear", 5, 0.505),
        ("constant", 9.9, 0.01),
        ("exp", 0, 0.01),
        ("exp", 5, 0.1),
        ("linear", 10, 1.0),
        ("linear", 39.9, 1.0),
        ("linear", 40, 0.1),
        ("linear", 70, 0.01),
        ("cosine", 0, 0.01),
        ("cosine", 10, 1.0),
        ("cosine", 65, 0.5),
        ("cosine", 120, 0.0),
    ],
)
def test_known_points(method: str, epoch: float, expected: float) -> None:
    assert _schedule(method).factor(epoch) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("method", ["constant", "linear", "exp", "cosine"])
def test_no_warmup_starts_at_the_base_rate(method: str) -> None:
    assert _schedule(method, warmup=0).factor(0) == 1.0


@given(
    method=st.sampled_from(["constant", "linear", "exp", "cosine"]),
    epoch=st.floats(0, 200),
    warmup=st.integers(0, 120),
    milestones=st.lists(st.integers(1, 150), max_size=4),
)
def test_the_rate_is_always_within_bounds(
    method: str, epoch: float, warmup: int, milestones: list[int]
) -> None:
    factor = _schedule(method, warmup=warmup, milestones=milestones).factor(epoch)
    assert 0.0 <= factor <= 1.0 + 1e-12
    assert math.isfinite(factor)


def test_a_whole_run_of_warmup_reaches_towards_the_base_rate() -> None:
    rising = _schedule("cosine", warmup=120)
    assert rising.factor(119.9) > 0.99
    assert rising.factor(120) == 1.0


def test_the_defaults_at_their_own_budget_are_a_sane_recipe() -> None:
    schedule = rate_schedule(load_spec({}))
    rates = [schedule.factor(epoch) for epoch in range(10)]
    assert max(rates) == 1.0
    assert rates[-1] < 0.05
    assert rates[1] == 1.0


def test_the_rate_of_the_stronger_baseline_is_flat_to_30_and_ends_at_7e_7() -> None:
    """fast-reid 1.4.0, configs/Base-SBS.yml: DELAY_EPOCHS 30, ETA_MIN_LR 7e-7, 60 epochs."""
    optim = {
        "warmup_method": "cosine",
        "warmup_epochs": 2,
        "base_lr": 3.5e-4,
        "cosine_start": 30,
        "final_lr": 7e-7,
    }
    schedule = rate_schedule(load_spec({"train": {"num_epochs": 60, "optim": optim}}))
    rates = [3.5e-4 * schedule.factor(epoch) for epoch in (2, 15, 30, 45, 60)]
    assert rates == pytest.approx([3.5e-4] * 3 + [(3.5e-4 + 7e-7) / 2, 7e-7])


def test_a_cosine_cannot_start_after_the_end() -> None:
    optim = {"warmup_method": "cosine", "cosine_start": 30}
    with pytest.raises(ConfigError, match="cosine_start 30 is after the end"):
        load_spec({"train": {"num_epochs": 20, "optim": optim}})
