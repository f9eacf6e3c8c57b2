"""Trains each published recipe for two epochs on the demo's crops, by the command line.

    python experiments/benchmarks/training/recipes.py           # a table; half an hour on 2 cores
    python experiments/benchmarks/training/recipes.py bot sbs   # these alone
    python experiments/benchmarks/training/recipes.py --ids 16  # on a third of the persons

Crops, batches, losses and augmentation are the recipe's, the network is the smallest of its kind,
without starting weights, and the schedule is cut down: two epochs cannot tell how good a recipe is,
only that all of it runs. The crops are those of `make demo`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from reid_model.config.recipes import RECIPES, recipe_text
from reid_model.synthetic import make_data

SMALL = {
    # Non-local blocks are those of ResNet-50 and larger ones.
    "resnet_50": ("resnet_18", {"model.feat_dim": 512, "model.non_local": False}),
    "swin_base_patch4_window7_224": ("swin_tiny_patch4_window7_224", {}),
    "timm:vit_base_patch16_224": ("timm:vit_tiny_patch16_224", {}),
    "timm:vit_base_patch16_clip_224.openai": ("timm:vit_tiny_patch16_224", {}),
}
SHORT = {
    "train.optim.warmup_iters": 0,
    "train.optim.warmup_epochs": 0,
    "train.optim.cosine_start": 0,
    "model.freeze_epochs": 1,
}
SPLITS = ("train", "query", "test")
HEAD = (
    "| recipe | network here | loss of epoch 1, 2 | rank 1 | mAP | seconds |\n"
    "|---|---|---|---:|---:|---:|\n"
)


def changes(name: str) -> dict[str, Any]:
    """What is changed of a recipe, by dotted key."""
    values = RECIPES[name].values
    backbone, more = SMALL.get(values["model.backbone"], (values["model.backbone"], {}))
    short = {key: value for key, value in SHORT.items() if values.get(key)}
    always = {"model.backbone": backbone, "model.pretrain_choice": "none", "train.num_epochs": 2}
    return {**always, **more, **short}


def trained(name: str, data: Path, folder: Path) -> str:
    """One row of the table."""
    spec = folder / f"{name}.yaml"
    spec.write_text(recipe_text(name), encoding="utf-8")
    given = {f"dataset.{split}_dataset_dir": data / f"sample_{split}" for split in SPLITS}
    given |= changes(name) | {"results_dir": folder / name}
    words = [f"{key}={value}" for key, value in given.items()]
    command = [sys.executable, "-m", "reid_model.cli", "train", "-e", str(spec), *words]
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - began
    lines = (folder / name / "status.json").read_text(encoding="utf-8").splitlines()
    records = (json.loads(line) for line in lines)
    epochs = [record["kpi"] for record in records if record["status"] == "RUNNING"]
    losses = ", ".join(f"{epoch['train_loss']:.2f}" for epoch in epochs)
    last = epochs[-1]
    return (
        f"| `{name}` | `{changes(name)['model.backbone']}` | {losses} |"
        f" {last['cmc_rank_1']:.2f} | {last['mAP']:.2f} | {seconds:.0f} |\n"
    )


def main() -> None:
    """Print a row as soon as its recipe has trained."""
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", default=list(RECIPES))
    parser.add_argument("--ids", type=int, default=48, help="persons, half of them to train on")
    asked = parser.parse_args()
    sys.stdout.write(HEAD)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        make_data(folder / "data", ids=asked.ids, cameras=3, images_per_camera=4,
                  height=48, width=24, seed=7, tar=False)  # fmt: skip
        for name in asked.names:
            sys.stdout.write(trained(name, folder / "data", folder))
            sys.stdout.flush()


if __name__ == "__main__":
    main()
