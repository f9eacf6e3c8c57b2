"""Loggers write below results_dir, and a missing package is one clear error."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytorch_lightning.loggers.logger import DummyLogger

from reid_model.actions import loggers
from reid_model.actions.loggers import build_loggers
from reid_model.actions.train import run
from reid_model.config import load_spec
from reid_model.errors import ConfigError

MakeSpec = Callable[..., dict[str, Any]]


def test_csv_and_tensorboard_hold_the_figures(make_spec: MakeSpec, tmp_path: Path) -> None:
    run(make_spec(**{"train.loggers": ["csv", "tensorboard"]}))
    rows = (tmp_path / "run/csv/metrics.csv").read_text().splitlines()
    assert {"cmc_rank_1", "mAP", "train_loss", "step"} <= set(rows[0].split(","))
    assert len(rows) == 3
    assert list((tmp_path / "run/tensorboard").glob("events.out.tfevents.*"))


def test_wandb_without_its_package_is_refused_before_anything_is_written(
    make_spec: MakeSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "wandb" else known(name)
    )
    with pytest.raises(ConfigError, match="wandb.enable is true but wandb is not installed"):
        run(make_spec(**{"wandb.enable": True}))
    assert not (tmp_path / "run").exists()


class BrokenLogger(DummyLogger):
    """Connects, then loses the network."""

    def __init__(self, **options: Any) -> None:
        super().__init__()

    def log_metrics(self, *args: Any, **options: Any) -> None:
        raise ConnectionError("the network\nis down")


@pytest.fixture
def wandb_options(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """What a fake wandb is told on a machine where nobody has logged in."""
    told: dict[str, Any] = {}

    def fake(**options: Any) -> DummyLogger:
        told.update(options)
        return DummyLogger()

    for name in ("WANDB_API_KEY", "WANDB_MODE", "WANDB_BASE_URL", "NETRC"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("pytorch_lightning.loggers.WandbLogger", fake)
    return told


ENTRY = "machine {} login user password secret\n"


@pytest.mark.parametrize(
    ("variables", "netrc", "offline"),
    [
        ({}, None, True),
        ({}, ENTRY.format("example.org"), True),
        ({}, "machine", True),
        ({}, ENTRY.format("api.wandb.ai"), False),
        ({"WANDB_API_KEY": "secret"}, None, False),
        ({"WANDB_API_KEY": ""}, None, True),
        ({"WANDB_MODE": "disabled"}, None, False),
        ({"WANDB_BASE_URL": "https://own.example.org/"}, ENTRY.format("api.wandb.ai"), True),
        ({"WANDB_BASE_URL": "https://own.example.org/"}, ENTRY.format("own.example.org"), False),
    ],
)
def test_wandb_is_offline_only_where_nobody_logged_in(
    make_spec: MakeSpec,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    wandb_options: dict[str, Any],
    variables: dict[str, str],
    netrc: str | None,
    offline: bool,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    if netrc is not None:
        (tmp_path / ".netrc").write_text(netrc)
    build_loggers(load_spec(make_spec(**{"wandb.enable": True})))
    assert wandb_options["offline"] is offline


def _cannot_start(**options: Any) -> None:
    raise PermissionError("wandb: bad API key")


@pytest.mark.parametrize(
    ("fake", "words"), [(BrokenLogger, "the network is down"), (_cannot_start, "bad API key")]
)
def test_a_failing_logger_is_told_once_and_ends_nothing(
    make_spec: MakeSpec,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    fake: Any,
    words: str,
) -> None:
    monkeypatch.setattr("pytorch_lightning.loggers.WandbLogger", fake)
    monkeypatch.setattr(loggers.importlib.util, "find_spec", lambda name: object())
    records: list[dict[str, Any]] = []
    run(make_spec(**{"wandb.enable": True}), records.append)
    assert records[-1]["status"] == "SUCCESS"
    told = capsys.readouterr().err
    assert told.count("the Weights & Biases logger failed") == 1
    assert words in told
