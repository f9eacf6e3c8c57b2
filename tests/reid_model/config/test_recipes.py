"""Published recipes: what they set, that each trains, and the command that writes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import timm
import yaml
from click.testing import CliRunner
from networks import small_swin

from reid_model.actions import train
from reid_model.cli import cli
from reid_model.config import load_spec
from reid_model.config.recipes import RECIPES, recipe_spec, recipe_text
from reid_model.module import rate_schedule

NO_REDUCTION = {"model.feat_dim": 256}  # the default; it has no effect
TINY_VIT = {**NO_REDUCTION, "model.backbone": "timm:vit_tiny_patch16_224"}
# The smallest network of each recipe's kind, and crops that it takes.
SMALL: dict[str, dict[str, Any]] = {
    "resnet_50": {
        "model.backbone": "resnet_18",
        "model.feat_dim": 512,
        "model.non_local": False,
    },
    "swin_base_patch4_window7_224": {
        **NO_REDUCTION,
        "model.backbone": "swin_tiny_patch4_window7_224",
        "model.input_height": 64,
        "model.input_width": 64,
    },
    "timm:vit_base_patch16_224": TINY_VIT,
    "timm:vit_base_patch16_clip_224.openai": TINY_VIT,
    "osnet_x0_25": {"model.feat_dim": 32},
}
TINY = {
    "model.input_height": 64,
    "model.input_width": 32,
    "dataset.batch_size": 16,
    "dataset.num_instances": 4,
    "train.num_epochs": 1,
    "train.optim.warmup_iters": 0,
    "train.optim.warmup_epochs": 0,
    "train.optim.cosine_start": 0,
}


def rates(name: str, epochs: list[float]) -> list[float]:
    config = load_spec(recipe_spec(name))
    schedule = rate_schedule(config)
    return [config.train.optim.base_lr * schedule.factor(epoch) for epoch in epochs]


def test_bag_of_tricks_drops_tenfold_at_40_and_70() -> None:
    expected = [3.5e-6, 3.5e-4, 3.5e-4, 3.5e-5, 3.5e-5, 3.5e-6, 3.5e-6]
    assert rates("bot", [0, 10, 39.9, 40, 69.9, 70, 120]) == pytest.approx(expected)


def test_the_stronger_baseline_is_flat_to_30_and_ends_at_7e_7() -> None:
    expected = [3.5e-5, 3.5e-4, 3.5e-4, (3.5e-4 + 7e-7) / 2, 7e-7]
    assert rates("sbs", [0, 10, 30, 45, 60]) == pytest.approx(expected)


def test_the_stronger_baseline_varies_and_freezes_as_published() -> None:
    """AUTOAUG.PROB 0.1; FREEZE_ITERS 1000 of Market-1501's 202 steps an epoch."""
    config = load_spec(recipe_spec("sbs"))
    assert config.dataset.auto_augment_prob == 0.1
    assert (config.model.freeze, config.model.freeze_epochs) == ("backbone", 5)
    others = (load_spec(recipe_spec(name)).dataset for name in RECIPES if name != "sbs")
    assert {data.auto_augment_prob for data in others} == {0.0}


@pytest.mark.parametrize("name", ["transreid", "solider"])
def test_a_transformers_rate_ends_at_a_five_hundredth(name: str) -> None:
    top = load_spec(recipe_spec(name)).train.optim.base_lr
    assert rates(name, [0, 120]) == pytest.approx([0.01 * top, 0.002 * top])


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_a_whole_spec_that_reads_back(name: str) -> None:
    assert yaml.safe_load(recipe_text(name)) == recipe_spec(name)
    load_spec(recipe_spec(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", RECIPES)
def test_each_recipe_trains(
    make_spec: Callable[..., dict[str, Any]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    real = timm.create_model
    monkeypatch.setattr(
        timm,
        "create_model",
        lambda which, **given: (small_swin.create_model if "swin" in which else real)(
            which, **given
        ),
    )
    values = RECIPES[name].values
    schedule = {key: TINY[key] for key in TINY if key in values}
    train.run(make_spec(**{**values, **schedule, **SMALL[str(values["model.backbone"])]}))
    assert (tmp_path / "run/train/reid_model_latest.pth").is_file()


def test_the_command_prints_a_recipe_or_lists_all() -> None:
    def told(*arguments: str) -> str:
        return CliRunner().invoke(cli, ["recipe", *arguments]).output

    assert yaml.safe_load(told("agw"))["model"]["metric_loss_type"] == "weighted_triplet"
    assert [line.split()[0] for line in told().splitlines()] == list(RECIPES)
    assert "is none of bot, agw" in told("sbss")


def test_training_takes_a_recipe_by_name_and_overrides_win(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[dict[str, Any]] = []
    monkeypatch.setattr("reid_model.actions.train.run", seen.append)

    def told(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli, ["train", *arguments])
        return result.exit_code, result.output

    assert told("--recipe", "fast", "train.num_epochs=2")[0] == 0
    (spec,) = seen
    assert spec["train"].pop("num_epochs") == 2
    wanted = recipe_spec("fast")
    del wanted["train"]["num_epochs"]
    assert spec == wanted
    code, said = told("--recipe", "bog")
    assert (code, "'bog' is none of bot, agw" in said) == (2, True)
    for both in (("--recipe", "bot", "-e", str(tmp_path / "a.yaml")), ()):
        code, said = told(*both)
        assert (code, "-e FILE, or --recipe NAME" in said) == (2, True)
    assert len(seen) == 1
