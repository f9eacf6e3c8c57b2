"""Readers of image files in a container with little shared memory."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from reid_model.config import load_spec
from reid_model.data.inputs import open_inputs
from reid_model.data.shared_memory import fitting_readers

MB = 2**20


def _free(monkeypatch: pytest.MonkeyPatch, megabytes: int) -> None:
    found = SimpleNamespace(f_bavail=megabytes * 256, f_frsize=4096)
    monkeypatch.setattr(os, "statvfs", lambda path: found)


@pytest.mark.parametrize(("free", "fitting"), [(16, 0), (64, 1), (300, 6), (400, 8), (4000, 8)])
def test_as_many_readers_as_half_of_it_holds(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, free: int, fitting: int
) -> None:
    """Each prepares two batches of 12 MB."""
    _free(monkeypatch, free)
    with caplog.at_level(logging.WARNING):
        assert fitting_readers(8, 12 * MB) == fitting
    assert bool(caplog.text) is (fitting < 8)
    if fitting < 8:
        assert f"/dev/shm has room for {fitting} of 8 readers" in caplog.text
        assert "docker run --shm-size=1g" in caplog.text
    assert ("reads them itself" in caplog.text) is (fitting == 0)


def test_a_machine_without_shared_memory_limits_nothing(tmp_path: Path) -> None:
    assert fitting_readers(8, 12 * MB, place=tmp_path / "none") == 8


def test_only_crops_that_are_read_from_files_need_it(
    make_spec: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    spec = make_spec(**{"dataset.num_workers": 2, "dataset.cache_limit_gb": 0.0})
    config = load_spec(spec)
    inputs = open_inputs(config, 1)
    spec["dataset"]["cache_limit_gb"] = 1.0
    cached = load_spec(spec)
    mapped = open_inputs(cached, 1)
    _free(monkeypatch, 0)
    loaders = inputs.loaders(config, rank=0, world_size=1, start=(0, 0), to_gpu=False)
    assert [found.num_workers for found in loaders] == [0, 0]
    assert "the training process reads them itself" in caplog.text
    caplog.clear()
    mapped.loaders(cached, rank=0, world_size=1, start=(0, 0), to_gpu=False)
    assert not caplog.text
