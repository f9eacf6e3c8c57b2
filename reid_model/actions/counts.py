"""Counts the training identities, which bound ``dataset.batch_size`` in a sweep.

The schema names this module in ``at_most``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reid_model.config import load_spec
from reid_model.data.splits import read_train_split


def identities(spec: Mapping[str, Any]) -> int:
    """Return the identities that training has, less those held out; no image is read.

    Raises ConfigError or DataError if the spec or its folders cannot be used.
    """
    return read_train_split(load_spec(spec)).num_classes
