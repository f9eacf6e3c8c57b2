"""Test problems for search algorithms: spaces as skills have them, with known minima.

Hartmann-6 and Branin: Surjanovic and Bingham, Virtual Library of Simulation Experiments.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from automl.space import Choice, Float, Integer, Milestones, Parameter
from search.problem import Values, make_problem

_ALPHA = (1.0, 1.2, 3.0, 3.2)
_A = (
    (10, 3, 17, 3.5, 1.7, 8),
    (0.05, 10, 17, 0.1, 8, 14),
    (3, 3.5, 1.7, 10, 17, 8),
    (17, 8, 0.05, 10, 0.1, 14),
)
_P = (
    (0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886),
    (0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991),
    (0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650),
    (0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381),
)


def _hartmann6(values: Values) -> float:
    x = [values[f"x{i}"] for i in range(6)]
    rows = zip(_ALPHA, _A, _P, strict=True)
    return -sum(
        alpha * math.exp(-sum(a * (v - p) ** 2 for a, v, p in zip(a_row, x, p_row, strict=True)))
        for alpha, a_row, p_row in rows
    )


def _branin(values: Values) -> float:
    """Branin over the logarithms of a rate and a count, raised by the wrong kind."""
    one = 15 * (math.log10(values["rate"]) + 5) / 5 - 5
    two = 15 * math.log10(values["count"]) / 3
    bend = two - 5.1 / (4 * math.pi**2) * one**2 + 5 / math.pi * one - 6
    value = bend**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(one) + 10
    return value + {"plain": 0.0, "wide": 5.0, "deep": 20.0}[values["kind"]]


def _off(value: float, best: float) -> float:
    """How many decades ``value`` is off, squared."""
    decades: float = math.log10(value / best)
    return decades**2


def _bowl(values: Values) -> float:
    margin: float = 2 * (values["margin"] - 0.4) ** 2
    return _off(values["lr"], 7e-4) + 0.3 * _off(values["wd"], 5e-5) + margin


def _conditional(values: Values) -> float:
    """Two optimisers with parameters of their own; the better one is adam by a little."""
    drop: float = abs(values["drops"][0] - 20) / 40
    own: float
    if values["kind"] == "sgd":
        own = 0.1 + 3 * (values["momentum"] - 0.9) ** 2 + _off(values["sgd_lr"], 0.05)
    else:
        own = 2 * (values["beta"] - 0.95) ** 2 + _off(values["adam_lr"], 5e-4)
    return own + drop + 0.3 * _off(values["wd"], 1e-4)


def _slightly(values: Values) -> float:
    """The bowl with one conditional parameter among five."""
    smooth: float = 2 * (values["epsilon"] - 0.1) ** 2 if values["smooth"] == "yes" else 0.15
    return _bowl(values) + smooth


def _wide(values: Values) -> float:
    return sum(_off(values[f"rate{i:02d}"], 10 ** (-2 - i % 3)) / (1 + i) for i in range(16))


def _offset_bowl(values: Values) -> float:
    """A narrow bowl far from the defaults, near a corner of the space."""
    margin: float = 4 * (values["margin"] - 0.05) ** 2
    return _off(values["lr"], 3e-5) + _off(values["wd"], 3e-2) + margin


def _cliff(values: Values) -> float:
    """The loss falls with the rate until training diverges, which momentum makes earlier."""
    power = math.log10(values["lr"]) - math.log10(1 - values["momentum"])
    if power > -0.2:
        return math.nan
    loss: float = 0.15 * (power + 0.3) ** 2 + 0.2 * _off(values["wd"], 1e-4)
    return loss


def _plateau(values: Values) -> float:
    """Most of the space is equally bad: nothing is learned there."""
    near: float = _off(values["lr"], 2e-3) / 0.6 + (values["margin"] - 0.3) ** 2 / 0.05
    near += _off(values["wd"], 1e-4) / 4
    return 1 - math.exp(-near)


def _few_of_ten(values: Values) -> float:
    """Three of ten numbers matter."""
    x = [values[f"x{i}"] for i in range(10)]
    bend = math.sin(2 * math.pi * x[4])
    loss: float = 8 * (x[1] - 0.2) ** 2 + 4 * (x[4] - 0.7) ** 2
    loss += 3 * (x[7] - 0.9 - 0.1 * bend) ** 2
    return loss


def _rate(name: str, low: float, high: float, default: float, **more: Any) -> Parameter:
    return Float(name=name, low=low, high=high, log=True, default=default, **more)


_KIND = Choice(name="kind", choices=("sgd", "adam"), default="sgd")
_SGD: Mapping[str, Any] = {"active_when": ({"kind": ("sgd",)},), "depends_on": ("kind",)}
_ADAM: Mapping[str, Any] = {"active_when": ({"kind": ("adam",)},), "depends_on": ("kind",)}
_BOWL = (
    _rate("lr", 1e-5, 1e-1, 1e-2),
    _rate("wd", 1e-6, 1e-1, 1e-2),
    Float(name="margin", low=0.0, high=1.0, default=0.9),
)

FUNCTIONS = (
    make_problem(
        "hartmann6",
        _hartmann6,
        tuple(Float(name=f"x{i}", low=0.0, high=1.0, default=0.5) for i in range(6)),
        -3.32237,
        0.1,
    ),
    make_problem(
        "mixed branin",
        _branin,
        (
            _rate("rate", 1e-5, 1.0, 1e-2),
            Integer(name="count", low=1, high=1000, log=True, default=10),
            Choice(name="kind", choices=("wide", "plain", "deep"), default="wide"),
        ),
        0.397887,
        2.0,
    ),
    make_problem("log bowl", _bowl, _BOWL, 0.0, 0.1),
    make_problem(
        "conditional",
        _conditional,
        (
            _KIND,
            _rate("sgd_lr", 1e-4, 1.0, 0.5, **_SGD),
            Float(name="momentum", low=0.5, high=0.99, default=0.6, **_SGD),
            _rate("adam_lr", 1e-5, 1e-1, 1e-2, **_ADAM),
            Float(name="beta", low=0.8, high=0.999, default=0.85, **_ADAM),
            _rate("wd", 1e-6, 1e-2, 1e-3),
            Milestones(name="drops", length=1, budget_key="epochs", budget=60, default=[50]),
        ),
        0.0,
        0.1,
    ),
    make_problem(
        "1 of 5 conditional",
        _slightly,
        (
            *_BOWL,
            Choice(name="smooth", choices=("no", "yes"), default="no"),
            Float(
                name="epsilon", low=0.0, high=0.5, default=0.3,
                active_when=({"smooth": ("yes",)},), depends_on=("smooth",),
            ),
        ),
        0.0,
        0.1,
    ),
    make_problem(
        "16 rates", _wide, tuple(_rate(f"rate{i:02d}", 1e-6, 1.0, 0.1) for i in range(16)), 0.0, 0.2
    ),
    make_problem("offset bowl", _offset_bowl, _BOWL, 0.0, 0.1),
    make_problem(
        "cliff",
        _cliff,
        (
            _rate("lr", 1e-5, 1.0, 1e-3),
            Float(name="momentum", low=0.0, high=0.99, default=0.9),
            _rate("wd", 1e-6, 1e-1, 1e-3),
        ),
        0.0,
        0.02,
    ),
    make_problem("plateau", _plateau, _BOWL, 0.0, 0.05),
    make_problem(
        "3 of 10 matter",
        _few_of_ten,
        tuple(Float(name=f"x{i}", low=0.0, high=1.0, default=0.5) for i in range(10)),
        0.0,
        0.1,
    ),
)  # fmt: skip
