"""Every key of the train spec acts or is refused by name, for each family of backbones.

``python experiments/knobs.py`` prints the list: key, family, what it changed or why it is refused.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from knob_observation import OBSERVERS, Observation
from networks import small_swin

from reid_model.config import ExperimentConfig
from reid_model.config.keys import keys_of
from reid_model.config.refusals import is_among, leaves
from reid_model.errors import BadInputError
from reid_model.models.weights import pretrained

pytestmark = pytest.mark.slow

MakeSpec = Callable[..., dict[str, Any]]

FAMILIES = {
    "resnet": {"model.backbone": "resnet_18"},
    "osnet": {},
    "swin": {
        "model.backbone": "swin_tiny_patch4_window7_224",
        "model.input_height": 64,
        "model.input_width": 64,
        "model.reduce_feat_dim": True,
    },
    "vit": {
        "model.backbone": "timm:vit_tiny_patch16_224",
        "model.input_height": 64,
        "model.input_width": 64,
        "model.reduce_feat_dim": True,
    },
}
KEYS = dict(keys_of(ExperimentConfig))
DEFAULTS = dict(leaves(ExperimentConfig()))
OTHER_ACTIONS = ("evaluate.", "inference.", "export.", "re_ranking.")
NO_EFFECT = "train.optim.lr_monitor"  # in TAO neither: kept for its specs
TRAIN_KEYS = [name for name in KEYS if not name.startswith(OTHER_ACTIONS) and name != NO_EFFECT]
RUN_KEYS = {
    "model_name",
    "encryption_key",
    "results_dir",
    "model.freeze",
    "model.freeze_epochs",
    "model.freeze_stages",
    *(
        f"train.{name}"
        for name in (
            "num_epochs",
            "checkpoint_interval",
            "checkpoint_interval_unit",
            "validation_interval",
            "results_dir",
            "save_top_k",
            "checkpoint_metric",
            "ema_decay",
            "loggers",
            "grad_clip",
            "compile",
            "precision",
            "resume_training_checkpoint_path",
        )
    ),
}
VALUES: dict[str, Any] = {
    "encryption_key": "secret",
    "model_name": "other",
    "results_dir": "{tmp}/elsewhere/run",
    "train.results_dir": "{tmp}/case/weights",
    "model.pretrained_model_path": "/missing.pth",
    "model.input_width": 32,
    "model.input_height": 96,
    "model.feat_dim": 48,
    "model.patch_stride": 12,
    "model.stride_size": [12, 12],
    "model.devide_length": 2,
    "model.shift_num": 6,
    "model.sie_coe": 1.0,
    "dataset.train_dataset_dir": "/nowhere",
    "dataset.test_dataset_dir": "/nowhere",
    "dataset.query_dataset_dir": "/nowhere",
    "dataset.extra_train_dirs": ["/nowhere"],
    "dataset.holdout": 0.25,
    "dataset.num_classes": 5,
    "dataset.batch_size": 8,
    "dataset.val_batch_size": 9,
    "dataset.num_workers": 1,
    "dataset.cache_dir": "{tmp}/cache",
    "dataset.cache_limit_gb": 0.0,
    "dataset.pixel_mean": [0.1, 0.2, 0.3],
    "dataset.pixel_std": [0.3, 0.2, 0.1],
    "dataset.padding": 1,
    "dataset.num_instances": 2,
    "dataset.sampler": "softmax",
    "train.gpu_ids": [2],
    "train.checkpoint_interval": 3,
    "train.save_top_k": 0,
    "train.checkpoint_metric": "train_loss",
    "train.ema_decay": 0.5,
    "train.loggers": ["csv"],
    "train.resume_training_checkpoint_path": "/missing.pth",
    "train.optim.lr_steps": [3],
    "train.optim.cosine_start": 12,
    "train.optim.final_lr": 1e-5,
    "train.accumulate": 2,
    "train.precision": "bf16-mixed",
    "train.grad_clip": 0.001,
    "wandb.tags": ["a"],
}
# What else must be set for a key to have something to act on.
CONTEXTS: dict[str, dict[str, Any]] = {
    "model.pretrained_partial": {
        "model.pretrain_choice": "self",
        "model.pretrained_model_path": "partial.pth",
        "model.pretrained_partial": True,
    },
    "train.accumulate": {"dataset.num_instances": 2},
    "dataset.holdout_seed": {"dataset.holdout": 0.25},
    "model.shuffle_group": {"model.jpm": True, "model.devide_length": 2},
    "model.shift_num": {"model.jpm": True, "model.devide_length": 2},
    "model.re_arrange": {"model.jpm": True, "model.devide_length": 2},
    "model.jpm": {"model.devide_length": 4},
    "wandb.sync_tensorboard": {"train.loggers": ["tensorboard"]},
    "train.checkpoint_interval_unit": {"train.checkpoint_interval": 3},
}


# What must change together with a key.
TOGETHER: dict[str, dict[str, Any]] = {
    "model.input_channels": {"dataset.pixel_mean": [0.5], "dataset.pixel_std": [0.2]},
    "model.pretrained_model_path": {"model.pretrain_choice": "self"},
}
# Values that must differ by family.
BACKBONES = {
    "resnet": "resnet_34",
    "osnet": "osnet_x1_0",
    "swin": "swin_small_patch4_window7_224",
    "vit": "timm:vit_small_patch16_224",
}
OBSERVED: dict[str, Observation] = {}


def _other_value(name: str, family: str, given: Any) -> Any:
    key = KEYS[name]
    if name == "model.backbone":
        return BACKBONES[family]
    if name in VALUES:
        return VALUES[name]
    if isinstance(given, bool):
        return not given
    if key.enum:
        return next((value for value in key.enum if value != given), "another")
    if isinstance(given, str):
        return "other"
    higher = given + 1 if isinstance(given, int) else given * 1.5 + 0.25
    top = key.maximum if key.maximum is not None else key.below
    return higher if top is None or higher < top else given / 2


def _observer(name: str) -> str:
    if name in RUN_KEYS:
        return "trained"
    if name.startswith("wandb."):
        return "logged"
    if name == "dataset.num_workers":
        return "workers"
    if name.startswith("dataset.cache_"):
        return "cached"
    devices = ("train.num_gpus", "train.gpu_ids", "train.num_nodes")
    return "devices" if name in devices else "built"


def _contexts(name: str, family: str) -> list[dict[str, Any]]:
    """As the family is, and with what else must be set for the key to have something to act on."""
    backbone = FAMILIES[family].get("model.backbone", "osnet_x0_25")
    fitting = [
        {parent: values[0] for parent, values in one.items() if parent != "model.backbone"}
        for one in KEYS[name].alternatives or ({},)
        if is_among(backbone, one.get("model.backbone", (backbone,)))
    ]
    wanted = [{**one, **CONTEXTS.get(name, {})} for one in fitting]
    rests = name.startswith("wandb.") and name != "wandb.enable"  # while W&B is off
    # and while nothing is held out, or no file is named
    at_rest = rests or name in ("dataset.holdout_seed", "model.pretrained_partial")
    return [*([] if at_rest else [{}]), *filter(None, wanted)]


def _observed(name: str, spec: dict[str, Any], folder: Path) -> Observation:
    text = copy.deepcopy(spec)
    for section in (text, text["train"], text["dataset"]):
        for key in {"results_dir", "cache_dir"} & set(section):
            section[key] = section[key].replace("{tmp}", str(folder))
    return OBSERVERS[_observer(name)](text, folder)


def _before(name: str, spec: dict[str, Any], folder: Path) -> Observation:
    """What happens without the change; the same for many keys, so observed once."""
    place = _observer(name) + repr(spec)
    if place not in OBSERVED:
        OBSERVED[place] = _observed(name, spec, folder)
    return OBSERVED[place]


def _effect(name: str, base: dict[str, Any], changed: dict[str, Any], folder: Path) -> str:
    """The names of what changed, or the refusal."""
    before = _before(name, base, folder / "a")
    try:
        after = _observed(name, changed, folder / "b")
    except BadInputError as exc:
        told = " ".join(str(exc).removeprefix("the spec cannot be used").split())
        return f"refused: {told.removeprefix('- ')}"
    found = sorted(part for part in before if before[part] != after[part])
    return f"acts: {', '.join(found)}" if found else "nothing"


# What of the optimiser depends on how a network names its parameters.
BY_NETWORK = {
    f"train.optim.{name}"
    for name in ("bias_lr_factor", "weight_decay", "weight_decay_bias", "large_fc_lr")
}


def _families(name: str) -> list[str]:
    """All where the network has a part in it; experiments/knobs.py sets KNOBS=all for the rest."""
    if _observer(name) != "built":
        return ["osnet"]
    wanted = name.startswith("model.") or name in BY_NETWORK or os.environ.get("KNOBS") == "all"
    return list(FAMILIES) if wanted else ["osnet"]


@pytest.fixture(autouse=True)
def _small_and_offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Small Swins and ViTs, and no published weights, whatever this machine's cache holds.

    In the current folder, a file with one tensor of each family's backbone.
    """
    monkeypatch.chdir(tmp_path)
    tensors = {
        "conv1.weight": torch.ones(64, 3, 7, 7),
        "conv1.conv.weight": torch.ones(16, 3, 7, 7),
        "patch_embed.norm.weight": torch.full((small_swin.WIDTH,), 0.5),
        "cls_token": torch.full((1, 1, small_swin.WIDTH), 0.5),
    }
    torch.save(tensors, "partial.pth")
    monkeypatch.setattr(timm, "create_model", small_swin.create_model)
    for finds in ("_imagenet_file", "timm_file"):
        monkeypatch.setattr(pretrained, finds, lambda backbone: "no downloads in tests")


