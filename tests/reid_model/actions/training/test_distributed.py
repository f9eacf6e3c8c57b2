"""Two processes train like one: same batches, gathered mining, exact sharded validation."""

from __future__ import annotations

import json
import multiprocessing
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
import yaml
from networks import small_swin
from processes import PATIENCE_S, free_port
from rank_process import train_as_rank

from reid_model.actions.train import run

MakeSpec = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def server() -> Any:
    """Forks processes that have the trainer loaded, which takes longer than their work."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["reid_model.actions.train", "rank_process"])
    return context


def _launch(server: Any, spec: Path, processes: int) -> None:
    """What torchrun does: one process per rank, told by the environment."""
    shared = {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(free_port()),
        "WORLD_SIZE": str(processes),
        "LOCAL_WORLD_SIZE": str(processes),
        "GLOO_SOCKET_IFNAME": "lo",
    }
    logs = [spec.with_suffix(f".{rank}.log") for rank in range(processes)]
    children = []
    for rank, log in enumerate(logs):
        own = {**shared, "RANK": str(rank), "LOCAL_RANK": str(rank), "GROUP_RANK": "0"}
        child = server.Process(target=train_as_rank, args=(spec, own, log))
        child.start()
        children.append(child)
    for child in children:
        child.join(PATIENCE_S)
    told = [log.read_text() for log in logs]
    assert [child.exitcode for child in children] == [0] * processes, "\n".join(told)
    assert "epoch 1/" not in told[1]


def _epochs(folder: Path) -> list[dict[str, float]]:
    records = [json.loads(line) for line in (folder / "status.json").read_text().splitlines()]
    assert [record["status"] for record in records].count("STARTED") == 1
    return [record["kpi"] for record in records if record["status"] == "RUNNING"]


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    checkpoint = torch.load(folder / "train/reid_model_latest.pth", weights_only=True)
    state: dict[str, torch.Tensor] = checkpoint["state_dict"]
    return {name: value.double() for name, value in state.items()}


# Adam scales every gradient to the same size, the noise of the smallest, too.
_NOISE = {"SGD": 0.002, "Adam": 0.02}
SGD = {"train.optim.name": "SGD"}
CENTER = {"model.with_center_loss": True, "model.metric_loss_type": "weighted_triplet"}
CASES: dict[str, dict[str, Any]] = {
    "osnet": {"model.backbone": "osnet_x0_25", **SGD, **CENTER},
    "osnet by adam": {"model.backbone": "osnet_x0_25", "train.optim.name": "Adam"},
    "in parts": {"model.backbone": "osnet_x0_25", "train.accumulate": 2, **SGD},
    "resnet": {"model.backbone": "resnet_18", **SGD, **CENTER},
    "swin": {
        "model.backbone": "swin_tiny_patch4_window7_224",
        "model.reduce_feat_dim": True,
        "model.drop_path": 0.0,  # each process drops paths of its own
        **SGD,
    },
}


@pytest.fixture(scope="module")
def odd_gallery(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gallery that two processes cannot share out evenly."""
    folder = tmp_path_factory.mktemp("odd") / "gallery"
    shutil.copytree(data_dir / "sample_test", folder)
    crops = sorted(folder.iterdir())
    if (len(crops) + len(list((data_dir / "sample_query").iterdir()))) % 2 == 0:
        crops[0].unlink()
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_two_processes_train_like_one(
    server: Any,
    make_spec: MakeSpec,
    odd_gallery: Path,
    tmp_path: Path,
    case: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(timm, "create_model", small_swin.create_model)  # in both ranks, too
    common = {
        **CASES[case],
        "dataset.test_dataset_dir": str(odd_gallery),
        "dataset.num_instances": 2,
        "dataset.val_batch_size": 7,
        # Small, so that float noise does not grow from step to step and losses stay comparable.
        "train.optim.base_lr": 1e-5,
        "train.save_top_k": 0,
    }
    for name, size in (("one", 16), ("two", 8)):
        folder = {"results_dir": str(tmp_path / name), "dataset.batch_size": size}
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(make_spec(**common, **folder)))
    frozen: dict[str, Any] = {"train.optim.base_lr": 1e-30, "results_dir": str(tmp_path / "zero")}
    frozen["train.num_epochs"] = 1  # for the weights that all start with
    run(make_spec(**{**common, **frozen, "dataset.batch_size": 16}))
    run(yaml.safe_load((tmp_path / "one.yaml").read_text()))
    _launch(server, tmp_path / "two.yaml", 2)

    one, two = _epochs(tmp_path / "one"), _epochs(tmp_path / "two")
    assert len(one) == len(two) == 2
    for first, second in zip(one, two, strict=True):
        assert second == pytest.approx(first, rel=1e-4)
    zero, one_end, two_end = (_weights(tmp_path / name) for name in ("zero", "one", "two"))
    assert one_end.keys() == two_end.keys()
    moved = {name: one_end[name] - value for name, value in zero.items() if "running" not in name}
    apart = {name: one_end[name] - two_end[name] for name in moved}
    for name in ("conv1", "patch_embed", "head.classifier"):
        parts = [key for key in moved if name in key and "num_batches" not in key]
        total = sum(float(moved[key].square().sum()) for key in parts)
        error = sum(float(apart[key].square().sum()) for key in parts)
        assert error <= _NOISE[CASES[case]["train.optim.name"]] * total, name
    for name in one_end:
        assert torch.allclose(one_end[name], two_end[name], atol=1e-4, rtol=1e-3), name
    for name in ("zero", "one", "two"):
        shutil.rmtree(tmp_path / name)
