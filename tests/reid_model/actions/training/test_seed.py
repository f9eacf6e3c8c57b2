"""The seed of a run: the spec's, or one that all its processes share."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from reid_model.actions.train import run
from reid_model.actions.training.isolation import isolated
from reid_model.actions.training.seed import VARIABLE, run_seed, with_seed
from reid_model.config import load_spec
from reid_model.models.weights.files import read_tensors

DRAWN = {"train": {"seed": -1}}


def test_a_seed_of_the_spec_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "7")
    assert run_seed(5) == 5
    config = load_spec({"train": {"seed": 5}})
    assert with_seed(config) == (config, None)


def test_each_run_draws_a_seed_of_its_own_and_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    config, drawn = load_spec(DRAWN), list[int]()
    for _ in range(2):
        with isolated(config.train):
            seeded, note = with_seed(config)
            assert seeded.train.seed == run_seed(-1) == torch.initial_seed()
            assert note == f"train.seed {seeded.train.seed} (drawn, since -1)"
            drawn.append(seeded.train.seed)
    assert drawn[0] != drawn[1]


def test_ranks_of_a_launcher_draw_the_same_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for rank, port in (("0", "29400"), ("1", "29400"), ("0", "29401")):
        monkeypatch.delenv(VARIABLE, raising=False)
        monkeypatch.setenv("RANK", rank)
        monkeypatch.setenv("MASTER_PORT", port)
        found.append(run_seed(-1))
    assert found[0] == found[1] != found[2]


@pytest.mark.slow
def test_a_drawn_seed_is_in_the_checkpoint_and_a_resumed_run_takes_it(
    make_spec: Callable[..., dict[str, Any]], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "reid_model")
    run(make_spec(**{"train.seed": -1, "train.num_epochs": 1}))
    (file,) = (tmp_path / "run/train").glob("model_epoch_001_*.pth")
    seed = read_tensors(file)["reid_model"]["spec"]["train"]["seed"]
    assert f"train.seed {seed} (drawn" in caplog.text
    resume = {"train.resume_training_checkpoint_path": str(file), "train.num_epochs": 2}
    run(make_spec(**{"train.seed": -1}, **resume))
    assert f"train.seed {seed} (from the checkpoint" in caplog.text
