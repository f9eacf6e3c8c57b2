"""One metric, several spellings: ``val/loss`` and ``val_loss``, in capitals or not."""

from __future__ import annotations

from collections.abc import Mapping


def spelled(kpi: Mapping[str, float], metric: str) -> dict[str, float]:
    """Return ``kpi`` with ``metric`` under its own name, if it is there under another spelling."""
    found = dict(kpi)
    if metric and metric not in found:
        wanted = _plain(metric)
        value = next((value for name, value in kpi.items() if _plain(name) == wanted), None)
        found |= {} if value is None else {metric: value}
    return found


def _plain(name: str) -> str:
    return name.lower().replace("/", "_")
