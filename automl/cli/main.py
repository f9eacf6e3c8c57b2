"""The command line: parses, calls, prints. It catches AutoMLError and no other exception."""

from __future__ import annotations

import gc
import os
import select
import signal
import sys
from contextlib import suppress
from difflib import get_close_matches
from importlib import import_module
from typing import Any, Final

import click

from automl.cli.grouped_help import HELP_WIDTH, write_sections
from automl.cli.json_errors import json_error, wants_json
from automl.cli.printed_log import printed_log
from automl.errors import AutoMLError, InputError, RunError
from automl.home import check_current_folder
from automl.interrupts import EXIT_CODE, end_process
from automl.trial.secrets import mask

_GC_THRESHOLD: Final = 50_000  # new objects: imports make many, none of which is garbage

_SECTIONS: Final = {
    "Before a run": {
        "init": "Make a skill of a script, a configuration file or a class.",
        "validate": "Check skill directories and list every fault.",
        "space": "Show what a sweep would search, and draw from it.",
    },
    "Run": {
        "run": "Run a sweep, or one direct training; --plan shows it first.",
        "status": "Show a run's progress, and whether it still runs.",
        "propose": "Let a running sweep try a configuration of yours.",
        "dashboard": "Show a run in optuna-dashboard, read-only.",
    },
    "Results": {
        "best": "Show a run's champion and what to do with it.",
        "trials": "Show the trials of one or several runs as a table.",
        "compare": "Show several runs side by side.",
        "simulate": "Replay finished sweeps with other samplers, schedulers and workers.",
        "report": "Write an HTML report of one or several runs.",
    },
    "Other tools": {
        "doctor": "Check this machine and its environment.",
        "prior": "Export finished sweeps for warm starts on other data.",
        "repair": "Mend a run whose ledger is damaged.",
        "spec": "Write a spec that another trainer accepts.",
        "completion": "Print the completion script of a shell.",
    },
}
_COMMANDS: Final = [name for section in _SECTIONS.values() for name in section]


class LazyGroup(click.Group):
    """A group whose commands are imported when they are used, so that ``--help`` is instant."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the command names in the order of a user's work."""
        return _COMMANDS

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"automl.cli.commands.{cmd_name}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the first argument names, or fail with the nearest names.

        Raises:
            click.UsageError: there is no such command.
        """
        near = get_close_matches(args[0], _COMMANDS)
        if near and args[0] not in _COMMANDS and not ctx.resilient_parsing:
            ctx.fail(f"No such command {args[0]!r}. Did you mean {' or '.join(near)}?")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; where standard output has lost its reader, end without an error.

        Raises:
            InputError: the current folder is gone, or a file that was named may not be read.
            RunError: a disk is full or failed; or another pipe broke, which click alone would end
                with 1 and no message.
        """
        check_current_folder()
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            if not _reader_is_gone():
                raise RunError(f"a pipe to another process broke: {error}") from error
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        except PermissionError as error:
            raise InputError(
                f"{error.filename or error}: this user (uid {os.getuid()}) may not read or write"
                " it: change its rights, or name another"
            ) from error
        except OSError as error:
            from automl.launch.running.failures import command_failure

            raise command_failure(error) or error from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands in sections, without importing them."""
        write_sections(formatter, {title: [*rows.items()] for title, rows in _SECTIONS.items()})


_SETTINGS: Final = {"help_option_names": ["-h", "--help"], "max_content_width": HELP_WIDTH}


@click.group(cls=LazyGroup, context_settings=_SETTINGS)
@click.version_option(package_name="reid-automl", prog_name="automl")
def cli() -> None:
    """Hyperparameter optimisation of real training jobs.

    \b
    Examples:
      automl run --data ROOT --trials 20
      automl run --skill-dir . --data ROOT --policy off
      automl space --skill-dir .
      automl trials runs/tao-train-reid-20260102-030405
    """


def main() -> None:
    """Run the command line and exit: 0 done, 1 the run failed, 2 bad input, 130 interrupted."""
    gc.set_threshold(_GC_THRESHOLD)
    code = run_command_line(sys.argv[1:])
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # else Ctrl-C prints a traceback of the exit
    if code == EXIT_CODE:
        end_process()
    gc.freeze()  # else the exit takes a second to search all imported objects for garbage
    sys.exit(code)


def run_command_line(arguments: list[str]) -> int:
    """Run the command line on ``arguments`` and return its exit code."""
    try:
        with printed_log():
            code = cli.main(args=arguments, prog_name="automl", standalone_mode=False)
    except AutoMLError as error:
        from automl.cli.views.terminal import plain_line

        lines = mask(f"automl: {error}").split("\n")
        _tell("\n".join(map(plain_line, lines)))
        _tell_as_json(str(error), arguments)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        _tell_as_json(error.format_message(), arguments)
        return InputError.exit_code
    except (click.Abort, KeyboardInterrupt) as stop:
        said = (stop.__cause__ or stop).args  # click makes its own of a KeyboardInterrupt
        _tell(": ".join(["automl: interrupted", *filter(None, map(str, said))]))
        return EXIT_CODE
    return code if isinstance(code, int) else 0


def _tell_as_json(message: str, arguments: list[str]) -> None:
    """Print an error as JSON too, on standard output, where the command line asks for JSON."""
    if wants_json(arguments):
        with suppress(OSError):
            click.echo(json_error(mask(message), arguments))


def _tell(words: str) -> None:
    with suppress(OSError):  # the terminal has hung up
        click.echo(words, err=True)


def _reader_is_gone() -> bool:
    """Return whether standard output is a closed pipe, as after ``automl trials RUN | head``."""
    try:
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)
    except (OSError, ValueError):
        return False
    return bool(poll.poll(0))
