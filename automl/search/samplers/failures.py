"""What a sweep says and logs of a sampler that fails, while another one proposes in its place."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class SamplerFailed:
    """A sampler failed, and another one proposes in its place; told once for each sampler.

    Attributes:
        sampler: its name, one of :data:`automl.search.algorithm.ALGORITHMS`.
        failure: its exception, in words.
        instead: the name of the sampler that proposes in its place.
    """

    sampler: str
    failure: str
    instead: str

    @property
    def words(self) -> str:
        """The failure in one sentence."""
        return f"sampler {self.sampler} failed ({self.failure}): {self.instead} proposes instead"


class SamplerFailures:
    """Logs each failure of a study's samplers, and tells a listener of each sampler's first."""

    def __init__(self, listener: Callable[[SamplerFailed], None]) -> None:
        """``listener``: who is told."""
        self._listener = listener
        self._told: set[str] = set()

    def __call__(self, sampler: str, error: Exception, instead: str) -> None:
        """Note that ``sampler`` raised ``error``, and that ``instead`` proposes in its place."""
        LOG.debug("sampler %s failed: %s proposes instead", sampler, instead, exc_info=error)
        if sampler not in self._told:
            self._told.add(sampler)
            lines = str(error).splitlines()
            words = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
            self._listener(SamplerFailed(sampler, words, instead))