CASES = [(name, family) for name in TRAIN_KEYS for family in _families(name)]


@pytest.mark.parametrize(("name", "family"), CASES)
def test_every_key_acts_or_is_refused(
    make_spec: MakeSpec,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
    name: str,
    family: str,
) -> None:
    told = []
    for context in _contexts(name, family):
        epochs = 3 if _observer(name) == "trained" else 24
        common = {"results_dir": "{tmp}/case/run", "train.num_epochs": epochs}
        common |= {**FAMILIES[family], **context}
        base = make_spec(**common)
        other = {name: _other_value(name, family, _given(base, name)), **TOGETHER.get(name, {})}
        changed = make_spec(**{**common, **other})
        told.append(_effect(name, base, changed, tmp_path / str(len(told))))
    shown = family if _observer(name) == "built" else "any"
    record_property("knob", (name, shown, " / ".join(told)))
    assert "nothing" not in told
    assert all(name in words for words in told if words.startswith("refused"))


def _given(spec: dict[str, Any], name: str) -> Any:
    node: Any = spec
    for part in name.split("."):
        node = node.get(part) if isinstance(node, dict) else None
    return DEFAULTS[name] if node is None else node


def test_the_walk_covers_the_whole_schema() -> None:
    assert len(TRAIN_KEYS) > 90
    others = set(KEYS) - set(TRAIN_KEYS)
    assert all(name.startswith(OTHER_ACTIONS) or name == NO_EFFECT for name in others)
    assert set(VALUES) | set(CONTEXTS) | set(TOGETHER) | RUN_KEYS | BY_NETWORK <= set(KEYS)
