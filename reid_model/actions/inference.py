"""Embeddings of every image of a data set, streamed into one file. One page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reid_model.actions.folders import check_results_dir
from reid_model.actions.outcome import recorded
from reid_model.actions.restore import restored_network
from reid_model.actions.status import Report
from reid_model.config import load_spec


def run(spec: Mapping[str, Any], report: Report | None = None) -> None:
    """Embed every image as ``spec`` (a nested dict) says; so far: checks spec and checkpoint.

    Raises ConfigError or CheckpointError for input that cannot be used (nothing is written).
    """
    with recorded(spec, report):
        config = load_spec(spec)
        check_results_dir(config)
        restored_network(config.inference.checkpoint, config, key="inference.checkpoint")
