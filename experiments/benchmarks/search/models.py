"""Search problems that train real models: scikit-learn on the six data sets that it brings along.

A configuration's value is a loss by three-fold cross-validation, the same folds for everyone. The
minimum is not known; the constants are the lowest value of 500 random draws and a sweep of 100
trials by the Gaussian process (of the last three: 300 and 40) and the median of 100 random draws
(``PYTHONPATH=experiments/benchmarks python -m search.models``), so a regret may fall a little
below 0.
"""

from __future__ import annotations

import math
import sys
import tempfile
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_linnerud,
    load_wine,
)
from sklearn.ensemble import ExtraTreesClassifier, GradientBoostingRegressor
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from automl.constants import TrialState
from automl.search.study import Study
from automl.space import Choice, Float, Integer, sample
from search.problem import Problem, Values, make_problem, typical_loss

FOLDS = 3
DIGITS = 450  # of 1797: a fit takes milliseconds


@cache
def _digits() -> tuple[Any, Any]:
    pixels, labels = load_digits(return_X_y=True)
    return pixels[:DIGITS] / 16.0, labels[:DIGITS]


@cache
def _cancer() -> tuple[Any, Any]:
    features, labels = load_breast_cancer(return_X_y=True)
    return features, labels


@cache
def _diabetes() -> tuple[Any, Any]:
    features, targets = load_diabetes(return_X_y=True)
    return features, targets / targets.std()


@cache
def _iris() -> tuple[Any, Any]:
    features, labels = load_iris(return_X_y=True)
    return features, labels


@cache
def _wine() -> tuple[Any, Any]:
    features, labels = load_wine(return_X_y=True)
    return features, labels


@cache
def _linnerud() -> tuple[Any, Any]:
    features, targets = load_linnerud(return_X_y=True)
    return features, targets / targets.std(axis=0)


def _loss(model: Any, data: tuple[Any, Any], scoring: str) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a poor configuration may well not converge
        return -float(cross_val_score(model, *data, cv=FOLDS, scoring=scoring).mean())


def _svm(values: Values) -> float:
    """Error of a support vector machine on handwritten digits."""
    chosen = {"C": values["C"], "gamma": values["gamma"], "kernel": values["kernel"]}
    if values["kernel"] == "poly":
        chosen["degree"] = values["degree"]
    return 1 + _loss(SVC(**chosen), _digits(), "accuracy")


def _linear(values: Values) -> float:
    """Error of a linear classifier by gradient descent on the breast cancer data."""
    model = SGDClassifier(
        loss="log_loss",
        penalty=values["penalty"],
        alpha=values["alpha"],
        l1_ratio=values.get("l1_ratio", 0.15),
        learning_rate="constant",
        eta0=values["eta0"],
        max_iter=30,
        tol=None,
        random_state=0,
    )
    return min(2.0, _loss(make_pipeline(StandardScaler(), model), _cancer(), "neg_log_loss"))


def _boosting(values: Values) -> float:
    """Mean squared error of gradient boosting on the diabetes data, in variances."""
    model = GradientBoostingRegressor(**values, random_state=0)
    return _loss(model, _diabetes(), "neg_mean_squared_error")


def _trees(values: Values) -> float:
    """Log loss of randomised trees on the iris data."""
    model = ExtraTreesClassifier(**values, n_estimators=20, bootstrap=True, random_state=0)
    return min(2.0, _loss(model, _iris(), "neg_log_loss"))


