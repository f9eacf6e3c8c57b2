"""Runs after each epoch: first the checkpoint, then the report, which may end the run."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Checkpoint

from reid_model.actions.training.checkpoints import (
    KeptCheckpoints,
    checkpoint_name,
    without_scores,
)
from reid_model.actions.training.status import StatusFile
from reid_model.actions.training.stopping import Stopped
from reid_model.config.train import TrainConfig
from reid_model.module import ReIDModule

LOG = logging.getLogger(__name__)
_SCORE = "cmc_rank_1"
_LOSS = "train_loss"


class CheckpointAndReport(Checkpoint):
    """Saves and reports every epoch, and decides which epochs are validated.

    A Checkpoint to Lightning, so that it runs after the module has finished the epoch.
    """

    def __init__(self, config: TrainConfig, folder: Path, status: StatusFile) -> None:
        self._config, self._folder, self._status = config, folder, status
        self._metric = config.checkpoint_metric or _SCORE
        self._kept = KeptCheckpoints(folder, config.save_top_k)
        self._began = 0.0

    @property
    def state_key(self) -> str:
        """Under which checkpoints hold the state; older ones are resumed, so it stays."""
        return "EpochEnd"

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Call on_train_epoch_start, which Lightning skips if a run resumes inside an epoch."""
        self.on_train_epoch_start(trainer, pl_module)

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Switch validation on for the epochs that are due, the last one always."""
        epoch = trainer.current_epoch + 1
        due = epoch % self._config.validation_interval == 0 or epoch == self._config.num_epochs
        trainer.check_val_every_n_epoch = 1 if due else epoch + 1
        self._began = time.perf_counter()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: object
    ) -> None:
        """Save by steps if that is the unit; an epoch's last step waits for its scores."""
        if trainer.fit_loop.epoch_loop.batch_progress.current.ready % self._config.accumulate:
            return  # in the middle of a batch, after a micro-batch
        by_step = self._config.checkpoint_interval_unit == "step"
        due = trainer.global_step % self._config.checkpoint_interval == 0
        progress = trainer.fit_loop.epoch_loop.batch_progress
        if by_step and due and not progress.is_last_batch:
            self._save(trainer, None, extra=False)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Save, print, report."""
        assert isinstance(pl_module, ReIDModule)
        epoch, kpi = trainer.current_epoch + 1, pl_module.kpi
        due, score = self._is_due(trainer), self._score(kpi)
        better = self._is_best(score)
        if due or better:
            self._save(trainer, score, extra=not due)
        rate = trainer.optimizers[0].param_groups[0]["lr"]
        for logger in trainer.loggers:
            figures = {**kpi, "epoch": float(epoch), "rate": rate}
            logger.log_metrics(figures, step=trainer.global_step)
        self._report(trainer, epoch, kpi)

    def _report(self, trainer: pl.Trainer, epoch: int, kpi: dict[str, float]) -> None:
        """Report the epoch's metrics; if the report ends the run, all ranks stop together."""
        fault: BaseException | None = None
        if trainer.is_global_zero:
            message = self._line(epoch, kpi)
            LOG.info("%s", message)
            try:
                self._status.running(message, epoch, kpi)
            except BaseException as exc:
                fault = exc
        ends = trainer.strategy.reduce_boolean_decision(fault is not None, all=False)
        if fault is not None:
            raise fault
        if ends:
            raise Stopped(SystemExit(0), "stopped with the first process")

    def _is_due(self, trainer: pl.Trainer) -> bool:
        config, epoch = self._config, trainer.current_epoch + 1
        by_epoch = config.checkpoint_interval_unit == "epoch"
        count = epoch if by_epoch else trainer.global_step
        return epoch == config.num_epochs or count % config.checkpoint_interval == 0

    def _score(self, kpi: dict[str, float]) -> float | None:
        """What the epoch's checkpoint is judged by, the higher the better; None unless scored."""
        value = kpi.get(self._metric)
        return -value if value is not None and self._metric == _LOSS else value

    def _is_best(self, score: float | None) -> bool:
        best = self._kept.best_score()
        if score is None or self._config.save_top_k == 0:
            return False
        return best is None or score > best

    def _save(self, trainer: pl.Trainer, score: float | None, *, extra: bool) -> None:
        path = self._folder / checkpoint_name(trainer.current_epoch + 1, trainer.global_step)
        self._kept.register(path, score, extra=extra)
        trainer.save_checkpoint(path)
        if trainer.is_global_zero:
            self._kept.prune(path)

    def state_dict(self) -> dict[str, Any]:
        """The kept checkpoints, so that a resumed run knows the best so far."""
        return {**self._kept.state(), "metric": self._metric}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """See state_dict; scores by another metric count no more."""
        same = state_dict.get("metric", _SCORE) == self._metric
        self._kept.restore(state_dict if same else without_scores(state_dict))

    def _line(self, epoch: int, kpi: dict[str, float]) -> str:
        took = time.perf_counter() - self._began
        return f"epoch {epoch}/{self._config.num_epochs}  {_figures(kpi)}  {took:.1f} s"


def _figures(kpi: dict[str, float]) -> str:
    """The metrics of an epoch, each with its standard error if that is known."""
    shown = (name for name in kpi if not name.endswith(("_se", "_resolution")))
    errors = {name: f" ± {kpi[f'{name}_se']:.4f}" for name in kpi if kpi.get(f"{name}_se")}
    return "  ".join(f"{name} {kpi[name]:.4f}{errors.get(name, '')}" for name in shown)
