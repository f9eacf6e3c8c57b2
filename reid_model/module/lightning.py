"""The Lightning module: training and validation steps, nothing else."""

from __future__ import annotations

from typing import Any, cast

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.optim.lr_scheduler import LambdaLR

from reid_model.config import ExperimentConfig, scaled_schedule
from reid_model.data.augmentation.draws import augmentation_of, draw_plan
from reid_model.data.augmentation.pixels import Normaliser, augment
from reid_model.data.batches import Batch
from reid_model.data.retrieval_split import RetrievalSplit
from reid_model.data.splits import TrainSplit
from reid_model.errors import TrainingError
from reid_model.models.head import HeadOutput
from reid_model.models.network import Outputs, ReIDNetwork
from reid_model.models.weights.checkpoint import INFO_KEY, CheckpointInfo
from reid_model.module.freezing import freeze_for_good, frozen_names, set_modes
from reid_model.module.generators import random_states, restore_random_state, start_random_state
from reid_model.module.losses import WeightedLosses
from reid_model.module.optimizers import build_optimizer, follow_spec, regrouped
from reid_model.module.resume_micro_batches import STEP_LOSSES, recount_micro_batches
from reid_model.module.schedule import RateSchedule
from reid_model.module.scoring import FeatureRows, validation_metrics

_RANDOM_STATES = "random_states"


