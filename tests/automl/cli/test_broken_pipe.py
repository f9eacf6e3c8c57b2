"""Only a standard output that nobody reads any more is a quiet end."""

import errno
import subprocess
import sys

import click
import pytest

from automl.cli.main import LazyGroup, run_command_line

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