def _network(values: Values) -> float:
    """Log loss of a small network on the wine data, trained by gradient descent."""
    model = MLPClassifier(
        hidden_layer_sizes=(values["width"],),
        learning_rate_init=values["lr"],
        alpha=values["alpha"],
        momentum=values["momentum"],
        activation=values["activation"],
        batch_size=values["batch_size"],
        solver="sgd",
        max_iter=15,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            loss = _loss(make_pipeline(StandardScaler(), model), _wine(), "neg_log_loss")
        except ValueError:  # weights that are not finite
            return math.nan
    return min(3.0, loss)


def _neighbours(values: Values) -> float:
    """Mean squared error of nearest neighbours on the Linnerud data, in variances."""
    model = KNeighborsRegressor(**values)
    return _loss(make_pipeline(StandardScaler(), model), _linnerud(), "neg_mean_squared_error")


MODEL_PROBLEMS = (
    make_problem(
        "svm digits",
        _svm,
        (
            Float(name="C", low=1e-3, high=1e3, log=True, default=1.0),
            Float(name="gamma", low=1e-5, high=10.0, log=True, default=1e-3),
            Choice(name="kernel", choices=("rbf", "poly", "sigmoid"), default="rbf"),
            Integer(
                name="degree", low=2, high=5, default=3,
                active_when=({"kernel": ("poly",)},), depends_on=("kernel",),
            ),
        ),
        0.06222,
        0.01,
        typical=0.86,
        family="models",
    ),
    make_problem(
        "linear cancer",
        _linear,
        (
            Float(name="alpha", low=1e-7, high=1.0, log=True, default=1e-4),
            Float(name="eta0", low=1e-5, high=1.0, log=True, default=1e-1),
            Choice(name="penalty", choices=("l2", "l1", "elasticnet"), default="l2"),
            Float(
                name="l1_ratio", low=0.0, high=1.0, default=0.15,
                active_when=({"penalty": ("elasticnet",)},), depends_on=("penalty",),
            ),
        ),
        0.08191,
        0.02,
        typical=0.1589,
        family="models",
    ),
    make_problem(
        "boosting diabetes",
        _boosting,
        (
            Float(name="learning_rate", low=1e-3, high=1.0, log=True, default=0.1),
            Integer(name="n_estimators", low=5, high=80, log=True, default=40),
            Integer(name="max_depth", low=1, high=6, default=3),
            Integer(name="min_samples_leaf", low=1, high=50, log=True, default=1),
            Float(name="subsample", low=0.3, high=1.0, default=1.0),
            Float(name="max_features", low=0.1, high=1.0, default=1.0),
        ),
        0.51538,
        0.02,
        typical=0.7993,
        family="models",
    ),
    make_problem(
        "trees iris",
        _trees,
        (
            Integer(name="max_depth", low=1, high=10, default=10),
            Integer(name="min_samples_leaf", low=1, high=20, log=True, default=1),
            Float(name="max_features", low=0.1, high=1.0, default=0.5),
            Float(name="max_samples", low=0.2, high=1.0, default=1.0),
            Choice(name="criterion", choices=("gini", "entropy"), default="gini"),
        ),
        0.08445,
        0.02,
        typical=0.3462,
        family="models",
    ),
    make_problem(
        "network wine",
        _network,
        (
            Float(name="lr", low=1e-5, high=10.0, log=True, default=1e-3),
            Float(name="alpha", low=1e-7, high=1.0, log=True, default=1e-4),
            Float(name="momentum", low=0.0, high=0.99, default=0.9),
            Integer(name="width", low=2, high=64, log=True, default=16),
            Choice(name="batch_size", choices=(8, 16, 32, 64), ordered=True, default=32),
            Choice(name="activation", choices=("relu", "tanh", "logistic"), default="relu"),
        ),
        0.04749,
        0.02,
        typical=0.7229,
        family="models",
    ),
    make_problem(
        "neighbours linnerud",
        _neighbours,
        (
            Integer(name="n_neighbors", low=1, high=13, default=5),
            Choice(name="weights", choices=("uniform", "distance"), default="uniform"),
            Float(name="p", low=1.0, high=6.0, log=True, default=2.0),
        ),
        1.0314,
        0.05,
        typical=1.1708,
        family="models",
    ),
)  # fmt: skip


def lowest(problem: Problem, draws: int = 500, trials: int = 100) -> float:
    """Return the lowest value found by chance and by the Gaussian process."""
    drawn = sample(problem.space, problem.base, draws, seed=0)
    losses = [problem.function(params) for params, _ in drawn]
    found = min(loss for loss in losses if math.isfinite(loss))
    with tempfile.TemporaryDirectory() as folder:
        study = Study(
            Path(folder) / "study.journal", space=problem.space, base=problem.base,
            algorithm="gp", direction="minimize", seed=0,
        )  # fmt: skip
        for _ in range(trials):
            suggestion = study.ask()
            if suggestion is None:
                break
            value = problem.function(suggestion.values)
            study.tell(suggestion.ticket, TrialState.FINISHED, value)
            found = min(found, value) if math.isfinite(value) else found
    return found


def main() -> None:
    """Prints the lowest and the median value known of each model's problem."""
    report: Callable[[str], int] = sys.stdout.write
    for problem in MODEL_PROBLEMS:
        report(f"{problem.name:20}{lowest(problem):.5f}{typical_loss(problem, 100):10.5f}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