class ReIDModule(pl.LightningModule):
    """Trains a network on labelled crops and scores it by retrieval.

    ``kpi`` holds the figures of the latest finished epoch: ``train_loss``, and after a validation
    those of :func:`reid_model.module.scoring.validation_metrics`, all plain floats.
    """

    def __init__(
        self,
        config: ExperimentConfig,
        network: ReIDNetwork,
        train: TrainSplit,
        retrieval: RetrievalSplit,
        *,
        layout: torch.memory_format = torch.contiguous_format,
    ) -> None:
        """``layout``: memory format of images and weights, set before DDP wraps the network.

        DDP plans its gradient buckets by the strides at that time.
        """
        super().__init__()
        network.to(memory_format=layout)  # type: ignore[call-overload]
        freeze_for_good(network.backbone, config.model)
        self.config, self.network, self.retrieval = config, network, retrieval
        self.losses = WeightedLosses(config, train.num_classes, network.head.feat_dim)
        self.kpi: dict[str, float] = {}
        self._restored: dict[str, Any] | None = None
        data = config.dataset
        self._held_out = train.held_out_pids
        self._labels = torch.tensor(train.labels)
        self._train_cameras = torch.tensor([crop.camid for crop in train.crops])
        self._cameras = torch.tensor([crop.camid for crop in retrieval.crops])
        self._normalise = Normaliser(data.pixel_mean, data.pixel_std)
        self._augmentation = augmentation_of(data)
        self._step_losses: list[Tensor] = []
        self._frozen: frozenset[str] = frozenset()
        self._layout = layout
        self._rows = FeatureRows()

    def configure_optimizers(self) -> Any:
        """The optimiser, whose rate is set before each step."""
        optimizer = build_optimizer(self.network, self.config.train)
        schedule = rate_schedule(self.config)

        def factor(step: int) -> float:
            # At each call: when the schedule is built, the number of steps is not known yet.
            return schedule.factor(step / self._steps_of_epoch())

        scheduler = LambdaLR(optimizer, factor)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": scheduler, "interval": "step"},
        }

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add what resuming and the other actions need to Lightning's own state."""
        micro_batches = self.trainer.fit_loop.epoch_loop.batch_progress.current.ready
        done = micro_batches // self.config.train.accumulate
        finished = done >= self._steps_of_epoch()
        info = CheckpointInfo(
            spec=self.config,
            num_classes=self.network.num_classes,
            num_cameras=self.network.num_cameras,
            next_epoch=self.current_epoch + finished,
            batches_done=0 if finished else done,
            world_size=self.trainer.world_size,
            kpi=self.kpi,
            held_out=self._held_out,
        )
        checkpoint[INFO_KEY] = info.to_plain()
        checkpoint[_RANDOM_STATES] = random_states(self.trainer.world_size)
        checkpoint[STEP_LOSSES] = [] if finished else self._losses_so_far()
        # The average of the weights is for use; the losses' own tensors only train.
        current = checkpoint.get("current_model_state", {})
        own = {name: value for name, value in current.items() if name.startswith("losses.")}
        checkpoint["state_dict"] |= own

    def _steps_of_epoch(self) -> float:
        """Optimiser steps of an epoch, infinite before the loaders are there.

        Lightning counts micro-batches.
        """
        return self.trainer.num_training_batches / self.config.train.accumulate

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Restore the last metrics; keep the rest until training starts."""
        recount_micro_batches(checkpoint, self.config.train.accumulate)
        stored = checkpoint[INFO_KEY]["spec"]["train"]["optim"].get("layer_decay", 1.0)
        checkpoint["optimizer_states"] = [
            regrouped(state, self.network, self.config.train.optim, stored)
            for state in checkpoint["optimizer_states"]
        ]
        self.kpi = dict(checkpoint[INFO_KEY]["kpi"])
        self._restored = checkpoint

    def on_fit_start(self) -> None:
        """Move labels and cameras to the device on which they are looked up."""
        self._labels = self._labels.to(self.device)
        self._train_cameras = self._train_cameras.to(self.device)
        self._cameras = self._cameras.to(self.device)

    def on_train_start(self) -> None:
        """Continue where the checkpoint stopped, at the rates of this spec."""
        self._freeze()  # a resumed epoch has no start of its own
        seed, restored, self._restored = self.config.train.seed, self._restored, None
        if restored is None:
            start_random_state(seed, self.global_rank)
            return
        restore_random_state(restored[_RANDOM_STATES], seed, self.global_rank)
        losses = torch.tensor(restored[STEP_LOSSES], device=self.device)
        self._step_losses = list(losses)
        optimizer, scheduler = self.trainer.optimizers[0], cast(LambdaLR, self.lr_schedulers())
        follow_spec(optimizer, scheduler, self.network, self.config.train)

    def transfer_batch_to_device(
        self, batch: Batch, device: torch.device, dataloader_idx: int
    ) -> Batch:
        """Move crops to the device; their indices stay on the CPU."""
        return Batch(batch.crops.to(device, non_blocking=True), batch.indices)

    def training_step(self, batch: Batch) -> Tensor:
        """One step's loss, mined over the whole batch of all devices."""
        places = batch.indices.to(self.device, non_blocking=True)
        labels = self._labels[places]
        outputs: Outputs = self.network(self._augmented(batch), self._train_cameras[places])
        loss: Tensor = self.losses(self._gathered(outputs), self._gather(labels))
        self._check_finite(loss)
        self._step_losses.append(loss.detach())
        return loss

    def _augmented(self, batch: Batch) -> Tensor:
        size = (batch.crops.shape[1], batch.crops.shape[2])
        seed, indices = self.config.train.seed, batch.indices.numpy()
        plan = draw_plan(self._augmentation, size, seed, self.current_epoch, indices)
        padding = self._augmentation.padding
        images = augment(batch.crops, plan, padding, self._normalise)
        return images.contiguous(memory_format=self._layout)

    def _gathered(self, outputs: Outputs) -> Outputs:
        if self.trainer.world_size == 1:
            return outputs
        whole, *parts = (
            HeadOutput(self._gather(head.scores), self._gather(head.features))
            for head in (outputs.whole, *outputs.parts)
        )
        return Outputs(whole, tuple(parts))

    def _gather(self, rows: Tensor) -> Tensor:
        """The rows of all devices, in rank order; gradients flow back to each."""
        if self.trainer.world_size == 1:
            return rows
        everywhere: Any = self.all_gather(rows, sync_grads=rows.requires_grad)
        return torch.cat(list(everywhere))

    def _check_finite(self, loss: Tensor) -> None:
        """Raise at once on the CPU; on a GPU at the epoch's end, so that no step waits."""
        if loss.device.type == "cpu" and not torch.isfinite(loss):
            raise self._not_finite("loss", len(self._step_losses) + 1)

    def on_train_epoch_start(self) -> None:
        """Forget the last epoch's losses; what is frozen keeps its batch statistics."""
        self._step_losses.clear()
        self.kpi = {}
        self._freeze()

    def _freeze(self) -> None:
        backbone = self.network.backbone
        self._frozen = frozen_names(backbone, self.config.model, self.current_epoch)
        set_modes(backbone, self._frozen)

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Leave frozen weights as they are, without any decay; DDP has seen all gradients."""
        if self._frozen:
            for name, parameter in self.network.backbone.named_parameters():
                if name in self._frozen:
                    parameter.grad = None

    def on_train_epoch_end(self) -> None:
        """Put the epoch's mean loss beside the scores of its validation."""
        self.kpi["train_loss"] = float(self._finite_losses().mean())

    def _losses_so_far(self) -> list[float]:
        return torch.stack(self._step_losses).tolist() if self._step_losses else []

    def _finite_losses(self) -> Tensor:
        losses = torch.stack(self._step_losses)
        wrong = torch.nonzero(~torch.isfinite(losses)).flatten()
        if len(wrong):
            raise self._not_finite("loss", int(wrong[0]) + 1)
        return losses

    def validation_step(self, batch: Batch) -> None:
        """Collect the batch's features."""
        images = self._normalise(batch.crops).contiguous(memory_format=self._layout)
        cameras = self._cameras[batch.indices.to(self.device, non_blocking=True)]
        self._rows.add(batch.indices, self.network.embed(images, cameras))

    def on_validation_epoch_end(self) -> None:
        """Score the retrieval over the features of all devices."""
        self._finite_losses()
        features = self._rows.in_order(len(self.retrieval.crops), self._gather)
        if not torch.isfinite(features).all():
            raise self._not_finite("embedding", len(self._step_losses))
        self.kpi = validation_metrics(features, self.retrieval)

    def _not_finite(self, what: str, losses: int) -> TrainingError:
        """The error after so many losses of the epoch, one for each micro-batch."""
        step = -(-losses // self.config.train.accumulate)
        return TrainingError(
            f"the {what} is not a finite number in epoch {self.current_epoch + 1}, step {step}; "
            "lower train.optim.base_lr or set train.grad_clip"
        )


def rate_schedule(config: ExperimentConfig) -> RateSchedule:
    """The learning-rate schedule of a spec, scaled to its epochs if it is the default one."""
    optim, scaled = config.train.optim, scaled_schedule(config.train)
    return RateSchedule(
        method=optim.warmup_method,
        warmup=scaled.warmup,
        warmup_factor=optim.warmup_factor,
        milestones=scaled.milestones,
        gamma=optim.gamma,
        num_epochs=config.train.num_epochs,
        flat_until=optim.cosine_start,
        final=optim.final_lr / optim.base_lr if optim.base_lr else 0.0,
    )
