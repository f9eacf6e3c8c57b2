"""Training with held-out identities, as users and the orchestrator meet it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from reid_model.actions.evaluate import run as evaluate
from reid_model.actions.preflight import check
from reid_model.actions.probe import measure
from reid_model.actions.train import run
from reid_model.data.folder import Crop, list_folder
from reid_model.data.holdout import Holdout, hold_out
from reid_model.errors import CheckpointError, DataError

MakeSpec = Callable[..., dict[str, Any]]
HELD = {"dataset.holdout": 0.25, "dataset.batch_size": 8}
NO_TEST_DATA = {"dataset.query_dataset_dir": "", "dataset.test_dataset_dir": "/nowhere"}


def _links(folder: Path, crops: Sequence[Crop]) -> str:
    folder.mkdir()
    for crop in crops:
        (folder / crop.path.name).symlink_to(crop.path)
    return str(folder)


@pytest.fixture
def held_out_run(make_spec: MakeSpec) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A finished training run without test data: its spec and records."""
    spec = make_spec(**HELD, **NO_TEST_DATA, **{"train.num_epochs": 1})
    told: list[dict[str, Any]] = []
    run(spec, told.append)
    return spec, told


@pytest.fixture
def split(data_dir: Path) -> Holdout:
    """What is held out of the training folder."""
    return hold_out(list_folder(data_dir / "sample_train", "folder").crops, 0.25, 0)


def test_the_metrics_are_those_of_the_held_out_identities(
    held_out_run: tuple[dict[str, Any], list[dict[str, Any]]], split: Holdout, tmp_path: Path
) -> None:
    """Evaluating the checkpoint on their crops alone gives the same figures."""
    _, told = held_out_run
    checkpoint = tmp_path / "run/train/reid_model_latest.pth"
    facts = torch.load(checkpoint, weights_only=True)["reid_model"]
    assert facts["num_classes"] == 6
    assert facts["held_out"] == sorted({crop.pid for crop in split.query})
    message = told[0]["message"]
    assert "2 of 8 training identities are held out" in message
    assert "cmc_rank_1 and mAP are measured on them, by 4 queries among 4 gallery crops" in message
    section = {
        "checkpoint": str(checkpoint),
        "query_dataset": _links(tmp_path / "query", split.query),
        "test_dataset": _links(tmp_path / "gallery", split.gallery),
    }
    scored: list[dict[str, Any]] = []
    evaluate({"results_dir": str(tmp_path / "scored"), "evaluate": section}, scored.append)
    kpi = {name: value for name, value in told[-1]["kpi"].items() if name != "train_loss"}
    assert kpi["cmc_rank_1_resolution"] == 1 / 4
    for name, value in kpi.items():
        assert scored[-1]["kpi"][name] == pytest.approx(value, abs=1e-6), name


def test_the_held_out_have_no_part_in_training(
    make_spec: MakeSpec, split: Holdout, tmp_path: Path
) -> None:
    """The same weights as with a training folder that never had them."""
    without = _links(tmp_path / "without", split.kept)
    common = {"dataset.batch_size": 8, "train.num_epochs": 1}
    for name, changed in (
        ("held", {"dataset.holdout": 0.25}),
        ("gone", {"dataset.train_dataset_dir": without}),
    ):
        run(make_spec(**common, **changed, results_dir=str(tmp_path / name)))
    one, two = (
        torch.load(tmp_path / name / "train/reid_model_latest.pth", weights_only=True)["state_dict"]
        for name in ("held", "gone")
    )
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_preflight_and_probe_need_no_test_data(make_spec: MakeSpec) -> None:
    spec = make_spec(**HELD, **NO_TEST_DATA)
    lines = check(spec)
    assert lines[:3] == [
        "train: 24 images of 6 identities, 2 cameras",
        "held-out query: 4 images of 2 identities, 2 cameras",
        "held-out gallery: 4 images of 2 identities, 2 cameras",
    ]
    assert any("2 of 8 training identities are held out" in str(line) for line in lines)
    assert measure(spec)["steps_per_epoch"] == 3  # 24 crops in batches of 8
    with pytest.raises(DataError, match="test_dataset_dir: /nowhere does not exist"):
        check(make_spec(**NO_TEST_DATA))


OTHER_SPLITS: list[tuple[dict[str, Any], str]] = [
    ({"dataset.holdout_seed": 3}, "0.25 with holdout_seed 3 holds out .* with holdout_seed 0 did"),
    ({"dataset.holdout": 0.5}, "dataset.holdout 0.5 with .* than dataset.holdout 0.25 with"),
    ({"dataset.holdout": 0.0}, "dataset.holdout 0 holds out other identities here than"),
]


def test_another_split_cannot_be_resumed(
    make_spec: MakeSpec,
    held_out_run: tuple[dict[str, Any], list[dict[str, Any]]],
    tmp_path: Path,
) -> None:
    latest = str(tmp_path / "run/train/reid_model_latest.pth")
    again = {**HELD, "train.resume_training_checkpoint_path": latest}
    for changed, words in OTHER_SPLITS:
        for act in (run, check):
            with pytest.raises(CheckpointError, match=words) as caught:
                act(make_spec(**{**again, **changed}))
            assert len(caught.value.faults) == 1
    run(make_spec(**again))


def test_weights_that_know_the_held_out_are_warned_of(
    make_spec: MakeSpec,
    held_out_run: tuple[dict[str, Any], list[dict[str, Any]]],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "reid_model")
    weights = str(tmp_path / "run/train/reid_model_latest.pth")
    start = {"model.pretrain_choice": "self", "model.pretrained_model_path": weights}
    same = check(make_spec(**HELD, **start))
    assert not any("was trained on" in str(line) for line in same)
    other = make_spec(**HELD, **start, **{"dataset.holdout_seed": 3})
    warning = next(str(line) for line in check(other) if "was trained on" in str(line))
    assert warning.startswith(f"WARNING: {weights} was trained on")
    assert "of the 2 held-out identities" in warning
    run({**other, "results_dir": str(tmp_path / "other")})
    told = [record for record in caplog.records if "was trained on" in record.message]
    assert [record.levelname for record in told] == ["WARNING"]
