"""The command line that travels to a cluster's head."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from automl.cli import remote
from automl.errors import InputError
from automl.sweep.cluster.remote_driver import DriverOutput

VALUED = {"--address", "--config", "--spec", "--enqueue", "--request", "--output", "--resume"}


def test_the_head_gets_the_same_options_and_its_own_copies(tmp_path: Path) -> None:
    here = tmp_path / "c.yaml"
    here.write_text("trials: 3")
    words = ["--address=ray://head", "--config", str(here), "--request", "--address", "--yes"]
    pairs = remote.read_pairs([*words, "--spec", "/only/there.yaml", "--output=a=b"], VALUED)
    assert remote.files_to_send(pairs) == [str(here)]
    assert remote.arguments_on_head(pairs, {str(here): "/t/0-c.yaml"}) == [
        "run", "--config", "/t/0-c.yaml", "--request", "--address", "--yes",
        "--spec", "/only/there.yaml", "--output", "a=b", "--address", "auto",
    ]  # fmt: skip


def test_a_large_file_is_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "spec.yaml").write_text("too large")
    monkeypatch.setattr(remote, "LARGEST", 3)
    with pytest.raises(InputError, match="copy it to the cluster"):
        remote.files_to_send([("--spec", str(tmp_path / "spec.yaml"))])


def test_the_command_that_goes_on() -> None:
    words = remote.resume_words([("--output", "my run")], "ray://head")
    assert words == "automl run --resume 'my run' --address ray://head"


class Signalled:
    """A driver on the head whose client gets a signal; it ends once it is told of one."""

    def __init__(self, number: signal.Signals) -> None:
        self.number = number
        self.told: list[int] = []

    def call(self, method: str, *arguments: Any) -> Any:
        """Answer as the driver does."""
        if method == "signal":
            self.told.extend(arguments)
            return None
        if not self.told:
            os.kill(os.getpid(), self.number)
        return DriverOutput(b"", b"", 130 if self.told else None)


@pytest.mark.parametrize(
    ("number", "passed"),
    [
        (signal.SIGINT, signal.SIGINT),
        (signal.SIGTERM, signal.SIGTERM),
        (signal.SIGHUP, signal.SIGTERM),  # a driver there may ignore SIGHUP
    ],
)
def test_a_signal_is_passed_on(number: signal.Signals, passed: signal.Signals) -> None:
    before = signal.getsignal(number)
    driver: Any = Signalled(number)
    assert remote._follow(driver) == 130
    assert driver.told == [passed]
    assert signal.getsignal(number) == before
