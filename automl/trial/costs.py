"""What one trial needs, as a skill's probe measured it, and what that says of other trials."""

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
    """Seconds of an epoch, and bytes of accelerator memory beside those that there are.

    ``peak`` and ``limit`` are None where nothing limits memory; ``fits`` is False where the probe
    itself ran out of it.
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
    """One measured configuration: its choices and numbers among what drives memory, its cost."""

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
    """Judges configurations by the probes of the same choices.

    Memory grows with the product of the numbers. At most as large as a probe that fits: fits; at
    least as large as one that does not: does not; between the two a line through the two largest
    that fit decides.

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
    """Why a size beyond the largest that fits is too much, by a line through the last two."""
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
