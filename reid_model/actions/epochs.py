"""What happens after each epoch: checkpoint first, then the report that may end the run."""

from __future__ import annotations

import time
from pathlib import Path

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Checkpoint

from reid_model.actions.checkpoints import LATEST, checkpoint_name, point_to
from reid_model.actions.status import StatusFile
from reid_model.config.train import TrainConfig
from reid_model.module import ReIDModule


class EpochEnd(Checkpoint):
    """Saves and reports every epoch, and decides which epochs are validated.

    A Checkpoint to Lightning, so that it runs after the module has finished the epoch.
    """

    def __init__(self, config: TrainConfig, folder: Path, status: StatusFile) -> None:
        self._config, self._folder, self._status = config, folder, status
        self._began = 0.0

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Switch validation on for the epochs that are due, the last one always."""
        epoch = trainer.current_epoch + 1
        due = epoch % self._config.validation_interval == 0 or epoch == self._config.num_epochs
        trainer.check_val_every_n_epoch = 1 if due else epoch + 1
        self._began = time.perf_counter()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: object
    ) -> None:
        """Save by steps where that is the unit."""
        if self._config.checkpoint_interval_unit == "step" and (
            trainer.global_step % self._config.checkpoint_interval == 0
        ):
            self._save(trainer)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Save, print, report."""
        assert isinstance(pl_module, ReIDModule)
        epoch = trainer.current_epoch + 1
        if self._is_due(epoch):
            self._save(trainer)
        message = self._line(epoch, pl_module.kpi)
        print(message, flush=True)
        self._status.running(message, epoch, pl_module.kpi)

    def _is_due(self, epoch: int) -> bool:
        config = self._config
        by_epoch = config.checkpoint_interval_unit == "epoch"
        return epoch == config.num_epochs or (by_epoch and epoch % config.checkpoint_interval == 0)

    def _save(self, trainer: pl.Trainer) -> None:
        name = checkpoint_name(trainer.current_epoch + 1, trainer.global_step)
        trainer.save_checkpoint(self._folder / name)
        point_to(self._folder / LATEST, self._folder / name)

    def _line(self, epoch: int, kpi: dict[str, float]) -> str:
        figures = "  ".join(f"{name} {value:.4f}" for name, value in kpi.items())
        took = time.perf_counter() - self._began
        return f"epoch {epoch}/{self._config.num_epochs}  {figures}  {took:.1f} s"
