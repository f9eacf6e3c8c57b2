"""Search problems that train real models: scikit-learn on its bundled data sets.

A configuration's value is a loss by three-fold cross-validation, the same folds for everyone. The
minimum is not known; the constants are the lowest value of 500 random draws and a sweep of 100
trials by the Gaussian process (``python experiments/benchmarks/search_models.py``), so a regret
may fall a little below 0.
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from search_problems import Problem, make_problem
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from automl.constants import TrialState
from automl.search.study import Study
from automl.space import Choice, Float, Integer, sample

Values = Mapping[str, Any]
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
    ),
)  # fmt: skip


def lowest(problem: Problem, draws: int = 500, trials: int = 100) -> float:
    """Return the lowest value found by chance and by the Gaussian process."""
    drawn = sample(problem.space, problem.base, draws, seed=0)
    found = min(problem.function(params) for params, _ in drawn)
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
            found = min(found, value)
    return found


def main() -> None:
    """Prints the lowest value known of each model's problem."""
    report: Callable[[str], int] = sys.stdout.write
    for problem in MODEL_PROBLEMS:
        report(f"{problem.name:20}{lowest(problem):.5f}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
