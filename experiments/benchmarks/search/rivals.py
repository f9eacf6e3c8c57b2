"""Other tools as searchers of the same problems, in an environment of their own.

Each sees every parameter of a space, those of other branches too (their values then have no
effect), with their log scales, integers and choices; the first trial is the default configuration.
A diverged trial is told as worse than the worst, as ours are told. What they import is imported
when they are made, so that one that is not installed is missed alone (``make bench-rivals``).
"""

from __future__ import annotations

import math
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import optuna

from automl.search.samplers.bayes.axis import Axis
from automl.search.samplers.bayes.cube import Cube
from automl.search.samplers.diverged import worse_than_worst
from automl.space import FixedSuggest
from search.problem import Problem, Values
from search.searchers import Searcher

Answers = dict[str, Any]


class Rival(ABC):
    """Turns another tool into a :class:`search.searchers.Searcher`."""

    def __init__(self, problem: Problem, seed: int) -> None:
        """Begin with the default configuration."""
        self.cube = Cube(problem.space, problem.base)
        self.seed = seed
        self._asked: list[Answers] = []
        self._losses: list[float] = []

    def ask(self) -> tuple[int, Values]:
        """Return the defaults first, then the tool's proposals."""
        answers = self.propose() if self._asked else self.at(self.cube.default_point)
        self._asked.append(answers)
        values = self.cube.space.draw(FixedSuggest(answers), self.cube.base)
        return len(self._asked) - 1, values

    def tell(self, ticket: int, loss: float) -> None:
        """Tell the tool a finite loss."""
        if math.isnan(loss):
            loss = worse_than_worst(self._losses, minimize=True) if self._losses else 1.0
        self._losses.append(loss)
        self.learn(self._asked[ticket], loss)

    def at(self, point: Any) -> Answers:
        """Return the answers at a point of the cube."""
        places = zip(self.cube.axes, point, strict=True)
        return {axis.name: axis.answer(float(place)) for axis, place in places}

    @abstractmethod
    def propose(self) -> Answers:
        """Return the tool's next proposal."""

    @abstractmethod
    def learn(self, answers: Answers, loss: float) -> None:
        """Tell the tool."""


def _is_int(axis: Axis) -> bool:
    return isinstance(axis.distribution, optuna.distributions.IntDistribution)


class Hebo(Rival):
    """HEBO (Cowen-Rivers et al. 2022), of Huawei's Noah's Ark Lab."""

    def __init__(self, problem: Problem, seed: int) -> None:
        """Seed NumPy and torch, since HEBO draws from their global generators."""
        super().__init__(problem, seed)
        import torch
        from hebo.design_space.design_space import DesignSpace
        from hebo.optimizers.hebo import HEBO

        np.random.seed(seed)
        torch.manual_seed(seed)
        space = DesignSpace().parse([self._dimension(axis) for axis in self.cube.axes])
        self._tool = HEBO(space, scramble_seed=seed)

    @staticmethod
    def _dimension(axis: Axis) -> dict[str, Any]:
        if axis.options:
            places = [str(place) for place in range(len(axis.options))]
            return {"name": axis.name, "type": "cat", "categories": places}
        found = axis.distribution
        kind = ("pow_int" if _is_int(axis) else "pow") if found.log else (
            "int" if _is_int(axis) else "num"
        )  # fmt: skip
        base = {"base": 10} if found.log else {}
        return {"name": axis.name, "type": kind, "lb": found.low, "ub": found.high, **base}

    def propose(self) -> Answers:
        """Return one suggestion."""
        row = self._tool.suggest(n_suggestions=1).iloc[0]
        return {axis.name: _answer(axis, row[axis.name]) for axis in self.cube.axes}

    def learn(self, answers: Answers, loss: float) -> None:
        """Observe one row."""
        import pandas as pd

        row = {axis.name: _place(axis, answers[axis.name]) for axis in self.cube.axes}
        self._tool.observe(pd.DataFrame([row]), np.array([[loss]]))


