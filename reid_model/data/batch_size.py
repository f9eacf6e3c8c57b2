"""Fits the training batch to the data: what is at its default is lowered, else an error."""

from __future__ import annotations

from dataclasses import replace

from reid_model.config.dataset import DatasetConfig
from reid_model.config.experiment import ExperimentConfig
from reid_model.data.splits import TrainSplit
from reid_model.errors import DataError


def fit_batch(
    config: ExperimentConfig, split: TrainSplit, world_size: int
) -> tuple[ExperimentConfig, str | None]:
    """``config`` with a ``dataset.batch_size`` that the training set can fill, and a note on it.

    A batch size at its default is lowered. Raises DataError if the training set is too small for
    the one that the spec sets, with the largest that fits, or for any.
    """
    data = config.dataset
    if data.sampler == "softmax":
        _check_crops(len(split.crops), world_size, config.train.accumulate)
        return config, None
    if data.batch_size * world_size // data.num_instances <= split.num_classes:
        return config, None
    fitting = _largest_batch(config, split.num_classes, world_size)
    devices = f" on {world_size} devices" if world_size > 1 else ""
    people = data.batch_size * world_size // data.num_instances
    why = (
        f"dataset.batch_size {data.batch_size}{devices} with dataset.num_instances "
        f"{data.num_instances} needs {people} identities in each batch, but the training set "
        f"has {split.identities}"
    )
    if fitting is None:
        raise DataError(f"{why}; raise num_instances, or use fewer devices or accumulate less")
    if data.batch_size != DatasetConfig.batch_size:
        raise DataError(f"{why}; the nearest batch_size that works is {fitting}")
    fitted = replace(config, dataset=replace(data, batch_size=fitting))
    return fitted, f"dataset.batch_size {fitting} in place of the default: {why}"


def refuse_fitted(wanted: ExperimentConfig, fitted: ExperimentConfig, split: TrainSplit) -> None:
    """Raise DataError if ``fit_batch`` lowered a batch size that somebody asked for."""
    asked, fitting = wanted.dataset.batch_size, fitted.dataset.batch_size
    if asked != fitting:
        raise DataError(
            f"dataset.batch_size {asked} needs more identities than the {split.identities} of the"
            f" training set; the nearest batch_size that works is {fitting}"
        )


def _largest_batch(config: ExperimentConfig, identities: int, world_size: int) -> int | None:
    """The largest batch per device whose identities are there, two at least in each micro-batch."""
    count = config.train.accumulate
    people = identities // world_size // count * count
    return people * config.dataset.num_instances if people >= 2 * count else None


def _check_crops(count: int, world_size: int, accumulate: int) -> None:
    if accumulate > 1 and count < 2 * accumulate * world_size:
        raise DataError(
            f"the training set has {count} crops for {world_size} devices: train.accumulate "
            f"{accumulate} leaves fewer than two crops in a micro-batch; lower it"
        )
    if count < world_size:
        raise DataError(
            f"the training set has {count} crops for {world_size} devices: each needs one at least"
        )
