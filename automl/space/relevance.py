"""Which leaves cannot change the metric, and are therefore left out unless somebody names them."""

from __future__ import annotations

from automl.skill import Kind, Leaf
from automl.space.traits import words_of

OTHER_SECTIONS = frozenset(
    {"test", "testing", "infer", "inference", "eval", "evaluate", "evaluation", "export"}
)
_DEVICES = frozenset({"gpu", "gpus", "device", "devices", "cuda"})
_NODE_COUNTS = (frozenset({"num", "nodes"}), frozenset({"n", "nodes"}), frozenset({"nnodes"}))
_PATHS = frozenset({"dir", "path", "file", "folder", "checkpoint", "url", "root", "uri"})
_JUDGING = frozenset({"val", "valid", "validation", "test", "eval", "infer", "inference"})


def why_irrelevant(leaf: Leaf, action: str | None = None) -> str | None:
    """Why the leaf cannot change the metric of ``action``; None when it can."""
    *sections, last = leaf.name.split(".")
    words = words_of(leaf.name)
    other = next((s for s in sections if s.lower() in OTHER_SECTIONS and s != action), None)
    if other is not None:
        return f"belongs to {other!r}, not to what is being optimised"
    if {"worker", "workers"} & words or words >= {"pin", "memory"} or "prefetch" in words:
        return "a loading setting changes the speed, not the metric"
    if words & _DEVICES or words in _NODE_COUNTS:
        return "a device setting changes where it runs, not the metric"
    if leaf.kind is Kind.STRING and words & _PATHS:
        return "a path is a place, not a setting"
    if {"batch", "size"} <= words and (words | set(map(str.lower, sections))) & _JUDGING:
        return "the batch size of validation or test does not change the metric"
    if "interval" in words and words & {"checkpoint", "validation", "val", "log", "logging"}:
        return "how often something is written or checked does not change the metric"
    return None
