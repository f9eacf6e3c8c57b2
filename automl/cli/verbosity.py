"""How much a command prints: its options ``--quiet`` and ``--verbose``, and the log's level."""

from __future__ import annotations

import logging
from collections.abc import Callable
from enum import Enum, auto
from functools import wraps
from typing import Any, Final, TypeVar

import click

from automl.cli.grouped_help import GroupedOption
from automl.errors import InputError

Command = TypeVar("Command", bound=Callable[..., Any])
LOG: Final = "automl"  # the logger above those of all modules of automl


class Verbosity(Enum):
    """How much a command prints.

    ``QUIET``: warnings, errors and the result. ``VERBOSE``: what is usually cut short, and the log.
    """

    QUIET = auto()
    NORMAL = auto()
    VERBOSE = auto()


def takes_verbosity(quiet: str, verbose: str) -> Callable[[Command], Callable[..., Any]]:
    """Return a decorator that gives a command ``--quiet`` and ``--verbose`` with these helps.

    The command gets them as its argument ``verbosity``; the log's level is set before it runs.
    """

    def decorate(command: Command) -> Callable[..., Any]:
        @click.option("-q", "--quiet", is_flag=True, cls=GroupedOption, help=quiet)
        @click.option("-v", "--verbose", is_flag=True, cls=GroupedOption, help=verbose)
        @wraps(command)
        def run(*args: Any, quiet: bool, verbose: bool, **options: Any) -> Any:
            verbosity = read_verbosity(quiet, verbose)
            set_log_level(verbosity)
            return command(*args, verbosity=verbosity, **options)

        return run

    return decorate


def read_verbosity(quiet: bool, verbose: bool) -> Verbosity:
    """Return what the two flags of a command line ask for.

    Raises:
        InputError: both were given.
    """
    if quiet and verbose:
        raise InputError("--quiet and --verbose exclude each other: leave one of them out")
    return Verbosity.QUIET if quiet else Verbosity.VERBOSE if verbose else Verbosity.NORMAL


def set_log_level(verbosity: Verbosity) -> None:
    """Let the log's warnings through; with ``--verbose`` all of its records."""
    level = logging.DEBUG if verbosity is Verbosity.VERBOSE else logging.WARNING
    logging.getLogger(LOG).setLevel(level)
