"""The scale on which values are modelled: shares by their log odds, so that none passes 0 or 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import expit, logit

from automl.results.simulation.space_encoder import Array

_EDGES: Final = (1e-4, 0.01)  # how near to 0 and 1 a share may count, at least and at most


@dataclass(frozen=True)
class MetricScale:
    """Values as they are, or as log odds where all are shares (accuracy, recall, CMC).

    Attributes:
        edge: shares nearer than this to 0 or 1 count as so far away; None where values are no
            shares.
    """

    edge: float | None

    @property
    def low(self) -> float:
        """No value lies below it."""
        return -np.inf if self.edge is None else 0.0

    @property
    def high(self) -> float:
        """No value lies above it."""
        return np.inf if self.edge is None else 1.0

    def inner(self, values: Array) -> Array:
        """Return values on the model's scale."""
        if self.edge is None:
            return values
        found: Array = logit(np.clip(values, self.edge, 1 - self.edge))
        return found

    def errors(self, values: Array, errors: Array) -> Array:
        """Return standard errors of values on the model's scale."""
        if self.edge is None:
            return errors
        shares = np.clip(values, self.edge, 1 - self.edge)
        found: Array = errors / (shares * (1 - shares))
        return found

    def outer(self, modelled: Array) -> Array:
        """Return values of the metric."""
        found: Array = modelled if self.edge is None else expit(modelled)
        return found


def scale_of(values: Sequence[float]) -> MetricScale:
    """Return the scale of a metric; values that are all in 0..1 are taken for shares."""
    if min(values) < 0 or max(values) > 1:
        return MetricScale(None)
    distances = [end for each in values for end in (each, 1 - each) if end > 0]
    return MetricScale(float(np.clip(min(distances) / 2, *_EDGES)))