def _answer(axis: Axis, value: Any) -> Any:
    if axis.options:
        return axis.options[int(value)]
    return axis.answer(axis.place_of_answer(value))


def _place(axis: Axis, answer: Any) -> Any:
    return str(int(axis.place_of_answer(answer))) if axis.options else answer


class BoTorch(Rival):
    """BoTorch's qLogNEI on a SingleTaskGP over the unit cube, choices one-hot; 5 Sobol points."""

    STARTUP: Final = 5

    def __init__(self, problem: Problem, seed: int) -> None:
        """Begin with a Sobol sequence."""
        super().__init__(problem, seed)
        import torch

        torch.manual_seed(seed)
        engine: Any = torch.quasirandom.SobolEngine
        self._sobol = engine(len(self.cube.axes), scramble=True, seed=seed)
        self._rows: list[Any] = []
        self._told: list[float] = []

    def propose(self) -> Answers:
        """Return the point of the largest qLogNEI."""
        if len(self._told) < self.STARTUP:
            point = self._sobol.draw(1).numpy()[0]
            sizes = [len(axis.options) for axis in self.cube.axes]
            point = [int(u * n) if n else u for u, n in zip(point, sizes, strict=True)]
            return self.at(self.cube.snap(np.array([point], dtype=float))[0])
        return self.at(self._decode(self._best()))

    def _best(self) -> Any:
        import torch
        from botorch.acquisition.logei import qLogNoisyExpectedImprovement
        from botorch.fit import fit_gpytorch_mll
        from botorch.models import SingleTaskGP
        from botorch.models.transforms import Standardize
        from botorch.optim import optimize_acqf
        from gpytorch.mlls import ExactMarginalLogLikelihood

        x = torch.tensor(np.array(self._rows), dtype=torch.float64)
        y = -torch.tensor(self._told, dtype=torch.float64)[:, None]
        model = SingleTaskGP(x, y, outcome_transform=Standardize(1))
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
        score = qLogNoisyExpectedImprovement(model, x)
        bounds = torch.stack([torch.zeros(x.shape[1]), torch.ones(x.shape[1])]).double()
        best, _ = optimize_acqf(score, bounds, q=1, num_restarts=5, raw_samples=256)
        return best.detach().numpy()[0]

    def _encode(self, point: Any) -> list[float]:
        row: list[float] = []
        for axis, place in zip(self.cube.axes, point, strict=True):
            one_hot = [float(place == option) for option in range(len(axis.options))]
            row += one_hot or [float(place)]
        return row

    def _decode(self, row: Any) -> Any:
        point, at = [], 0
        for axis in self.cube.axes:
            size = max(1, len(axis.options))
            part = row[at : at + size]
            point.append(float(np.argmax(part)) if axis.options else float(part[0]))
            at += size
        return self.cube.scale.snap(np.array([point]))[0]

    def learn(self, answers: Answers, loss: float) -> None:
        """Keep a row."""
        point = [axis.place_of_answer(answers[axis.name]) for axis in self.cube.axes]
        self._rows.append(self._encode(point))
        self._told.append(loss)


