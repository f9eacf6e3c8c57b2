"""Reads what a child process answered about a parser or a class into options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from automl.errors import InputError
from automl.init_skill.option import TrainerOption
from automl.spec.secret_keys import is_secret

_SWITCHES: Final = ("on", "off", "switch", "const")
_ENDS: Final = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf",
}
_FLAG: Final = ("flag", "off_flag", "kind", "many", "default")
_TEMPLATE: Final = "train"  # the command that is taken where a script has several


def read_options(
    answered: Iterable[Mapping[str, Any]],
) -> tuple[list[TrainerOption], dict[str, str]]:
    """Return the options of an answer, and key -> why one is left out."""
    options: dict[str, TrainerOption] = {}
    left_out: dict[str, str] = {}
    for raw in answered:
        why = _why_not(raw)
        if why:
            left_out[raw["key"]] = why
            continue
        option = _option(raw)
        before = options.get(option.key)
        options[option.key] = _merged(before, option) if before else option
    return list(options.values()), left_out


def choose_command(
    tree: Mapping[str, Any], path: Sequence[str], what: str
) -> tuple[list[str], list[Mapping[str, Any]]]:
    """Return the names of the commands down to the one that trains, and their raw options.

    ``path``: the names that the user gave; without them a single command, or ``train``, is taken.

    Raises:
        InputError: the script has several, or none of that name.
    """
    chosen: list[str] = []
    options: list[Mapping[str, Any]] = []
    given = list(path)
    while True:
        options += [{**each, "level": len(chosen)} for each in tree["options"]]
        below = tree["commands"]
        if not below and given:
            raise InputError(f"{what} has no command {given[0]!r}: leave out --subcommand")
        if not below:
            return chosen, options
        name = given.pop(0) if given else _usual(below, what)
        if name not in below:
            raise InputError(f"{what} has no command {name!r}; it has: {', '.join(below)}")
        chosen.append(name)
        tree = below[name]


def _usual(below: Mapping[str, Any], what: str) -> str:
    if len(below) == 1:
        return next(iter(below))
    if _TEMPLATE in below:
        return _TEMPLATE
    raise InputError(
        f"{what} has several commands: say which one trains with --subcommand: {', '.join(below)}"
    )


def _why_not(raw: Mapping[str, Any]) -> str:
    if not raw["plain"]:
        return "its default is no plain value, which only the trainer can make"
    if raw.get("mapping"):
        return "it is a mapping of any names"
    if raw["kind"] == "append" and raw["default"]:
        return "the trainer adds to its default, so the default cannot be replaced"
    if is_secret(raw["key"], raw["default"] or "secret") and raw["type"] in ("str", "other"):
        return "it is a secret: set it where the trainer runs, not in a spec"
    return ""


def _option(raw: Mapping[str, Any]) -> TrainerOption:
    kind = _type(raw)
    default = _default(raw, kind)
    choices = raw.get("choices") or []
    if kind == "list":
        choices = []
    elif choices and default is not None and default not in choices:
        choices = [*choices, default]
    flag = {name: raw.get(name) for name in _FLAG} | {
        "default": default,
        "level": raw.get("level", 0),
    }
    return TrainerOption(
        key=raw["key"].replace("-", "_"),
        type=kind,
        default=default,
        choices=tuple(choices),
        help=" ".join(raw["help"].split()),
        required=raw["required"],
        nullable=bool(raw.get("nullable")) or default is None,
        ends=_bounds(raw),
        flag=flag if "flag" in raw else {},
    )


def _type(raw: Mapping[str, Any]) -> str:
    if raw["many"] or raw["kind"] == "append":
        return "list"
    if raw["kind"] in _SWITCHES:
        return "bool"
    if raw["kind"] == "count":
        return "int"
    values = [raw["default"], *(raw.get("choices") or [])]
    if raw["type"] == "other":
        return type_of(values[0]) if values[0] is not None else type_of_all(values[1:])
    if raw["type"] == "int" and any(isinstance(value, float) for value in values):
        return "float"
    return str(raw["type"])


def type_of_all(values: Sequence[Any]) -> str:
    """The type that all of these values have; ``str`` of none."""
    kinds = {type_of(value) for value in values}
    return kinds.pop() if len(kinds) == 1 else "float" if kinds == {"int", "float"} else "str"


def type_of(value: Any) -> str:
    """The type of a value as options know it; ``any`` of null."""
    if value is None:
        return "any"
    for kind, name in (
        (bool, "bool"),
        (int, "int"),
        (float, "float"),
        (str, "str"),
        (list, "list"),
    ):
        if isinstance(value, kind):
            return name
    return "any"


def _default(raw: Mapping[str, Any], kind: str) -> Any:
    """The default as a value of the type: argparse reads a default that is text itself."""
    value = raw["default"]
    if raw["kind"] in ("on", "off", "switch"):
        return bool(value) if value is not None else raw["kind"] == "off"
    if raw["kind"] == "const":
        return value is not None and value == raw["const"]
    if kind == "list":
        return value if isinstance(value, list) else [] if value is None else [value]
    if kind in ("int", "float") and isinstance(value, str):
        return _number(value, kind)
    if kind == "float" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return 0 if raw["kind"] == "count" and value is None else value


def _number(text: str, kind: str) -> Any:
    try:
        return int(text) if kind == "int" else float(text)
    except ValueError:
        return None


def _bounds(raw: Mapping[str, Any]) -> dict[str, float]:
    found = {word: raw[name] for name, word in _ENDS.items() if raw.get(name) is not None}
    for end, plain, is_open in (
        ("min", "minimum", "exclusiveMinimum"),
        ("max", "maximum", "exclusiveMaximum"),
    ):
        if isinstance(raw.get(end), int | float):
            found[is_open if raw.get(f"{end}_open") else plain] = raw[end]
    return found


def _merged(first: TrainerOption, second: TrainerOption) -> TrainerOption:
    """Two flags of one parameter, such as ``--cuda`` and ``--no-cuda``, as one switch."""
    by_kind = {option.flag.get("kind"): option for option in (first, second)}
    if set(by_kind) != {"on", "off"}:
        return first
    on, off = by_kind["on"], by_kind["off"]
    flag = {**on.flag, "kind": "switch", "off_flag": off.flag["flag"], "default": first.default}
    return TrainerOption(
        first.key, "bool", first.default, help=on.help or off.help, flag=flag, nullable=False
    )
