"""Loggers of a sweep hear of trials in plain words, and never end one."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import automl
from automl.errors import InputError
from automl.launch.planning.options.trial import read_loggers
from automl.sweep.loggers import LoggedTrial, TrackingCallback, make_loggers
from automl.sweep.workers.actor import EPOCH, KPI, NUMBER, VALUES

TRIAL = SimpleNamespace(config={NUMBER: 7, VALUES: {"train.lr": 0.1}})


class Listening:
    """A logger of Tune's kind that keeps what it hears, and breaks when it is told to."""

    def __init__(self, breaks: str = "") -> None:
        self.heard: list[Any] = []
        self._breaks = breaks

    def _hear(self, what: str, *facts: Any) -> None:
        if what == self._breaks:
            raise ConnectionError("the service is gone")
        self.heard.append((what, *facts))

    def setup(self) -> None:
        self._hear("setup")

    def log_trial_start(self, trial: LoggedTrial) -> None:
        self._hear("start", str(trial), trial.config)

    def log_trial_result(self, iteration: int, trial: LoggedTrial, result: dict[str, Any]) -> None:
        self._hear("result", str(trial), result)

    def log_trial_end(self, trial: LoggedTrial, failed: bool) -> None:
        self._hear("end", str(trial), failed)

    def on_experiment_end(self, trials: list[Any]) -> None:
        self._hear("over")


def go_through(logger: Listening, folder: Path) -> None:
    callback = TrackingCallback("test", lambda: logger, folder)
    callback.setup()
    callback.on_trial_start(0, [], TRIAL)
    callback.on_trial_result(0, [], TRIAL, {EPOCH: 2, KPI: {"score": 0.5}, "pid": 1})
    callback.on_trial_result(0, [], TRIAL, {"failure": "it broke"})
    callback.on_trial_error(0, [], TRIAL)
    callback.on_experiment_end([])


def test_trials_are_told_in_plain_words(tmp_path: Path) -> None:
    logger = Listening()
    go_through(logger, tmp_path / "sweep")
    assert logger.heard == [
        ("setup",),
        ("start", "sweep-0007", {"train.lr": 0.1}),
        ("result", "sweep-0007", {"score": 0.5, "training_iteration": 2}),
        ("end", "sweep-0007", True),
        ("over",),
    ]


@pytest.mark.parametrize("breaks", ["setup", "start", "result", "end", "over"])
def test_a_logger_that_fails_is_told_once_and_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, breaks: str
) -> None:
    logger = Listening(breaks)
    go_through(logger, tmp_path / "sweep")
    words = "logger test failed and is off from here on: the service is gone"
    assert caplog.messages == [words]
    assert all(what != breaks for what, *_ in logger.heard)
    assert ("over",) not in logger.heard


def test_names_are_checked_before_the_launch(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_loggers("tensorboard") == ("tensorboard",)
    with pytest.raises(InputError, match="--logger 'tensorbord' is unknown"):
        read_loggers(["tensorboard", "tensorbord"])
    monkeypatch.setattr("automl.launch.planning.options.trial.find_spec", lambda name: None)
    words = (
        r"package mlflow is not installed: pip install mlflow \(or the extra reid-automl\[loggers"
    )
    with pytest.raises(InputError, match=words):
        read_loggers(["mlflow"])


def test_without_a_key_wandb_stays_offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    from automl.sweep.loggers import _logged_in

    login = tmp_path / "netrc"
    login.write_text("machine api.wandb.ai login user password key\n")
    assert not _logged_in({"NETRC": str(tmp_path / "none")})
    assert _logged_in({"NETRC": str(login)})
    assert not _logged_in({"NETRC": str(login), "WANDB_BASE_URL": "https://own.example"})
    assert _logged_in({"WANDB_API_KEY": "key", "NETRC": str(tmp_path / "none")})
    assert "WANDB_MODE" not in os.environ


@pytest.mark.usefixtures("shared_ray")
@pytest.mark.slow
def test_a_sweep_lies_in_tensorboard(bowl: Path, data: Path, tmp_path: Path) -> None:
    result = automl.run(
        skill_dir=bowl,
        data=str(data),
        output=tmp_path / "run",
        trials=2,
        loggers="tensorboard",
        max_concurrent=1,
    )
    assert result.status == "done"
    files = sorted((tmp_path / "run" / "loggers" / "tensorboard").rglob("events.out.tfevents.*"))
    assert {path.parent.name for path in files} == {"0000", "0001"}
    assert all(b"ray/tune/score" in path.read_bytes() for path in files)
    assert make_loggers((), tmp_path, "x") == []
