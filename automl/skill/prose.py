"""Reads the monitoring metrics that a skill names in ``SKILL.md`` and nowhere else.

Lines such as ``- **Monitoring metric:** val_acc_1``, with several metrics, quoted names and a
direction in words: ``**Training monitoring metrics:** `val/d1` (maximize), `val/loss` (minimize)``
or ``**AutoML training metric:** `val_acc`, with `direction=maximize```. Metrics of another action
(``**Standalone evaluation metric:**``) are none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from automl.errors import SkillError
from automl.skill.info import Direction
from automl.skill.plain_file import read_text

PROSE_FILE: Final = "SKILL.md"

_LINE: Final = re.compile(
    r"^[ \t]*(?:[-*+]\s+)?(?P<label>[^`|:\n]*\b(?:monitoring|training|automl) metrics?)"
    r"[*_ ]*:[*_ ]*(?P<text>\S.*)$",
    re.I | re.M,
)
_QUOTED: Final = re.compile(r"`([^`]+)`((?:[^`]|`direction[=:][^`]*`)*)")
_NAME: Final = re.compile(r"[^,;(]+?(?=\s+[-–—]\s|[,;(]|$)")  # noqa: RUF001
_LONGEST_LINE: Final = 1000  # the patterns above go through a line several times
_NONE: Final = frozenset({"", "-", "n/a", "none"})
_WORDS: Final[dict[str, Direction]] = {
    "maxim": "maximize",
    "higher": "maximize",
    "minim": "minimize",
    "lower": "minimize",
}


@dataclass(frozen=True, slots=True)
class NamedMetric:
    """A metric in the prose, its direction if it is said, and the words in front of it."""

    name: str
    direction: Direction | None
    label: str


def read_prose_metrics(directory: Path) -> tuple[NamedMetric, ...]:
    """Return the monitoring metrics in a skill's prose, those of the training before pretraining.

    Empty without a readable ``SKILL.md``.
    """
    try:
        lines = read_text(directory / PROSE_FILE, directory).splitlines()
    except SkillError:
        return ()
    text = "\n".join(line[:_LONGEST_LINE] for line in lines)
    found = [metric for line in _LINE.finditer(text) for metric in _metrics(line)]
    return tuple(sorted(found, key=lambda metric: metric.label.lower().startswith("pretrain")))


def _metrics(line: re.Match[str]) -> list[NamedMetric]:
    label, text = line["label"].strip(" *_"), line["text"].strip()
    quoted = _QUOTED.findall(text)
    if quoted:
        return [NamedMetric(name.strip(), _direction(after), label) for name, after in quoted]
    match = _NAME.match(text)
    name = match[0].strip(" .*_") if match else ""
    return [] if name.lower() in _NONE else [NamedMetric(name, _direction(text), label)]


def _direction(words: str) -> Direction | None:
    return next((found for stem, found in _WORDS.items() if stem in words.lower()), None)
