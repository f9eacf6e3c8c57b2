"""The LightningModule with its optimiser, schedule and scoring."""

from reid_model.module.lightning import ReIDModule, rate_schedule

__all__ = ["ReIDModule", "rate_schedule"]
