"""What a user wants searched: the options that ``automl run`` and ``automl space`` share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from automl.errors import InputError
from automl.launch.request import read_amount

Command = TypeVar("Command", bound=Callable[..., Any])


def search_options(command: Command) -> Command:
    """Add ``--search --range --choices --weights --allow-disabled`` to a command.

    It gets ``search`` as a tuple of names, ``ranges``, ``choices`` and ``weights`` as mappings of
    names to texts.
    """
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def read_pair(text: str, option: str) -> tuple[str, str]:
    """Return the name and the value of ``NAME=VALUE``.

    Raises:
        InputError: the text reads otherwise; ``option`` is named.
    """
    name, equals, value = text.partition("=")
    if not (equals and name and value):
        raise InputError(f"{option} {text!r} must be NAME=VALUE")
    return name, value


def _as_mapping(
    context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]
) -> dict[str, str]:
    return dict(read_pair(text, parameter.opts[0]) for text in texts)


def as_amounts(
    context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]
) -> dict[str, float]:
    """Return repeated ``NAME=AMOUNT`` texts as a mapping.

    Raises:
        InputError: a text reads otherwise.
    """
    pairs = _as_mapping(context, parameter, texts)
    return {name: read_amount(amount) for name, amount in pairs.items()}


_OPTIONS = (
    click.option(
        "--search",
        multiple=True,
        metavar="NAME",
        help="Search this parameter; given once or more, it replaces the default set.",
    ),
    click.option(
        "--range",
        "ranges",
        multiple=True,
        callback=_as_mapping,
        metavar="NAME=LOW:HIGH[:log]",
        help="Search a parameter in this range. Repeatable.",
    ),
    click.option(
        "--choices",
        multiple=True,
        callback=_as_mapping,
        metavar="NAME=A,B,C",
        help="Search a parameter among these values. Repeatable.",
    ),
    click.option(
        "--weights",
        multiple=True,
        callback=_as_mapping,
        metavar="NAME=W,W,W",
        help="Prior weights of a parameter's choices. Repeatable.",
    ),
    click.option(
        "--allow-disabled",
        is_flag=True,
        default=None,
        help="Let --search name parameters that the schema disables.",
    ),
)
