"""A batch size that the training set can fill, or the nearest that works."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reid_model.config import ExperimentConfig, load_spec
from reid_model.data.batch_size import fit_batch
from reid_model.data.splits import (
    read_train_split,
)
from reid_model.errors import DataError


def _folder(root: Path, name: str, *files: str) -> str:
    (root / name).mkdir()
    for file in files:
        (root / name / file).touch()
    return str(root / name)


def _config(folder: str, **dataset: Any) -> ExperimentConfig:
    return load_spec({"dataset": {"train_dataset_dir": folder, **dataset}})


@pytest.fixture
def train_dir(tmp_path: Path) -> str:
    names = ["0007_c1.jpg", "0003_c1.jpg", "0003_c2.jpg", "-1_c1.jpg", "0011_c4.jpg"]
    return _folder(tmp_path, "train", *names)


def test_a_batch_needs_enough_identities(train_dir: str) -> None:
    config = _config(train_dir, batch_size=16, num_instances=4)
    split = read_train_split(config)
    with pytest.raises(DataError, match="needs 4 identities in each batch, .* has 3"):
        fit_batch(config, split, 1)
    with pytest.raises(DataError, match="on 2 devices"):
        fit_batch(_config(train_dir, batch_size=8, num_instances=4), split, 2)
    fit_batch(_config(train_dir, batch_size=12, num_instances=4), split, 1)
    fit_batch(_config(train_dir, batch_size=64, sampler="softmax"), split, 1)


@pytest.mark.parametrize(("num_instances", "fitting"), [(2, 6), (4, 12)])
def test_the_default_batch_is_lowered_to_what_the_data_can_fill(
    train_dir: str, num_instances: int, fitting: int
) -> None:
    config = _config(train_dir, batch_size=64, num_instances=num_instances)
    fitted, note = fit_batch(config, read_train_split(config), 1)
    assert fitted.dataset.batch_size == fitting
    assert f"dataset.batch_size {fitting} in place of the default" in str(note)
    assert fit_batch(fitted, read_train_split(config), 1) == (fitted, None)


def test_a_batch_that_no_size_fits_is_refused(train_dir: str) -> None:
    config = _config(train_dir, batch_size=64, num_instances=4)
    with pytest.raises(DataError, match="on 2 devices .* has 3; raise num_instances, or use fewer"):
        fit_batch(config, read_train_split(config), 2)


def test_a_batch_that_the_user_set_is_refused_with_the_nearest_that_works(train_dir: str) -> None:
    config = _config(train_dir, batch_size=32, num_instances=4)
    with pytest.raises(DataError, match="the nearest batch_size that works is 12"):
        fit_batch(config, read_train_split(config), 1)


def test_shuffled_batches_need_a_crop_for_each_device(train_dir: str) -> None:
    config = _config(train_dir, sampler="softmax")
    split = read_train_split(config)
    fit_batch(config, split, len(split.crops))
    with pytest.raises(DataError, match=r"has \d+ crops for 100 devices"):
        fit_batch(config, split, 100)
