"""Declares an option of ``automl run``, and checks and converts its values.

The options themselves are the fields of :class:`automl.launch.request.RunRequest`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import Enum, auto
from functools import partial
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Final

from automl.errors import InputError

_OPTION: Final = "option"


class Kind(Enum):
    """What the value of an option is, wherever it is read: command line, config file, Python."""

    TEXT = auto()
    LOCATION = auto()  # a path or a URL, as text
    PATH = auto()
    COUNT = auto()  # a whole number
    COUNT_OR_AUTO = auto()  # a whole number, or the word auto
    SHARE = auto()  # between 0 and 1, or the word auto or off
    AMOUNT = auto()  # any number
    DURATION = auto()  # seconds
    FLAG = auto()
    SWITCH = auto()  # a flag that has a --no- form too
    TEXTS = auto()  # repeatable, as are all that follow
    RUNS = auto()
    ROOTS = auto()  # folders or URLs, each perhaps SOURCE=ROOT; or a mapping of sources to them
    POINTS = auto()  # files, runs' folders, or mappings of names to values
    PAIRS = auto()  # NAME=VALUE
    WEIGHTS = auto()  # NAME=W,W,W
    AMOUNTS = auto()  # NAME=AMOUNT
    OVERRIDES = auto()  # KEY=VALUE, the value in YAML


class Group(Enum):
    """A heading of ``automl run --help``; their order is that of the help."""

    FIRST = "Used first"
    WHAT = "What to run"
    DATA = "Data and checkpoints"
    SEARCH = "Search"
    BUDGET = "Budget"
    TRIALS = "Trials"
    RESOURCES = "Resources"
    OUTPUT = "Output"


AUTO: Final = "auto"
OFF: Final = "off"
EMPTY: Final = "is empty: give a path, or leave it out"
FLAGS: Final = (Kind.FLAG, Kind.SWITCH)
_NUMBERS: Final = (Kind.COUNT, Kind.COUNT_OR_AUTO, Kind.AMOUNT, Kind.DURATION)
LISTS: Final = (Kind.TEXTS, Kind.RUNS, Kind.ROOTS, Kind.POINTS)
MAPPINGS: Final = (Kind.PAIRS, Kind.WEIGHTS, Kind.AMOUNTS, Kind.OVERRIDES)


@dataclass(frozen=True)
class Option:
    """One option of ``automl run``.

    Attributes:
        kind: what its value is.
        text: its help; ``{choices}`` stands for the choices.
        metavar: how the help names its value, None for the kind's word.
        word: its name on the command line and in config files, None for the field's.
        choices: the values that a shell completes.
        sweep_only: whether a direct run has no use for it.
        zero: whether a number may be zero.
        most: the largest number that it may be.
        group: the heading of the help below which it stands, None for that of the option before it.
        sent: whether the local file that it names is sent to the cluster's head node.
        name, default: those of the field.
    """

    kind: Kind
    text: str
    metavar: str | None = None
    word: str | None = None
    choices: tuple[str, ...] = ()
    sweep_only: bool = False
    zero: bool = False
    most: int | None = None
    group: Group | None = None
    sent: bool = False
    name: str = ""
    default: Any = None

    @property
    def key(self) -> str:
        """Its key in a config file."""
        return self.word or self.name.removesuffix("_s")

    @property
    def flag(self) -> str:
        """Its name on the command line."""
        return f"--{self.key.replace('_', '-')}"

    @property
    def help(self) -> str:
        """Its help text."""
        *first, last = self.choices or ("",)
        return self.text.format(choices=f"{', '.join(first)} or {last}")

    def read(self, value: Any) -> Any:
        """Return a value given in Python; None stands for the default.

        Raises:
            InputError: it is of the wrong type, no duration, or an empty text where a path is due,
                which would be the current folder.
        """
        if value is None:
            return self.default
        if value == "" and self.kind in (Kind.LOCATION, Kind.PATH):
            raise InputError(f"{self.flag} {EMPTY}")
        try:
            return _READERS[self.kind](value) if self.kind in _READERS else value
        except TypeError as error:
            raise InputError(f"option {self.name} cannot be {value!r}: {error}") from error

    def fault(self, value: Any) -> str:
        """Return what is wrong with a number; empty where nothing is, or where it is no number."""
        if self.kind is Kind.SHARE:
            return self._share_fault(value)
        if value is None or self.kind not in _NUMBERS:
            return ""
        if self.kind is Kind.COUNT_OR_AUTO and value == AUTO:
            return ""
        types, kind = int | float, "a finite number"
        if self.kind in (Kind.COUNT, Kind.COUNT_OR_AUTO):
            types, kind = int, "a whole number"
        if isinstance(value, bool) or not isinstance(value, types) or not math.isfinite(value):
            return f"{self.flag} must be {kind}, is {value!r}"
        if value < 0 or (value == 0 and not self.zero):
            rule = "not be negative" if self.zero else "be positive"
            return f"{self.flag} must {rule}, is {value!r}"
        if self.most is not None and value > self.most:
            return f"{self.flag} must be at most {self.most}, is {value}"
        return ""

    def _share_fault(self, value: Any) -> str:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if value in (None, AUTO, OFF) or (number and 0 <= value < 1):
            return ""
        return f"{self.flag} must be {AUTO}, {OFF}, or a share between 0 and 1, is {value!r}"

    def is_given(self, value: Any) -> bool:
        """Return whether a value is neither missing nor the default."""
        return value is not False and value != self.default and value not in (None, (), {})


def option(kind: Kind, text: str, default: Any = None, **more: Any) -> Any:
    """Return a dataclass field that is an option; ``more`` are attributes of :class:`Option`."""
    return field(default=default, metadata={_OPTION: Option(kind, text, **more)})


sweep_option: Final = partial(option, sweep_only=True)


def options_of(table: Any) -> dict[str, Option]:
    """Return field name -> option of a dataclass, in their order, each with its group."""
    found: dict[str, Option] = {}
    group = None
    for each in fields(table):
        if _OPTION in each.metadata:
            declared: Option = each.metadata[_OPTION]
            group = declared.group or group
            found[each.name] = replace(declared, name=each.name, default=each.default, group=group)
    return found


_UNITS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration(text: str | float) -> float:
    """Return the seconds of ``90``, ``90s``, ``45m``, ``8h`` or ``2d``.

    Raises:
        InputError: the text is none of these.
    """
    value = str(text).strip().lower()
    number, unit = (value[:-1], value[-1]) if value[-1:] in _UNITS else (value, "s")
    try:
        seconds = float(number) * _UNITS[unit]
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        raise InputError(f"the time {text!r} is none of 90s, 45m, 8h, 2d")
    return seconds


def _list(value: Any) -> Any:
    """Return several values as a tuple; one alone counts as several."""
    return (value,) if isinstance(value, str | PathLike | Mapping) else tuple(value)


def _mapping(value: Any) -> Any:
    if not isinstance(value, Mapping):
        raise TypeError("it must be a mapping of names to values")
    return value


def _roots(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {source: _roots(roots) for source, roots in value.items()}
    if isinstance(value, str | PathLike):
        return fspath(value)
    return tuple(fspath(root) for root in value)


_READERS: Final[Mapping[Kind, Callable[[Any], Any]]] = {
    Kind.LOCATION: fspath,
    Kind.PATH: Path,
    Kind.DURATION: parse_duration,
    Kind.SHARE: lambda value: OFF if value is False else value,
    **dict.fromkeys(LISTS, _list),
    Kind.ROOTS: _roots,
    **dict.fromkeys(MAPPINGS, _mapping),
    Kind.OVERRIDES: lambda value: value if isinstance(value, Mapping) else _list(value),
}
