"""Every fault of a spec is told at once, by key, rule and value."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from reid_model.config import load_spec, read_spec, scaled_schedule
from reid_model.config.refusals import leaves
from reid_model.errors import ConfigError

SWIN = {"model.backbone": "swin_tiny_patch4_window7_224", "model.jpm": True}


def test_an_empty_spec_is_the_default_recipe() -> None:
    config = load_spec({})
    assert config.model.backbone == "resnet_50"
    assert config.train.optim.lr_steps == (3, 6)
    assert config.dataset.pixel_std == (0.226, 0.226, 0.226)


def test_all_faults_are_listed_at_once() -> None:
    spec = {
        "train": {"optim": {"base_lr": "slow", "lrsteps": [4]}, "num_epochs": 0},
        "dataset": {"num_instances": 1},
        "model": {"feat_dim": 16.5, "backbone": "resnet50_ibn_a"},
    }
    with pytest.raises(ConfigError) as caught:
        load_spec(spec)
    told = "\n".join(caught.value.faults)
    assert len(caught.value.faults) == 6
    assert "got 'resnet50_ibn_a'; did you mean resnet_50_ibn_a?" in told
    assert "train.optim.base_lr: must be a number, got 'slow'" in told
    assert "train.optim.lrsteps: unknown key; did you mean lr_steps" in told
    assert "train.num_epochs: must be at least 1, got 0" in told
    assert "dataset.num_instances: must be at least 2, got 1" in told
    assert "model.feat_dim: must be a whole number, got 16.5" in told


def test_numbers_in_lists_may_be_written_in_any_way() -> None:
    config = load_spec(
        {
            "train": {"num_epochs": 30, "optim": {"base_lr": "1e-3", "lr_steps": ["1e1", 20]}},
            "dataset": {"pixel_mean": ["4e-1", 0.4, 0.4]},
        }
    )
    assert config.train.optim.base_lr == 0.001
    assert config.train.optim.lr_steps == (10, 20)
    assert config.dataset.pixel_mean == (0.4, 0.4, 0.4)
    with pytest.raises(ConfigError, match="num_epochs: must be a whole number, got '1e-3'"):
        load_spec({"train": {"num_epochs": "1e-3"}})


@pytest.mark.parametrize(
    ("section", "key", "given", "kept"),
    [
        ("train", "num_epochs", 3.0, 3),
        ("train", "num_epochs", "3e1", 30),
        ("train", "grad_clip", "+.5e1", 5.0),
        ("model", "pretrained_model_path", "1e-3", "1e-3"),
        ("train", "grad_clip", 5, 5.0),
        ("dataset", "train_dataset_dir", None, ""),
    ],
)
def test_values_are_converted_where_nothing_is_lost(
    section: str, key: str, given: Any, kept: Any
) -> None:
    found = getattr(getattr(load_spec({section: {key: given}}), section), key)
    assert found == kept
    assert type(found) is type(kept)


@pytest.mark.parametrize(
    "spec",
    [
        {"train": {"num_epochs": True}},
        {"train": {"seed": float("nan")}},
        {"train": {"grad_clip": float("inf")}},
        {"dataset": {"prob": 1.5}},
        {"dataset": {"pixel_mean": [0.5]}},
        {"train": {"gpu_ids": []}},
        {"train": {"gpu_ids": [0, 0]}},
        {"train": {"optim": {"lr_steps": [5, 5]}}},
        {"model": "resnet"},
        {"model": {"pretrain_choice": "self"}},
        {"model": {"id_loss_weight": 0, "triplet_loss_weight": 0}},
    ],
)
def test_illegal_values_are_refused(spec: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        load_spec(spec)


def test_batch_and_instances_are_both_named() -> None:
    with pytest.raises(ConfigError, match=r"batch_size 30 .* dataset.num_instances 4"):
        load_spec({"dataset": {"batch_size": 30}})


def test_a_batch_of_one_person_is_refused() -> None:
    alone = {"batch_size": 4, "num_instances": 4}
    with pytest.raises(ConfigError, match=r"dataset.batch_size 4 is dataset.num_instances 4"):
        load_spec({"dataset": alone})
    load_spec({"dataset": {"batch_size": 4, "sampler": "softmax"}})


@pytest.mark.parametrize(
    ("batch_size", "parts", "sampler"),
    [(32, 3, "triplet"), (16, 4, "triplet"), (24, 4, "triplet"), (6, 4, "softmax")],
)
def test_each_part_of_a_batch_must_be_a_batch(batch_size: int, parts: int, sampler: str) -> None:
    dataset = {"batch_size": batch_size, "num_instances": 4, "sampler": sampler}
    if sampler == "softmax":
        del dataset["num_instances"]
    with pytest.raises(ConfigError, match=f"train.accumulate {parts} does not cut .* equal micro"):
        load_spec({"dataset": dataset, "train": {"accumulate": parts}})
    load_spec({"dataset": {**dataset, "batch_size": 32}, "train": {"accumulate": 4}})


@pytest.mark.parametrize(
    ("name", "value", "context", "fitting"),
    [
        (
            "model.no_margin",
            True,
            {"model.metric_loss_type": "weighted_triplet"},
            {"model.metric_loss_type": "triplet"},
        ),
        *(
            (name, value, {f"model.{loss}_loss_weight": 0}, {f"model.{loss}_loss_weight": 0.5})
            for name, value, loss in (
                ("model.metric_loss_type", "weighted_triplet", "triplet"),
                ("model.no_margin", True, "triplet"),
                ("train.optim.trp_l2", True, "triplet"),
                ("model.id_loss_type", "arcface", "id"),
                ("model.label_smooth", False, "id"),
                ("model.cos_layer", True, "id"),
            )
        ),
        ("dataset.num_instances", 8, {"dataset.sampler": "softmax"}, {}),
        ("train.optim.cosine_scale", 16.0, {}, {"model.cos_layer": True}),
        ("train.optim.cosine_scale", 16.0, {}, {"model.id_loss_type": "circle"}),
        ("model.feat_dim", 128, SWIN, {**SWIN, "model.reduce_feat_dim": True}),
        ("model.cos_layer", True, {"model.id_loss_type": "arcface"}, {}),
        *(
            (
                f"model.{name}",
                3,
                {**SWIN, "model.re_arrange": False},
                SWIN,
            )
            for name in ("shift_num", "shuffle_group")
        ),
    ],
)
def test_what_cannot_act_is_refused_by_name(
    name: str, value: Any, context: dict[str, Any], fitting: dict[str, Any]
) -> None:
    with pytest.raises(ConfigError, match=f"{name} .* has no effect unless"):
        load_spec(_nested({**context, name: value}))
    load_spec(_nested({**fitting, name: value}))
    load_spec(_nested(context))


@pytest.mark.parametrize(
    "spec",
    [
        {"wandb": {"project": "TAO Toolkit", "tags": ["tao-toolkit"], "sync_tensorboard": True}},
        {"re_ranking": {"k1": 8, "k2": 3, "lambda_value": 0.5}},
        {"train": {"optim": {"lr_monitor": "train_loss"}}},
        {"evaluate": {"checkpoint": "???", "trt_engine": "", "batch_size": -1}, "model_name": ""},
        {"train": {"seed": -1, "num_epochs": 10**6}, "dataset": {"val_batch_size": 10**6}},
        {"train": {"optim": {"name": "SGD", "momentum": 1.0, "base_lr": 0, "gamma": 0}}},
        {"train": {"optim": {"bias_lr_factor": 0, "warmup_factor": 0}}},
        {"dataset": {"batch_size": 60, "num_instances": 5}, "model": {"dropout_rate": 1.0}},
    ],
)
def test_what_is_legal_in_tao_is_legal_here(spec: dict[str, Any]) -> None:
    config = load_spec(spec)
    assert config.model_name
    assert config.evaluate.checkpoint == ""


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"evaluate": {"trt_engine": "m.engine"}}, "trt_engine .* TensorRT .* evaluate.checkpoint"),
        ({"inference": {"trt_engine": "m.engine"}}, "trt_engine .* inference.checkpoint"),
        ({"inference": {"batch_size": 0}}, "inference.batch_size must be -1 or at least 1, got 0"),
        ({"evaluate": {"batch_size": -2}}, "evaluate.batch_size: must be at least -1, got -2"),
        ({"dataset": {"num_instances": 3}}, "batch_size 64 is not a multiple of .* 3"),
        (
            {"wandb": {"enable": True, "sync_tensorboard": True}},
            "has no effect unless train.loggers",
        ),
    ],
)
def test_what_this_trainer_lacks_is_refused_with_the_reason(
    spec: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        load_spec(spec)


def _nested(dotted: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = {}
    for name, value in dotted.items():
        *sections, last = name.split(".")
        node = spec
        for section in sections:
            node = node.setdefault(section, {})
        node[last] = value
    return spec


def test_a_warmup_longer_than_the_run_names_both_keys() -> None:
    spec = {"train": {"num_epochs": 5, "optim": {"lr_steps": [3], "warmup_iters": 6}}}
    with pytest.raises(ConfigError, match=r"warmup_iters 6 is longer than train.num_epochs 5"):
        load_spec(spec)


@pytest.mark.parametrize("budget", [1, 2, 5, 10, 30, 69, 70, 71, 100])
def test_the_default_schedule_fits_any_budget(budget: int) -> None:
    schedule = scaled_schedule(load_spec({"train": {"num_epochs": budget}}).train)
    assert list(schedule.milestones) == sorted(set(schedule.milestones))
    assert all(0 < milestone < budget for milestone in schedule.milestones)
    assert schedule.warmup <= budget / 2
    assert schedule.note is not None
    assert "120 epochs" in schedule.note


def test_the_default_schedule_stays_where_it_fits() -> None:
    schedule = scaled_schedule(load_spec({"train": {"num_epochs": 120}}).train)
    assert (schedule.milestones, schedule.warmup, schedule.note) == ((40, 70), 10, None)


def test_milestones_that_the_user_gave_are_taken_as_written() -> None:
    given = {"num_epochs": 10, "optim": {"lr_steps": [8, 4], "warmup_iters": 3}}
    schedule = scaled_schedule(load_spec({"train": given}).train)
    assert (schedule.milestones, schedule.warmup, schedule.note) == ((4, 8), 3, None)


@pytest.mark.parametrize(
    ("epochs", "optim", "milestones", "warmup"),
    [
        (10, {"lr_steps": [5, 8]}, (5, 8), 1),
        (8, {"lr_steps": [5]}, (5,), 1),
        (71, {}, (24, 41), 6),
        (240, {}, (80, 140), 20),
        (60, {"warmup_iters": 3}, (20, 35), 3),
        (60, {"warmup_method": "cosine"}, (20, 35), 10),
        (100, {"lr_steps": [40, 70]}, (40, 70), 8),  # the user's own, though it is the default
        (60, {"warmup_iters": 10}, (20, 35), 10),
    ],
)
def test_each_length_left_out_is_scaled_by_itself(
    epochs: int, optim: dict[str, Any], milestones: tuple[int, ...], warmup: int
) -> None:
    schedule = scaled_schedule(load_spec({"train": {"num_epochs": epochs, "optim": optim}}).train)
    assert (schedule.milestones, schedule.warmup) == (milestones, warmup)


LENGTHS = {"lr_steps": [40, 70], "warmup_iters": 10, "warmup_epochs": 20}


@pytest.mark.parametrize(
    ("optim", "milestones", "warmup"),
    [
        ({}, (20, 35), 5),  # a complete template
        ({"lr_steps": [30]}, (30,), 5),
        ({"warmup_epochs": 10}, (40, 70), 10),  # a sweep's trial that drew the defaults
        ({"warmup_epochs": 10, "lr_steps": [20, 35]}, (20, 35), 10),
    ],
)
def test_a_complete_spec_is_scaled_once(
    optim: dict[str, Any], milestones: tuple[int, ...], warmup: int
) -> None:
    train = {"num_epochs": 60, "optim": LENGTHS | optim}
    config = load_spec({"train": train})
    schedule = scaled_schedule(config.train)
    assert (schedule.milestones, schedule.warmup) == (milestones, warmup)
    assert load_spec(asdict(config)) == config


def test_a_passphrase_may_lie_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY_OF_THE_TEST", "open sesame")
    assert load_spec({"encryption_key": "env:KEY_OF_THE_TEST"}).encryption_key == "open sesame"
    assert load_spec({"encryption_key": "open env:sesame"}).encryption_key == "open env:sesame"
    monkeypatch.delenv("KEY_OF_THE_TEST")
    with pytest.raises(ConfigError, match="'env:KEY_OF_THE_TEST' .* is not set"):
        load_spec({"encryption_key": "env:KEY_OF_THE_TEST"})


def test_overrides_are_yaml_and_reach_nested_keys(tmp_path: Path) -> None:
    file = tmp_path / "spec.yaml"
    file.write_text("train: {num_epochs: 3}\n")
    spec = read_spec(file, ["train.optim.lr_steps=[1, 2]", "model.no_margin=true", "train.seed=7"])
    assert spec["train"] == {"num_epochs": 3, "optim": {"lr_steps": [1, 2]}, "seed": 7}
    assert spec["model"] == {"no_margin": True}


@pytest.mark.parametrize(
    ("text", "words"),
    [("a: [1", "is not YAML"), ("- 1\n", "must hold a mapping"), (None, "does not exist")],
)
def test_a_bad_spec_file_is_one_clear_error(tmp_path: Path, text: str | None, words: str) -> None:
    file = tmp_path / "spec.yaml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ConfigError, match=words):
        read_spec(file)


def test_leaves_cover_the_packaged_key_list() -> None:
    names = [name for name, _ in leaves(load_spec({}))]
    assert len(names) == len(set(names))
    assert {"model.devide_length", "train.cudnn.benchmark", "wandb.run_id"} <= set(names)
