"""The card of an exported network: figures with their interval, and what is unknown said so."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from reid_model.actions.exported.model_card import ExportInfo, model_card
from reid_model.actions.training.restore import Restored
from reid_model.config import load_spec
from reid_model.models.network import ReIDNetwork
from reid_model.models.weights.checkpoint import CheckpointInfo

SPEC = load_spec(
    {
        "results_dir": "/home/anna/out",
        "encryption_key": "correct horse",
        "model": {"backbone": "resnet_18", "feat_dim": 32, "pretrain_choice": "none"},
        "dataset": {
            "train_dataset_dir": "/home/anna/market/train",
            "query_dataset_dir": "/home/anna/market/query",
            "test_dataset_dir": "/home/anna/market/test",
        },
        "train": {"num_epochs": 30, "optim": {"base_lr": 0.002}},
    }
)
KPI = {
    "cmc_rank_1": 0.9,
    "cmc_rank_1_se": 0.06,
    "mAP": 0.75,
    "mAP_se": 0.01,
    "cmc_rank_1_resolution": 0.01,
}


def _card(kpi: Mapping[str, float] | None, held_out: tuple[int, ...] = ()) -> str:
    info = kpi is not None and CheckpointInfo(
        spec=SPEC,
        num_classes=751,
        num_cameras=6,
        next_epoch=12,
        batches_done=0,
        world_size=1,
        kpi=kpi,
        held_out=held_out,
    )
    restored = Restored(ReIDNetwork(SPEC.model, 5), SPEC, "", info or None)
    return model_card("m.onnx", restored, ExportInfo(1e-6, 5_000_000, 32), "epoch_12.pth", None)


def test_figures_have_their_interval_and_their_source() -> None:
    card = _card(KPI)
    assert "| cmc_rank_1 | 0.9000 | 0.7824 to 1.0000 |" in card
    assert "| mAP | 0.7500 | 0.7304 to 0.7696 |" in card
    assert "Measured on `market/query` against `market/test`, protocol cross_camera." in card
    assert "after epoch 12" in card
    assert "12 of 30 epochs" in card
    assert "    train.optim.base_lr: 0.002" in card
    assert "- trained on: `market/train`" in card


def test_held_out_identities_are_what_was_scored() -> None:
    assert "Measured on 2 identities held out of the training set" in _card(KPI, (7, 9))


def test_an_error_of_zero_is_no_interval() -> None:
    card = _card({**KPI, "cmc_rank_1": 1.0, "cmc_rank_1_se": 0.0})
    assert (
        "| cmc_rank_1 | 1.0000 | unknown: all queries scored alike; one query is 0.0100 of rank-1 |"
        in card
    )


@pytest.mark.parametrize(("kpi", "count"), [(None, 3), ({}, 1)])
def test_what_is_not_known_is_called_unknown(kpi: Mapping[str, float] | None, count: int) -> None:
    card = _card(kpi)
    assert "## Metric\n\n- unknown" in card
    assert card.count("\n- unknown") + card.count("data: unknown") == count


@pytest.mark.parametrize("kpi", [None, KPI])
def test_neither_secrets_nor_folders_of_the_machine_are_told(
    kpi: Mapping[str, float] | None,
) -> None:
    card = _card(kpi)
    assert "correct horse" not in card
    assert "anna" not in card
    assert str(Path.home()) not in card
