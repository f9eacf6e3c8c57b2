"""Standard output that nobody reads any more is a quiet end, which no run stops for."""

import errno
import os
import pty
import subprocess
import sys
from pathlib import Path

import click
import pytest

from automl.cli.main import LazyGroup, run_command_line
from automl.cli.output_streams import surviving_streams

CLOSED = """
import sys
from automl.cli.main import run_command_line
sys.stdin.read()  # until the reader is gone
sys.exit(run_command_line(["completion", "bash"]))
"""


def test_a_reader_that_left_early() -> None:
    child = subprocess.Popen(
        [sys.executable, "-u", "-c", CLOSED],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.close()
    child.stdin.close()
    assert child.stderr.read() == ""
    assert child.wait(60) == 0


def test_another_broken_pipe_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    command = click.Command("status", callback=broken)
    monkeypatch.setattr(LazyGroup, "get_command", lambda *arguments: command)
    assert run_command_line(["status"]) == 1
    assert "a pipe to another process broke" in capsys.readouterr().err


@pytest.mark.parametrize("plan_only", [True, False])
def test_a_run_goes_on_when_its_reader_left(
    bowl: Path,
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    plan_only: bool,
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    output = tmp_path / "run"
    arguments = ["run", "--skill-dir", str(bowl), "--data", str(data), "--output", str(output)]
    with open(writer, "w") as unread:
        monkeypatch.setattr(sys, "stdout", unread)
        more = ["--plan"] if plan_only else []
        assert run_command_line([*arguments, "--policy", "off", *more]) == 0
        assert sys.stdout is unread
    assert (output / "trials.parquet").exists() != plan_only
    assert ("the run goes on without it" in capsys.readouterr().err) != plan_only


def test_a_terminal_that_hangs_up_ends_no_output(monkeypatch: pytest.MonkeyPatch) -> None:
    master, slave = pty.openpty()
    with open(slave, "w") as terminal:
        monkeypatch.setattr(sys, "stdout", terminal)
        with surviving_streams(warn=False):
            os.close(master)
            print("nobody reads this", flush=True)
            print("nor this", flush=True)
        assert sys.stdout is terminal
