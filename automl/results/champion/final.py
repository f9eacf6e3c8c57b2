"""What the final test says of champion and defaults, beside the values that selected them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from automl.constants import SE_SUFFIX
from automl.results.champion.decide import Champion
from automl.trial.objective import Objective


@dataclass(frozen=True)
class FinalResult:
    """The final test of a run, on data that selected nothing.

    Attributes:
        metric: what the run optimises; action: the action that measured it.
        refit: whether champion and defaults were trained again on all training data before.
        selected: the value by which the champion was chosen; selected_defaults: the same of the
            defaults, None where they have none.
        reached: what the champion reached; None where that failed.
        se: the standard error that the action reported with it, None without one.
        defaults, defaults_se: the same of the defaults.
        gain: of the champion over the defaults, positive where it is better; gain_se: its standard
            error as if both were independent, which is too large where they saw the same data.
        same: whether the champion is the defaults.
        failure: what failed, in words; empty where nothing did.
    """

    metric: str
    action: str
    refit: bool
    selected: float
    selected_defaults: float | None
    reached: float | None = None
    se: float | None = None
    defaults: float | None = None
    defaults_se: float | None = None
    gain: float | None = None
    gain_se: float | None = None
    same: bool = False
    failure: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)

    @property
    def words(self) -> str:
        """The result in a sentence."""
        if self.reached is None:
            return f"{self.action} failed: {self.failure.partition(chr(10))[0]}"
        found = f"{self.metric} {_value(self.reached, self.se)} on data that selected nothing"
        who, have = ("the defaults", "have") if self.same else ("the champion", "has")
        parts = [f"{who}{', trained again on all data,' if self.refit else ''} {have} {found}"]
        if self.gain is not None and not self.same:
            beside = _value(self.gain, self.gain_se, "+")
            parts.append(f"the defaults {_value(self.defaults, self.defaults_se)}: {beside}")
        if self.failure:
            parts.append(f"but {self.failure.partition(chr(10))[0]}")
        return f"{', '.join(parts)}; selected with {self.selected:.4f}"


def final_of(
    champion: Champion | None, objective: Objective, evaluation: Mapping[str, Any] | None
) -> FinalResult | None:
    """Return the final test that the file in ``best/`` tells of; None without one.

    Args:
        champion: what the run hands over.
        objective: what it optimises.
        evaluation: the content of the file.
    """
    section = (evaluation or {}).get("final")
    if champion is None or evaluation is None or section is None:
        return None
    name = objective.metric
    reached, se = _read(evaluation.get("metrics") or {}, name)
    defaults, defaults_se = _read(section["defaults"], name)
    gain = gain_se = None
    if reached is not None and defaults is not None:
        gain = objective.cost(defaults) - objective.cost(reached)
        gain_se = None if se is None or defaults_se is None else (se**2 + defaults_se**2) ** 0.5
    return FinalResult(
        metric=name,
        action=str(section["action"]),
        refit=bool(section["refit"]),
        selected=champion.reached,
        selected_defaults=champion.defaults,
        reached=reached,
        se=se,
        defaults=defaults,
        defaults_se=defaults_se,
        gain=gain,
        gain_se=gain_se,
        same=bool(section.get("same")),
        failure=_failure(evaluation, section, name, gain),
    )


def _failure(
    evaluation: Mapping[str, Any], section: Mapping[str, Any], name: str, gain: float | None
) -> str:
    """Return what failed: the action, the training on all data, or the defaults."""
    refit = section.get("refit_failure")
    said = [
        str(evaluation.get("failure") or ""),
        f"training again on all data failed: {refit}" if refit else "",
        str(section.get("defaults_failure") or ""),
    ]
    unknown = f"the evaluation reports no {name}" if gain is None else ""
    return next((each for each in said if each), unknown)


def _read(metrics: Mapping[str, float], name: str) -> tuple[float | None, float | None]:
    value, error = metrics.get(name), metrics.get(name + SE_SUFFIX)
    return value, error


def _value(value: float | None, error: float | None, sign: str = "") -> str:
    shown = f"{value:{sign}.4f}"
    return f"{shown} ± {error:.4f}" if error else shown
