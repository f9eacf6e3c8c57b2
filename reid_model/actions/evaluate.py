"""Scoring a checkpoint by retrieval: CMC, mAP, mINP, same-person threshold, pictures. One page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reid_model.actions.folders import check_results_dir
from reid_model.actions.outcome import recorded
from reid_model.actions.restore import restored_network
from reid_model.actions.status import Report
from reid_model.config import load_spec


def run(spec: Mapping[str, Any], report: Report | None = None) -> None:
    """Score as ``spec`` (a nested dict) says; so far: checks spec and checkpoint.

    Raises ConfigError or CheckpointError for input that cannot be used (nothing is written).
    """
    with recorded(spec, report):
        config = load_spec(spec)
        check_results_dir(config)
        restored_network(config.evaluate.checkpoint, config, key="evaluate.checkpoint")
