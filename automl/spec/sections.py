"""Tells which sections of an action's spec belong to another action."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from automl.skill.info import is_training

_PURPOSE: Final = re.compile(
    r"(val|test|infer|eval|export|train)(?:id|idation|ing|ence|uate|uation)?(?:_|$)"
)
_OTHERS: Final = ("convert", "distill", "eval", "export", "gen_trt", "infer", "prune", "quantize")


def foreign_sections(sections: Iterable[str], action: str) -> frozenset[str]:
    """Return the names of the sections of another action: ``inference`` where a model is trained.

    Compared with the sections that the action has: ``inference`` is that of ``inference_hpo``, and
    an action without a section of its name uses all but those of the training.
    """
    names = {section.rpartition(".")[2].lower() for section in sections}
    words = action.lower().split("_")
    purposes = {_purpose(word) for word in words} - {None}
    purposes |= {"test", "val"} if "eval" in purposes else set()
    purposes |= {"train"} if is_training(action) else set()
    own = {name for name in names if name == action or _purpose(name) in purposes}
    if not own and not is_training(action):
        return frozenset(name for name in names if _purpose(name) == "train")
    return frozenset(name for name in names - own if _purpose(name))


def _purpose(word: str) -> str | None:
    match = _PURPOSE.match(word)
    return match[1] if match else None


def is_of_other_action(key: str, action: str) -> bool:
    """Whether a section in the key is named after something that the action does not do."""
    words = action.lower().split("_")
    prefixes = [*_OTHERS, "test"] if is_training(action) else [*_OTHERS, "train"]
    other = tuple(p for p in prefixes if not action.lower().startswith(p) and p not in words)
    return any(section.lower().startswith(other) for section in key.split(".")[:-1])
