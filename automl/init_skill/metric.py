"""Finds the metric that a trainer reports: as the user says, in a log, or in that of a dry run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from automl.errors import InputError
from automl.init_skill.dry_run import dry_run, names_in
from automl.init_skill.request import InitRequest
from automl.skill.metric_names import usual_direction

_DIRECTIONS: Final = {
    "min": "minimize", "max": "maximize", "minimize": "minimize", "maximize": "maximize",
}  # fmt: skip
_HELD_OUT: Final = re.compile(r"(?:^|[^a-z])(?:val|valid|validation|dev|eval|holdout)", re.I)
_TESTED: Final = re.compile(r"(?:^|[^a-z])test", re.IGNORECASE)
_TRAINED: Final = re.compile(r"(?:^|[^a-z])(?:train|training|batch|step)", re.IGNORECASE)
_COST: Final = re.compile(r"time|second|latency|memory|throughput|fps|learning|^lr$", re.IGNORECASE)
_ASK: Final = (
    "say which metric is optimised with --metric NAME:max or NAME:min, or let it be found: --log"
    " FILE reads the log of an earlier training, --dry-run runs the trainer once"
)


def find_metric(
    request: InitRequest, launch: Mapping[str, Any], spec: Mapping[str, Any], outputs: list[str]
) -> tuple[dict[str, str], str]:
    """Return ``metrics`` of skill_info, and in words where the metric comes from.

    Args:
        request: how it is to be found.
        launch: how the trainer is started: the content of ``launch.json``.
        spec: the default spec.
        outputs: its keys that get the results folder.

    Raises:
        InputError: it is not found, or the user's is malformed.
    """
    if request.metric is not None:
        return _given(request.metric), "as you say"
    if request.log is not None:
        return _of_log(_values_of_log(request.log)), f"the likeliest value in {request.log}"
    if request.dry_run:
        values = dry_run(request, launch, spec, outputs)
        return _of_log(values), "the likeliest value that the dry run reported"
    raise InputError(f"no metric is known: {_ASK}")


def _given(text: str) -> dict[str, str]:
    name, colon, word = text.rpartition(":")
    if not colon:
        name, word = text, ""
    elif word not in _DIRECTIONS:
        raise InputError(f"--metric {text!r}: after the colon stands min or max")
    direction = _DIRECTIONS.get(word) or usual_direction(name)
    if not name.strip():
        raise InputError("--metric is empty: name what the trainer reports")
    if direction is None:
        raise InputError(
            f"--metric {name}: its name does not say whether more is better: give {name}:max or"
            f" {name}:min"
        )
    return {"monitoring_metric": name, "direction": direction}


def _of_log(names: Iterable[str]) -> dict[str, str]:
    """The likeliest metric: of validation rather than training, an accuracy rather than a loss."""
    found = list(dict.fromkeys(names))
    known = [name for name in found if usual_direction(name) and not _COST.search(name)]
    if not known:
        seen = f"reported are {', '.join(found)}" if found else "nothing like NAME: 0.5 is printed"
        raise InputError(f"no metric was found ({seen}): {_ASK}")
    best = min(known, key=_rank)
    return {"monitoring_metric": best, "direction": str(usual_direction(best))}


def _rank(name: str) -> tuple[int, int]:
    place = 0 if _HELD_OUT.search(name) else 1 if _TESTED.search(name) else 2
    place = 3 if _TRAINED.search(name) else place
    return place, int(usual_direction(name) == "minimize")


def _values_of_log(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise InputError(f"--log {path} cannot be read: {error.strerror}") from error
    return names_in(text)