class Smac(Rival):
    """SMAC3's black-box facade: a Gaussian process, as its authors advise for small budgets."""

    def __init__(self, problem: Problem, seed: int) -> None:
        """Ask and tell, with files in a temporary folder."""
        super().__init__(problem, seed)
        from ConfigSpace import ConfigurationSpace
        from smac import BlackBoxFacade, Scenario

        space = ConfigurationSpace(seed=seed)
        for axis in self.cube.axes:
            space.add(self._parameter(axis))
        self._folder = tempfile.TemporaryDirectory()
        scenario = Scenario(
            space, deterministic=True, n_trials=200, seed=seed, output_directory=self._folder.name
        )
        design = BlackBoxFacade.get_initial_design(scenario, n_configs=5)
        self._tool = BlackBoxFacade(
            scenario, lambda config, seed=0: 0.0, initial_design=design,
            overwrite=True, logging_level=False,
        )  # fmt: skip
        self._space = space
        self._infos: dict[int, Any] = {}
        self._latest: Any = None

    @staticmethod
    def _parameter(axis: Axis) -> Any:
        from ConfigSpace import Categorical, Float, Integer

        if axis.options:
            return Categorical(axis.name, [str(i) for i in range(len(axis.options))])
        found, make = axis.distribution, Integer if _is_int(axis) else Float
        return make(axis.name, (found.low, found.high), log=found.log)

    def propose(self) -> Answers:
        """Return SMAC's next configuration."""
        self._latest = self._tool.ask()
        config = dict(self._latest.config)
        answers = {axis.name: _answer(axis, config[axis.name]) for axis in self.cube.axes}
        self._infos[id(answers)] = self._latest
        return answers

    def learn(self, answers: Answers, loss: float) -> None:
        """Tell what it asked for, or the defaults."""
        from ConfigSpace import Configuration
        from smac.runhistory.dataclasses import TrialInfo, TrialValue

        info = self._infos.pop(id(answers), None)
        if info is None:
            row = {axis.name: _place(axis, answers[axis.name]) for axis in self.cube.axes}
            info = TrialInfo(Configuration(self._space, values=row), seed=0)
        self._tool.tell(info, TrialValue(cost=loss, time=0.0))


class Vizier(Rival):
    """Vizier's GP bandit, the default algorithm of Google's open source service."""

    def __init__(self, problem: Problem, seed: int) -> None:
        """Make the designer without a service."""
        super().__init__(problem, seed)
        import jax
        from vizier import pyvizier as vz
        from vizier.algorithms.designers.gp_ucb_pe import VizierGPUCBPEBandit

        statement = vz.ProblemStatement()
        for axis in self.cube.axes:
            self._add(statement.search_space.root, axis, vz)
        statement.metric_information.append(
            vz.MetricInformation(name="loss", goal=vz.ObjectiveMetricGoal.MINIMIZE)
        )
        self._vz = vz
        self._tool = VizierGPUCBPEBandit(statement, rng=jax.random.PRNGKey(seed))
        self._count = 0

    @staticmethod
    def _add(root: Any, axis: Axis, vz: Any) -> None:
        found = axis.distribution
        if axis.options:
            root.add_categorical_param(axis.name, [str(i) for i in range(len(axis.options))])
            return
        scale = vz.ScaleType.LOG if found.log else vz.ScaleType.LINEAR
        add = root.add_int_param if _is_int(axis) else root.add_float_param
        add(axis.name, found.low, found.high, scale_type=scale)

    def propose(self) -> Answers:
        """Return one suggestion."""
        (suggestion,) = self._tool.suggest(1)
        found = suggestion.parameters.as_dict()
        return {axis.name: _answer(axis, found[axis.name]) for axis in self.cube.axes}

    def learn(self, answers: Answers, loss: float) -> None:
        """Complete a trial."""
        from vizier import algorithms as vza

        self._count += 1
        row = {axis.name: _place(axis, answers[axis.name]) for axis in self.cube.axes}
        trial = self._vz.Trial(id=self._count, parameters=row)
        trial.complete(self._vz.Measurement(metrics={"loss": loss}))
        self._tool.update(vza.CompletedTrials([trial]), vza.ActiveTrials())


_MAKE: Final[Mapping[str, Callable[[Problem, int], Rival]]] = {
    "hebo": Hebo,
    "botorch": BoTorch,
    "smac": Smac,
    "vizier": Vizier,
}


def make_rival(name: str, problem: Problem, seed: int) -> Searcher:
    """Return another tool as a searcher.

    Raises:
        ImportError: it is not installed.
    """
    return _MAKE[name](problem, seed)
