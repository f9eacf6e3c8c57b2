"""A logger that opens and closes one Weights & Biases run.

Lightning's own logger leaves its run open in a process that trains again, sets WANDB_MODE for the
rest of the process, and passes settings that wandb no longer accepts.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from pytorch_lightning.loggers import Logger

_STEP = "trainer/global_step"


class WandbRun(Logger):
    """Logs to a new W&B run, or to the one that the process already has."""

    def __init__(self, **options: Any) -> None:
        """``options`` are those of ``wandb.init``."""
        super().__init__()
        import wandb

        before = wandb.run
        self._run = wandb.init(**options)
        self._ours = self._run is not before
        self._run.define_metric(_STEP)
        self._run.define_metric("*", step_metric=_STEP)

    @property
    def name(self) -> str:
        """See Logger."""
        return "wandb"

    @property
    def version(self) -> str:
        """The run's id."""
        return str(self._run.id)

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """See Logger."""
        self._run.log({**metrics, _STEP: step})

    def log_hyperparams(self, params: Any, *args: Any, **options: Any) -> None:
        """See Logger."""
        self._run.config.update(dict(params), allow_val_change=True)

    def finalize(self, status: str) -> None:
        """End the run; ``status`` other than success marks it as failed.

        A stop by ``report`` (SystemExit, being handled here) is not a failure, as in the status
        file.
        """
        stopped = isinstance(sys.exception(), SystemExit)
        if self._ours:
            self._run.finish(exit_code=0 if status == "success" or stopped else 1)
