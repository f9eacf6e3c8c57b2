"""Measures time and memory of trials before a sweep: the skill's probe at corners of its space.

For each combination of the choices that drive memory it measures the largest numbers. Where those
do not fit, it measures the smallest and the middle ones too, to find roughly where the limit lies.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from pathlib import Path
from typing import Any, Final

from automl.errors import InputError
from automl.skill import Action, SkillInfo
from automl.space import FixedSuggest, Parameter, Space
from automl.spec.nested import get_path
from automl.trial.costs import Cost, Costs, Probe
from automl.trial.worker.prober import Prober

MAX_CORNERS: Final = 16
_GPUS: Final = Path("/proc/driver/nvidia/gpus")
_HOUR_S: Final = 3600.0


def wants_probe(asked: bool | None, action: Action, *, sweep: bool, here: bool) -> bool:
    """Return whether a run is probed: as asked, else if it is a sweep on GPUs of this machine.

    Raises:
        InputError: a probe was asked for, and the skill has none or trials run elsewhere.
    """
    can = action.execution is not None and action.execution.probe is not None
    if asked and not can:
        raise InputError(
            f"--probe: action {action.name} declares no probe in its execution: leave it out"
        )
    if asked and not here:
        raise InputError(
            "--probe measures on this machine, and --address names another: leave one out"
        )
    if asked is not None:
        return asked
    return can and sweep and here and _GPUS.is_dir() and any(_GPUS.iterdir())


def probe_skipped_note(asked: bool | None, action: Action, address: str | None) -> tuple[str, ...]:
    """Return the launch review's note where trials are not probed because they run elsewhere."""
    can = action.execution is not None and action.execution.probe is not None
    if address is None or not can or asked is False:
        return ()
    return (
        f"probe: none on the cluster at {address}, whose memory this machine cannot measure: no"
        " configuration is held back, and one that needs too much fails as out_of_memory",
    )


def probe_space(
    action: Action,
    info: SkillInfo,
    skill_dir: Path,
    space: Space,
    base: Mapping[str, Any],
    gpu_share: float,
) -> tuple[Costs, Cost, float]:
    """Return the costs at the corners, the cost of the defaults, and how many seconds it took."""
    assert action.execution is not None
    reference = action.execution.probe or ""
    names = [parameter for parameter in space.parameters if parameter.name in info.memory.drivers]
    started = time.monotonic()
    with Prober(reference, skill_dir, gpu_share) as prober:
        measure = _CornerProbe(prober, space, base, [p.name for p in names if _ends(p)])
        default = measure(space.defaults(base), {}).cost
        probes = [
            probe
            for choices in islice(_choices(names), MAX_CORNERS)
            for probe in _corner(measure, names, choices)
        ]
    return Costs(probes, base), default, time.monotonic() - started


def probe_notes(
    costs: Costs, default: Cost, took_s: float, trials: int | None, epochs: int | None
) -> tuple[str, ...]:
    """Return the launch review's notes on the probes: hours, and what does not fit."""
    low, high = _epoch_seconds(costs, default)
    count = f"{1 + len(costs.probes)} probes in {took_s:.0f} s"
    lines = [f"probe: an epoch takes {low:.1f} s (default) to {high:.1f} s ({count})"]
    if trials and epochs:
        hours = [trials * epochs * each / _HOUR_S for each in (low, high)]
        lines.append(
            f"probe: {trials} trials of {epochs} epochs take {hours[0]:.2f} to {hours[1]:.2f} hours"
            " one after the other, without start and checkpoints"
        )
    lines += [
        f"probe: {_described(probe)} does not fit" for probe in costs.probes if not probe.cost.fits
    ]
    return tuple(lines)


def trial_seconds(costs: Costs, default: Cost, epochs: int | None) -> tuple[float, ...]:
    """Return the seconds of a trial with the defaults and of the slowest; empty without epochs."""
    return tuple(epochs * each for each in _epoch_seconds(costs, default)) if epochs else ()


def _epoch_seconds(costs: Costs, default: Cost) -> tuple[float, float]:
    seconds = [p.cost.epoch_s for p in costs.probes if p.cost.ran]
    return default.epoch_s, max([default.epoch_s, *seconds])


class _CornerProbe:
    """Measures the default configuration with other values of the parameters that drive memory."""

    def __init__(
        self, prober: Prober, space: Space, base: Mapping[str, Any], numbers: Sequence[str]
    ) -> None:
        self._prober = prober
        self._space = space
        self._base = base
        self._numbers = numbers

    def __call__(self, wanted: Mapping[str, Any], choices: Mapping[str, Any]) -> Probe:
        """Measure the legal configuration nearest to these values."""
        asked = {**self._space.defaults(self._base), **wanted, **choices}
        answers = FixedSuggest(self._space.encode(asked, self._base))
        values = self._space.draw(answers, self._base)
        spec = self._space.apply(values, self._base)
        numbers = {name: float(get_path(spec, name)) for name in self._numbers}
        return Probe(dict(choices), numbers, self._prober.measure(spec))


def _corner(
    measure: _CornerProbe, parameters: Sequence[Parameter], choices: Mapping[str, Any]
) -> Iterator[Probe]:
    ends = {p.name: found for p in parameters if (found := _ends(p))}
    largest = measure({name: high for name, (_, high) in ends.items()}, choices)
    yield largest
    if largest.cost.fits or not ends:
        return
    yield measure({name: low for name, (low, _) in ends.items()}, choices)
    yield measure({name: _middle(*pair) for name, pair in ends.items()}, choices)


def _choices(parameters: Sequence[Parameter]) -> Iterator[dict[str, Any]]:
    """Yield every combination of the values of parameters that are no numbers."""
    named = [p for p in parameters if not _ends(p)]
    listed = [p.shape().get("choices") or [p.default] for p in named]
    for values in product(*listed):
        yield dict(zip([p.name for p in named], values, strict=True))


def _ends(parameter: Parameter) -> tuple[float, float] | None:
    """Return the bounds of a parameter that is a number, None for another one."""
    shape = parameter.shape()
    low, high = shape.get("low"), shape.get("high")
    if isinstance(low, int | float) and isinstance(high, int | float):
        return low, high
    return None


def _middle(low: float, high: float) -> float:
    middle = math.sqrt(low * high) if low > 0 else (low + high) / 2
    return round(middle) if isinstance(low, int) and isinstance(high, int) else middle


def _described(probe: Probe) -> str:
    pairs = {**probe.choices, **probe.numbers}
    return (
        ", ".join(
            f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
            for name, value in pairs.items()
        )
        or "the default configuration"
    )
