"""The command line that travels to a cluster's head."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from automl.cli import remote
from automl.cli.commands.run import run
from automl.errors import InputError
from automl.launch.options import Kind
from automl.launch.request import OPTIONS
from automl.sweep.cluster.remote_driver import DriverOutput

VALUED = {"--address", "--config", "--spec", "--enqueue", "--request", "--output", "--resume"}
PLACES = {Kind.LOCATION, Kind.PATH, Kind.RUNS, Kind.ROOTS, Kind.POINTS}
STAY = {"skill_dir", "data", "final_data", "output", "parent", "cache_dir", "storage"}  # the head's


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


def test_every_option_that_names_a_place_is_sent_or_the_heads() -> None:
    places = {name for name, option in OPTIONS.items() if option.kind in PLACES}
    assert {name for name, option in OPTIONS.items() if option.sent} == places - STAY


@pytest.mark.parametrize("flag", ["--config", "--spec", "--overlay", "--enqueue", "--prior"])
def test_a_file_here_is_sent_and_a_runs_folder_is_not(flag: str, tmp_path: Path) -> None:
    file, folder = tmp_path / "some.yaml", tmp_path / "run"
    file.write_text("a: 1")
    folder.mkdir()
    valued = remote._options_with_values(run.params)
    pairs = remote.read_pairs([flag, str(file), f"{flag}={folder}", f"{flag}={file}"], valued)
    assert remote.files_to_send(pairs) == [str(file)]
    assert remote.arguments_on_head(pairs, {str(file): "/t/0-some.yaml"}) == [
        "run", flag, "/t/0-some.yaml", flag, str(folder), flag, "/t/0-some.yaml",
        "--address", "auto",
    ]  # fmt: skip


def test_no_overlay_stays_a_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("none").write_text("{}")
    pairs: list[remote.Pair] = [("--overlay", "none"), ("--prior", "none")]
    assert remote.files_to_send(pairs[:1]) == []
    assert remote.files_to_send(pairs) == ["none"]
    assert remote.arguments_on_head(pairs, {"none": "/t/0-none"}) == [
        "run", "--overlay", "none", "--prior", "/t/0-none", "--address", "auto",
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
