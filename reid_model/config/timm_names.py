"""Checks a ``timm:NAME`` against the networks of the installed timm."""

from __future__ import annotations

import difflib

from reid_model.config.families import TIMM


def unknown_network(backbone: str) -> str | None:
    """Why timm has no such network, with near names; None if it has, or for other backbones."""
    if not backbone.startswith(TIMM):
        return None
    import timm  # half a second, for its networks alone

    name, _, tag = backbone.removeprefix(TIMM).partition(".")
    if not timm.is_model(name):
        near = difflib.get_close_matches(name, timm.list_models(), n=3, cutoff=0.4)
        return _message(backbone, "timm has no such network", near)
    tags = [full.partition(".")[2] for full in timm.list_pretrained(f"{name}.*")]
    if tag and tag not in tags:
        near = [f"{name}.{one}" for one in difflib.get_close_matches(tag, tags, n=3, cutoff=0.0)]
        return _message(backbone, f"timm has no weights {tag!r} of {name}", near)
    return None


def _message(backbone: str, why: str, near: list[str]) -> str:
    names = " or ".join(f"{TIMM}{one}" for one in near)
    return f"model.backbone {backbone}: {why}" + (f"; did you mean {names}?" if names else "")
