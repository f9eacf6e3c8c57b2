"""A sweep's trials in TensorBoard, W&B or MLflow, through Ray Tune's own logger callbacks.

Tune's trials hold our numbers and parameters under keys of ours, and a logger that raises would end
the sweep. So each logger is given a plain trial, and one that fails is reported once and then left
out. Credentials come from the environment alone.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from netrc import NetrcParseError, netrc
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from ray.tune import Callback
from ray.tune.logger import TBXLoggerCallback

from automl.constants import LOGGERS_FOLDER
from automl.sweep.callbacks import NotPickled
from automl.sweep.workers.actor import EPOCH, KPI, NUMBER, VALUES
from automl.trial.job import trial_id

LOG: Final = logging.getLogger(__name__)
_WANDB_KEY: Final = "WANDB_API_KEY"
_WANDB_MODE: Final = "WANDB_MODE"
_WANDB_URL: Final = "WANDB_BASE_URL"
_WANDB_HOST: Final = "https://api.wandb.ai"
_STEP: Final = "training_iteration"


@dataclass(frozen=True)
class LoggedTrial:
    """A trial with the attributes that Tune's loggers read."""

    number: int
    run: str
    folder: Path
    params: tuple[tuple[str, Any], ...]

    @property
    def trial_id(self) -> str:
        """A name of the trial that no other run has."""
        return f"{self.run}-{trial_id(self.number)}"

    @property
    def config(self) -> dict[str, Any]:
        """The searched parameters, dotted name -> value."""
        return dict(self.params)

    @property
    def evaluated_params(self) -> dict[str, Any]:
        """The same."""
        return self.config

    @property
    def local_path(self) -> str:
        """Where the logger may write."""
        return str(self.folder)

    @property
    def experiment_dir_name(self) -> str:
        """The run, which groups the trials."""
        return self.run

    def init_local_path(self) -> None:
        """Make the folder."""
        self.folder.mkdir(parents=True, exist_ok=True)

    def __hash__(self) -> int:
        return hash((self.run, self.number))

    def __str__(self) -> str:
        return self.trial_id


class TrackingCallback(NotPickled, Callback):  # type: ignore[misc]
    """Passes trials on to one of Tune's loggers; a logger that fails gets no more of them."""

    def __init__(self, name: str, make: Callable[[], Any], run_dir: Path) -> None:
        """``make`` builds the logger when the sweep starts, and reads its credentials then."""
        self._name = name
        self._make = make
        self._run_dir = run_dir
        self._logger: Any = None
        self._off = False

    def setup(self, **info: Any) -> None:
        """Build the logger."""
        self._call(self._begin)

    def on_trial_start(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """A trial begins."""
        self._call(lambda: self._start(self._logged(trial)))

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any
    ) -> None:
        """An epoch was reported."""
        if KPI in result:
            metrics = {**result[KPI], _STEP: result[EPOCH]}
            self._call(
                lambda: self._logger.log_trial_result(iteration, self._logged(trial), metrics)
            )

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """A trial ended."""
        self._call(lambda: self._logger.log_trial_end(self._logged(trial), failed=False))

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """A trial failed."""
        self._call(lambda: self._logger.log_trial_end(self._logged(trial), failed=True))

    def on_experiment_end(self, trials: list[Any], **info: Any) -> None:
        """Let the logger write what is left."""
        self._call(lambda: self._logger.on_experiment_end(trials=trials))

    def _begin(self) -> None:
        self._logger = self._make()
        self._logger.setup()

    def _start(self, logged: LoggedTrial) -> None:
        logged.init_local_path()
        self._logger.log_trial_start(logged)

    def _logged(self, trial: Any) -> LoggedTrial:
        number, values = trial.config[NUMBER], trial.config[VALUES]
        folder = self._run_dir / LOGGERS_FOLDER / self._name / trial_id(number)
        return LoggedTrial(number, self._run_dir.name, folder, tuple(values.items()))

    def _call(self, act: Callable[[], None]) -> None:
        if self._off:
            return
        try:
            act()
        except Exception as error:  # each service has errors of its own
            self._off = True
            LOG.warning("logger %s failed and is off from here on: %s", self._name, error)


def make_loggers(names: Sequence[str], run_dir: Path, project: str) -> list[TrackingCallback]:
    """Return Tune's callbacks for loggers by name; the run's own folder holds what they write.

    Args:
        names: of :data:`automl.constants.LOGGERS`.
        run_dir: the run's folder.
        project: what W&B and MLflow file the run under, unless their variables say otherwise.
    """
    return [
        TrackingCallback(name, partial(_MAKERS[name], run_dir, project), run_dir) for name in names
    ]


def _tensorboard(run_dir: Path, project: str) -> Any:
    return TBXLoggerCallback()


def _wandb(run_dir: Path, project: str) -> Any:
    from ray.air.integrations.wandb import WandbLoggerCallback

    if not _logged_in(os.environ):
        os.environ.setdefault(_WANDB_MODE, "offline")
    mode = os.environ.get(_WANDB_MODE)  # passed on: its processes do not see this variable
    return WandbLoggerCallback(project=os.environ.get("WANDB_PROJECT", project), mode=mode)


def _mlflow(run_dir: Path, project: str) -> Any:
    from ray.air.integrations.mlflow import MLflowLoggerCallback

    folder = run_dir / LOGGERS_FOLDER
    folder.mkdir(exist_ok=True)
    return MLflowLoggerCallback(
        os.environ.get("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'mlflow.db'}"),
        experiment_name=os.environ.get("MLFLOW_EXPERIMENT_NAME", project),
    )


def _logged_in(environment: Mapping[str, str]) -> bool:
    """Whether W&B finds a key: in the environment, or in netrc where ``wandb login`` puts it."""
    if environment.get(_WANDB_KEY):
        return True
    host = urlsplit(environment.get(_WANDB_URL, _WANDB_HOST)).hostname or ""
    try:
        return netrc(environment.get("NETRC")).authenticators(host) is not None
    except (OSError, NetrcParseError):
        return False


_MAKERS: Final[Mapping[str, Callable[[Path, str], Any]]] = {
    "tensorboard": _tensorboard,
    "wandb": _wandb,
    "mlflow": _mlflow,
}
