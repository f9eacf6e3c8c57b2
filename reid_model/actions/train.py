"""Trains a network: spec, data, network, trainer, fit."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from reid_model.actions.folders import check_results_dir, check_room, checkpoint_folder
from reid_model.actions.training.devices import Devices, is_first_process, pick_devices
from reid_model.actions.training.epochs import CheckpointAndReport
from reid_model.actions.training.gpu_share import limit_gpu_share
from reid_model.actions.training.holdout_leak import leak_note
from reid_model.actions.training.isolation import isolated
from reid_model.actions.training.loggers import log_spec
from reid_model.actions.training.network import build_network
from reid_model.actions.training.outcome import RunStatus, recorded
from reid_model.actions.training.resume import changes_note, read_resume_info
from reid_model.actions.training.seed import with_seed
from reid_model.actions.training.status import Report
from reid_model.actions.training.trainer import build_trainer
from reid_model.config import ExperimentConfig, load_spec, scaled_schedule
from reid_model.config.loggers import usable_loggers
from reid_model.data.inputs import TrainInputs, open_inputs, steps_of_epoch
from reid_model.models.backbones import memory_format
from reid_model.models.compiled import check_compiler, compile_network
from reid_model.models.gathered_norm import gather_norms
from reid_model.models.network import ReIDNetwork
from reid_model.models.weights.checkpoint import CheckpointInfo
from reid_model.models.weights.pretrained import start_from_weights
from reid_model.module import ReIDModule

LOG = logging.getLogger(__name__)
_WARNING = "WARNING: "


def run(spec: Mapping[str, Any], report: Report | None = None) -> None:
    """Train as ``spec`` (a complete nested dict) says.

    Writes ``<results_dir>/status.json`` (its format: docs/architecture.md) and hands each record to
    ``report``. An exception of ``report`` ends the training; the epoch's checkpoint is saved then.

    Raises ConfigError, DataError or CheckpointError for input that cannot be used (nothing is
    written), TrainingError for a loss that is not finite.
    """
    with recorded(spec, report) as status:
        config = load_spec(spec)
        check_results_dir(config)
        config, logger_note = usable_loggers(config)
        limit_gpu_share()
        devices = pick_devices(config.train.num_gpus, config.train.gpu_ids)
        devices.precision(config.train.precision)  # refused before anything is written
        if config.train.compile:
            check_compiler(on_gpu=devices.on_gpu)
        inputs = open_inputs(config, devices.world_size)
        with isolated(config.train):
            _train(inputs.config, devices, inputs, status, logger_note)


def _train(
    config: ExperimentConfig,
    devices: Devices,
    inputs: TrainInputs,
    status: RunStatus,
    logger_note: str | None,
) -> None:
    config, seed_note = with_seed(config)
    network = build_network(config, inputs.train)
    resumed = read_resume_info(config, network, devices.world_size, inputs.train.held_out_pids)
    notes = [devices.note, logger_note, seed_note, *inputs.notes]
    if config.train.precision != "auto":
        notes.append(f"train.precision {config.train.precision}")
    notes.append(scaled_schedule(config.train).note)
    notes.append(_start(config, network, resumed))
    notes.append(None if resumed else leak_note(config, inputs.train))
    notes.append(compile_network(network) if config.train.compile else None)
    folder = checkpoint_folder(config)
    steps = steps_of_epoch(config, inputs.train, devices.world_size)
    notes.append(check_room(config, network, steps))
    status.begin(f"{config.model_name}: {_announce_all(notes)}", fresh=resumed is None)
    if devices.world_size > 1 and not devices.on_gpu:
        gather_norms(network)
    layout = memory_format(config.model, devices.kind)
    module = ReIDModule(config, network, inputs.train, inputs.retrieval, layout=layout)
    callbacks = [CheckpointAndReport(config.train, folder, status)]
    start = (resumed.next_epoch, resumed.batches_done) if resumed else (0, 0)
    trainer = build_trainer(config, devices, callbacks, lost=status.failed, epochs_done=start[0])
    log_spec(trainer.loggers, config)
    loaders = inputs.loaders(
        config,
        rank=trainer.global_rank,
        world_size=devices.world_size,
        start=start,
        to_gpu=devices.on_gpu,
    )
    path = config.train.resume_training_checkpoint_path or None
    trainer.fit(module, *loaders, ckpt_path=path, weights_only=True)
    status.succeeded("training finished", epoch=config.train.num_epochs, kpi=module.kpi)


def _start(config: ExperimentConfig, network: ReIDNetwork, resumed: CheckpointInfo | None) -> str:
    if resumed:
        changes = changes_note(resumed, config)
        return f"resumed from {config.train.resume_training_checkpoint_path}{changes}"
    return start_from_weights(network, config.model, config.encryption_key)


def _announce_all(notes: list[str | None]) -> str:
    """Log each note, a warning as such, and return them as one message."""
    given = [note for note in notes if note]
    for note in given if is_first_process() else ():
        is_warning = note.startswith(_WARNING)
        LOG.log(logging.WARNING if is_warning else logging.INFO, "%s", note.removeprefix(_WARNING))
    return "; ".join(given)
