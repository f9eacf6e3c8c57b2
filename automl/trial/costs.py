"""What trials need in time and memory, from what a skill's probe measured of a few of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from automl.errors import SkillError
from automl.spec.nested import get_path

_NEEDED: Final = ("steps_per_epoch", "seconds_per_step")


@dataclass(frozen=True)
class Cost:
    """What a probe measured of one configuration.

    Attributes:
        epoch_s: seconds of an epoch.
        peak: the most bytes of accelerator memory in use; None where nothing limits them.
        limit: the bytes that the accelerator has; None where nothing limits them.
        ran: whether the probe itself had enough memory.
    """

    epoch_s: float
    peak: float | None = None
    limit: float | None = None
    ran: bool = True

    @property
    def fits(self) -> bool:
        """Whether a trial of this cost has the memory that it needs."""
        return self.ran and (self.peak is None or self.limit is None or self.peak <= self.limit)


def parse_cost(raw: Any, reference: str) -> Cost:
    """Return what a probe's answer says.

    Raises:
        SkillError: the answer is no mapping with the numbers of a probe.
    """
    numbers = {k: v for k, v in raw.items() if _is_number(v)} if isinstance(raw, Mapping) else {}
    missing = [name for name in _NEEDED if name not in numbers]
    if missing:
        raise SkillError(f"probe {reference} must return numbers for {', '.join(missing)}")
    steps = numbers["steps_per_epoch"] * numbers["seconds_per_step"]
    return Cost(
        steps + numbers.get("seconds_fixed", 0.0),
        numbers.get("peak_bytes"),
        numbers.get("memory_limit"),
    )


@dataclass(frozen=True)
class Probe:
    """One measured configuration: the choices and numbers that drive its memory, and its cost."""

    choices: Mapping[str, Any]
    numbers: Mapping[str, float]
    cost: Cost

    @property
    def size(self) -> float:
        """The product of the numbers: what memory grows with."""
        return math.prod(self.numbers.values())

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Probe:
        """Return the probe that ``dataclasses.asdict`` wrote."""
        return cls(data["choices"], data["numbers"], Cost(**data["cost"]))


@dataclass(frozen=True)
class Costs:
    """Says which configurations cannot fit into memory, by the probes with the same choices.

    Memory is taken to grow with the product of the numbers. A configuration that is no larger than
    a probe that fits does fit, one that is no smaller than a probe that does not fit does not; in
    between, a line through the two largest probes that fit decides.

    Attributes:
        probes: what was measured.
        base: the nested spec, for what a configuration leaves out.
        trial_s: seconds of a trial of the default configuration, and of the slowest that was
            measured, without start and checkpoints; empty where it is not known.
    """

    probes: Sequence[Probe] = ()
    base: Mapping[str, Any] = field(default_factory=dict)
    trial_s: Sequence[float] = ()

    def unfit(self, values: Mapping[str, Any]) -> str:
        """Return why a configuration (dotted name -> value) cannot fit, empty if it may."""
        alike = [probe for probe in self.probes if self._alike(probe, values)]
        if not alike:
            return ""
        size = math.prod(self._value(values, name) for name in alike[0].numbers)
        good = sorted((p for p in alike if p.cost.fits), key=lambda probe: probe.size)
        bad = [probe.size for probe in alike if not probe.cost.fits]
        if not bad or (good and size <= good[-1].size):
            return ""
        if size >= min(bad):
            return "a probe of at most its size ran out of memory"
        return _beyond(good, size)

    def _alike(self, probe: Probe, values: Mapping[str, Any]) -> bool:
        return all(self._value(values, name) == choice for name, choice in probe.choices.items())

    def _value(self, values: Mapping[str, Any], name: str) -> Any:
        return values[name] if name in values else get_path(self.base, name)

    def to_list(self) -> list[dict[str, Any]]:
        """Return the probes as plain data."""
        return [asdict(probe) for probe in self.probes]


def _beyond(good: Sequence[Probe], size: float) -> str:
    """Return why a size above the largest that fits needs too much memory, empty if it may fit."""
    if len(good) < 2 or good[-1].size == good[-2].size:
        return ""
    (small, low), (large, high) = ((p.size, p.cost.peak) for p in good[-2:])
    limit = good[-1].cost.limit
    if low is None or high is None or limit is None:
        return ""
    needed = high + (high - low) / (large - small) * (size - large)
    if needed <= limit:
        return ""
    return f"needs about {needed / 2**30:.1f} GiB of memory, {limit / 2**30:.1f} GiB are there"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
