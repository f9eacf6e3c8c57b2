"""The options of :class:`automl.launch.request.RunRequest` as options of a command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from automl.cli.completions import FOLDERS, complete_from
from automl.cli.grouped_help import GroupedOption
from automl.errors import InputError
from automl.launch.options import (
    AUTO,
    EMPTY,
    FLAGS,
    LISTS,
    MAPPINGS,
    OFF,
    Kind,
    Option,
    parse_duration,
)
from automl.launch.request import OPTIONS
from automl.launch.resource_amounts import read_amount
from automl.skill.schema.numbers import as_number

Command = TypeVar("Command", bound=Callable[..., Any])


class Duration(click.ParamType[float]):
    """Seconds, written as 90s, 45m, 8h or 2d."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the seconds, or fail with what a time looks like."""
        try:
            return parse_duration(value)
        except InputError as error:
            self.fail(str(error), param, ctx)


class Count(click.types.IntParamType):
    """A whole number, also as ``1e3``."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number, or fail."""
        number = as_number(str(value))
        whole = isinstance(number, float) and number.is_integer()
        return super().convert(int(number) if whole else value, param, ctx)


class CountOrAuto(Count):
    """A whole number, or the word ``auto``."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number or the word, or fail."""
        return AUTO if value == AUTO else super().convert(value, param, ctx)


class Share(click.ParamType[Any]):
    """A number, or one of the words ``auto`` and ``off``; the request knows the limits."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number or the word, or fail."""
        if value in (AUTO, OFF):
            return value
        number = as_number(str(value))
        words = f"{value!r} is neither {AUTO} nor {OFF} nor a share such as 0.2"
        return self.fail(words, param, ctx) if number is None else float(number)


class GivenPath(click.Path):
    """A path that is no empty text, which would be the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path, or fail."""
        return super().convert(value, param, ctx) if value != "" else self.fail(EMPTY, param, ctx)


TYPES: Final[Mapping[Kind, click.ParamType[Any]]] = {
    Kind.LOCATION: FOLDERS,
    Kind.PATH: GivenPath(path_type=Path),
    Kind.COUNT: Count(),
    Kind.COUNT_OR_AUTO: CountOrAuto(),
    Kind.SHARE: Share(),
    Kind.AMOUNT: click.FLOAT,
    Kind.DURATION: Duration(),
    Kind.RUNS: FOLDERS,
    Kind.ROOTS: FOLDERS,
    Kind.POINTS: click.Path(),
}

_METAVARS: Final[Mapping[Kind, str]] = {
    Kind.COUNT: "N",
    Kind.AMOUNT: "X",
    Kind.DURATION: "T",
}


def request_options(*names: str) -> Callable[[Command], Command]:
    """Return a decorator that adds options of a run to a command; without names it adds all.

    The command gets what was not given as None, or as an empty tuple or mapping.
    """

    def decorate(command: Command) -> Command:
        for name in reversed(names or tuple(OPTIONS)):
            command = _click_option(OPTIONS[name])(command)
        return command

    return decorate


def _click_option(option: Option) -> Callable[[Command], Command]:
    flag = f"{option.flag}/--no-{option.key}" if option.kind is Kind.SWITCH else option.flag
    settings: dict[str, Any] = {}
    if option.kind in FLAGS:
        settings = {"is_flag": True}
    elif option.kind in (*LISTS, *MAPPINGS):
        settings = {"multiple": True, "callback": _CALLBACKS.get(option.kind)}
    return click.option(
        flag,
        option.name,
        cls=GroupedOption,
        group=option.group,
        type=None if option.kind in FLAGS else TYPES.get(option.kind, click.STRING),
        default=None,
        metavar=option.metavar or _METAVARS.get(option.kind),
        help=option.help,
        shell_complete=complete_from(*option.choices) if option.choices else None,
        **settings,
    )


def read_pair(text: str, option: str) -> tuple[str, str]:
    """Return the name and the value of ``NAME=VALUE``.

    Raises:
        InputError: the text reads otherwise; the message names ``option``.
    """
    name, equals, value = text.partition("=")
    if not (equals and name and value):
        raise InputError(f"{option} {text!r} must be NAME=VALUE")
    return name, value


def _as_mapping(
    context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]
) -> dict[str, str]:
    return dict(read_pair(text, parameter.opts[0]) for text in texts)


def _as_amounts(
    context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]
) -> dict[str, float]:
    pairs = _as_mapping(context, parameter, texts)
    return {name: read_amount(amount) for name, amount in pairs.items()}


_CALLBACKS: Final = {
    Kind.PAIRS: _as_mapping,
    Kind.WEIGHTS: _as_mapping,
    Kind.AMOUNTS: _as_amounts,
}
