"""What proposes the trials of a benchmark's sweep: the product's study, or another tool."""

from __future__ import annotations

import math
import tempfile
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Protocol, cast

from automl.constants import Fault, TrialSource, TrialState
from automl.search.samplers.bayes.sampler import BayesSampler
from automl.search.samplers.bayes.settings import SETTINGS, Settings
from automl.search.samplers.factory import SAMPLERS, DrawContext
from automl.search.study import Study
from search.problem import Problem, Values


class Searcher(Protocol):
    """Proposes configurations one by one, several before the first is told where they run so."""

    def ask(self) -> tuple[int, Values]:
        """Return a ticket and a configuration."""

    def tell(self, ticket: int, loss: float) -> None:
        """Note what a configuration reached; NaN where training diverged."""


def add_variant(name: str) -> None:
    """Let ``bayes:startup=8,belief=0`` be an algorithm: ``bayes`` with other settings."""
    known = cast(dict[str, Any], SAMPLERS)
    if ":" not in name or name in known:
        return
    pairs = (pair.split("=") for pair in name.partition(":")[2].split(","))
    kinds = {each.name: type(getattr(SETTINGS, each.name)) for each in fields(Settings)}
    settings = replace(SETTINGS, **{key: kinds[key](value) for key, value in pairs})

    def make(context: DrawContext) -> BayesSampler:
        assert context.cube is not None
        return BayesSampler(context.cube, context.mixed, SAMPLERS["tpe"](context), settings)

    known[name] = make


class StudySearcher:
    """The product's own study, with one of its algorithms."""

    def __init__(self, problem: Problem, algorithm: str, seed: int) -> None:
        """Begin with the default configuration."""
        add_variant(algorithm)
        self._folder = tempfile.TemporaryDirectory()
        self._study = Study(
            Path(self._folder.name) / "study.journal",
            space=problem.space,
            base=problem.base,
            algorithm=algorithm,
            direction="minimize",
            seed=seed,
            durable=False,
        )
        self._study.enqueue(problem.space.defaults(problem.base), TrialSource.DEFAULT)

    def ask(self) -> tuple[int, Values]:
        """Return the study's suggestion."""
        suggestion = self._study.ask()
        assert suggestion is not None
        return suggestion.ticket, suggestion.values

    def tell(self, ticket: int, loss: float) -> None:
        """Tell the study, of a diverged trial as the sweep does."""
        if math.isnan(loss):
            self._study.tell(ticket, TrialState.FAILED, None, fault=Fault.NAN)
        else:
            self._study.tell(ticket, TrialState.FINISHED, loss)
