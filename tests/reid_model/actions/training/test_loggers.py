"""Loggers write below results_dir, and one that is missing or fails ends no run."""

from __future__ import annotations

import csv
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from pytorch_lightning.loggers.logger import DummyLogger

from reid_model.actions.train import run
from reid_model.actions.training import loggers
from reid_model.actions.training.loggers import build_loggers
from reid_model.actions.training.wandb_run import WandbRun
from reid_model.config import load_spec

MakeSpec = Callable[..., dict[str, Any]]


def test_csv_and_tensorboard_hold_the_figures(make_spec: MakeSpec, tmp_path: Path) -> None:
    run(make_spec(**{"train.loggers": ["csv", "tensorboard"]}))
    rows = (tmp_path / "run/csv/metrics.csv").read_text().splitlines()
    assert {"cmc_rank_1", "mAP", "train_loss", "step", "rate"} <= set(rows[0].split(","))
    assert len(rows) == 3
    assert list((tmp_path / "run/tensorboard").glob("events.out.tfevents.*"))
    spec = yaml.safe_load((tmp_path / "run/csv/hparams.yaml").read_text())
    assert spec["train.optim.base_lr"] == 0.001
    assert "encryption_key" not in spec


def test_a_resumed_run_goes_on_with_the_csv_file(make_spec: MakeSpec, tmp_path: Path) -> None:
    """The second epoch is trained again, as after a death between two checkpoints."""
    run(make_spec(**{"train.loggers": ["csv"], "train.num_epochs": 2}))
    (first,) = (tmp_path / "run/train").glob("model_epoch_001_*.pth")
    resume = {"train.resume_training_checkpoint_path": str(first), "train.validation_interval": 2}
    run(make_spec(**{"train.loggers": ["csv"], "train.num_epochs": 3, **resume}))
    with (tmp_path / "run/csv/metrics.csv").open(newline="") as rows:
        assert [float(row["epoch"]) for row in csv.DictReader(rows)] == [1.0, 2.0, 3.0]


def test_a_run_goes_on_without_wandb_where_it_is_not_installed(
    make_spec: MakeSpec,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    known = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "wandb" else known(name)
    )
    records: list[dict[str, Any]] = []
    run(make_spec(**{"wandb.enable": True, "train.num_epochs": 1}), records.append)
    assert records[-1]["status"] == "SUCCESS"
    assert caplog.text.count("wandb.enable is true but wandb is not installed") == 1


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
    monkeypatch.setattr(loggers, "WandbRun", fake)
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
    assert ("mode" in wandb_options) is offline
    assert wandb_options.get("mode", "offline") == "offline"


def _cannot_start(**options: Any) -> None:
    raise PermissionError("wandb: bad API key")


@pytest.mark.parametrize(
    ("fake", "words"), [(BrokenLogger, "the network is down"), (_cannot_start, "bad API key")]
)
def test_a_failing_logger_is_told_once_and_ends_nothing(
    make_spec: MakeSpec,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    fake: Any,
    words: str,
) -> None:
    monkeypatch.setattr(loggers, "WandbRun", fake)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    records: list[dict[str, Any]] = []
    run(make_spec(**{"wandb.enable": True}), records.append)
    assert records[-1]["status"] == "SUCCESS"
    assert caplog.text.count("the Weights & Biases logger failed") == 1
    assert words in caplog.text


class _Run:
    """The part of a Weights & Biases run that is used here."""

    def __init__(self) -> None:
        self.id, self.rows, self.codes = "x", list[Any](), list[int]()

    def define_metric(self, *names: str, **options: str) -> None:
        pass

    def log(self, row: dict[str, Any]) -> None:
        self.rows.append(row)

    def finish(self, exit_code: int) -> None:
        self.codes.append(exit_code)


@pytest.mark.parametrize(("status", "code"), [("success", 0), ("failed", 1)])
def test_a_run_is_ended_by_whoever_started_it(
    monkeypatch: pytest.MonkeyPatch, status: str, code: int
) -> None:
    started, before = _Run(), _Run()
    package = SimpleNamespace(run=None, init=lambda **options: started)
    monkeypatch.setitem(sys.modules, "wandb", package)
    ours = WandbRun(project="p")
    ours.log_metrics({"mAP": 0.5}, step=7)
    ours.finalize(status)
    assert started.rows == [{"mAP": 0.5, "trainer/global_step": 7}]
    assert started.codes == [code]
    try:
        raise SystemExit(0)  # how a scheduler stops a trial
    except SystemExit:
        ours.finalize("failed")
    assert started.codes == [code, 0]
    package.run, package.init = before, lambda **options: before
    WandbRun(project="p").finalize(status)
    assert before.codes == []


@pytest.mark.slow
def test_the_real_package_works_offline_and_run_after_run(
    make_spec: MakeSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wandb = pytest.importorskip("wandb")
    for name in ("WANDB_API_KEY", "WANDB_MODE", "WANDB_BASE_URL", "NETRC"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    for number in (1, 2):
        folder = tmp_path / str(number)
        run(make_spec(**{"results_dir": str(folder), "wandb.enable": True, "train.num_epochs": 1}))
        assert len(list(folder.glob("wandb/offline-run-*/run-*.wandb"))) == 1
        assert wandb.run is None
