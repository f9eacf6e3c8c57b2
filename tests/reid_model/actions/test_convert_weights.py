"""Weights beside objects: told what they are, and converted without executing anything."""

from __future__ import annotations

import argparse
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from torch import nn

from reid_model.cli import cli
from reid_model.errors import CheckpointError
from reid_model.models.weights.files import read_tensors
from reid_model.models.weights.match import read_weights


def _network() -> nn.Module:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    network.register_buffer("scratch", torch.zeros(2), persistent=False)
    return nn.DataParallel(network)


def _convert(file: Path) -> str:
    found = CliRunner().invoke(cli, ["convert-weights", str(file)], catch_exceptions=False)
    assert found.exit_code == 0
    return found.output


def test_scores_of_numpy_are_read(tmp_path: Path) -> None:
    """torchreid keeps ``rank1`` as a NumPy number beside the weights."""
    scores = {
        "rank1": np.float64(0.5),
        "epoch": np.int64(3),
        "all": np.arange(3),
        "ok": np.bool_(1),
    }
    torch.save({"state_dict": _network().state_dict(), **scores}, tmp_path / "model.pth.tar-3")
    assert len(read_weights(tmp_path / "model.pth.tar-3")) == 7
    assert read_tensors(tmp_path / "model.pth.tar-3")["rank1"] == 0.5


@pytest.mark.parametrize(
    ("held", "what"),
    [
        (lambda: {"args": argparse.Namespace(lr=1), "state_dict": _network().state_dict()},
         "objects beside its tensors (argparse.Namespace)"),
        (_network, "a whole pickled network (torch.nn.parallel.data_parallel.DataParallel)"),
        (lambda: {"path": Path("x"), "net": _network()}, "objects beside its tensors (pathlib."),
    ],
    ids=["arguments", "network", "network in a container"],
)  # fmt: skip
def test_objects_are_named_and_converted(tmp_path: Path, held: Any, what: str) -> None:
    file = tmp_path / "theirs.pth"
    torch.save(held(), file)
    with pytest.raises(CheckpointError) as told:
        read_weights(file)
    assert what in str(told.value)
    assert f"re_identification convert-weights {file}" in str(told.value)
    assert "\x1b" not in str(told.value)
    assert "\n" not in str(told.value)
    assert "7 tensors" in _convert(file)
    found = read_weights(file.with_suffix(".safetensors"))
    expected = _network().state_dict()
    assert {name: it.shape for name, it in found.items()} == {
        name: it.shape for name, it in expected.items()
    }


class _Runs:
    def __init__(self, function: Any, *arguments: Any) -> None:
        self._call = (function, arguments)

    def __reduce__(self) -> Any:
        return self._call


@pytest.mark.parametrize(
    ("function", "arguments"),
    [(os.system, ("touch exploded",)), (subprocess.check_output, (["touch", "exploded"],))],
)
def test_nothing_of_a_file_is_executed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: Any, arguments: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    state = _network().state_dict()
    torch.save({"state_dict": state, "x": _Runs(function, *arguments)}, "bomb.pth")
    found = CliRunner().invoke(cli, ["convert-weights", "bomb.pth"])
    if function is os.system:  # torch refuses the system's own module by name
        assert "would call posix.system" in str(found.exception)
    else:
        assert found.exit_code == 0
        assert len(read_weights(Path("bomb.safetensors"))) == len(state)
    assert not Path("exploded").exists()


def test_an_existing_file_and_a_file_without_a_network(tmp_path: Path) -> None:
    file = tmp_path / "w.pth"
    torch.save({"epoch": 3}, file)
    with pytest.raises(CheckpointError, match="holds no tensors of a network"):
        CliRunner().invoke(cli, ["convert-weights", str(file)], catch_exceptions=False)
    file.with_suffix(".safetensors").write_text("")
    with pytest.raises(CheckpointError, match="exists: name another file with --output"):
        CliRunner().invoke(cli, ["convert-weights", str(file)], catch_exceptions=False)
