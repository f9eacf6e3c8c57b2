"""Asks a script for its parser: run as ``ask_script.py ANSWER SCRIPT``, it imports nothing of ours.

The script runs as a program until it asks argparse or click for its arguments. Then the options go
to the file ANSWER as JSON, and the process ends: nothing after that line of the script runs.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
from typing import Any, Callable, NoReturn  # noqa: UP035 - any Python 3.8

_ANSWER: list[str] = []  # the file for the answer
_TYPES = {int: "int", float: "float", str: "str", bool: "bool", None: "str"}
_CLICK = {"integer": "int", "integer range": "int", "float": "float", "float range": "float"}


def _answer(found: dict[str, Any]) -> NoReturn:
    with open(_ANSWER[0], "w", encoding="utf-8") as file:
        json.dump(found, file)
    os._exit(0)


def _plain(value: Any) -> Any:
    """The value as JSON has it; the text of what JSON has no word for."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    inner = getattr(value, "value", None)
    return inner if isinstance(inner, (int, float, str)) else str(value)


def _is_plain(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(_is_plain(each) for each in value)
    return value is None or isinstance(value, (bool, int, float, str, os.PathLike))


# --- argparse


def _argparse_options(parser: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for action in parser._actions:
        kind = _argparse_kind(action)
        if kind:
            found.append(_argparse_option(parser, action, kind))
    return found


def _argparse_kind(action: Any) -> str | None:
    kinds = {
        "_StoreAction": "value",
        "_StoreTrueAction": "on",
        "_StoreFalseAction": "off",
        "BooleanOptionalAction": "switch",
        "_AppendAction": "append",
        "_ExtendAction": "append",
        "_CountAction": "count",
        "_StoreConstAction": "const",
    }
    names = [cls.__name__ for cls in type(action).__mro__]
    if names[0] in ("_HelpAction", "_VersionAction", "_SubParsersAction"):
        return None
    known = next((kinds[name] for name in names if name in kinds), None)
    return known or ("value" if action.nargs != 0 else None)


def _argparse_option(parser: Any, action: Any, kind: str) -> dict[str, Any]:
    flags = list(action.option_strings)
    long = [flag for flag in flags if flag.startswith("--")] or flags
    default = parser._defaults.get(action.dest, action.default)
    choices = action.choices
    few = choices is not None and len(choices) <= 1000
    return {
        "key": action.dest,
        "flag": next((f for f in long if not f.startswith("--no-")), long[0]) if long else None,
        "off_flag": next((f for f in long if f.startswith("--no-")), None),
        "kind": kind,
        "many": action.nargs in ("+", "*") or isinstance(action.nargs, int) and action.nargs > 0,
        "length": action.nargs if isinstance(action.nargs, int) else None,
        "type": _TYPES.get(action.type, "other"),
        "const": _plain(action.const) if kind == "const" else None,
        "default": None if str(default) == "==SUPPRESS==" else _plain(default),
        "plain": _is_plain(default),
        "choices": [_plain(each) for each in choices] if few else None,
        "help": _argparse_help(parser, action),
        "required": bool(action.required) and kind == "value",
    }


def _argparse_help(parser: Any, action: Any) -> str:
    if not action.help or action.help == "==SUPPRESS==":
        return ""
    try:
        return str(parser._get_formatter()._expand_help(action))
    except Exception:
        return str(action.help)


def _argparse_tree(parser: Any) -> dict[str, Any]:
    below: dict[str, Any] = {}
    for action in parser._actions:
        if type(action).__name__ == "_SubParsersAction":
            below = {name: _argparse_tree(each) for name, each in action.choices.items()}
    return {"options": _argparse_options(parser), "commands": below}


def _watch_argparse(arguments: list[str]) -> None:
    import argparse

    real = argparse.ArgumentParser.parse_known_args
    depth = [0]

    def parse_known_args(self: Any, args: Any = None, *rest: Any, **words: Any) -> Any:
        if "--hydra-help" in self._option_string_actions:
            _answer({"kind": "hydra"})
        if depth[0] or not self.add_help or not (args is None or list(args) == arguments):
            depth[0] += 1  # a parser of a library, or one that goes before the script's own
            try:
                return real(self, args, *rest, **words)
            finally:
                depth[0] -= 1
        _answer({"kind": "argparse", **_argparse_tree(self)})

    argparse.ArgumentParser.parse_known_args = parse_known_args  # type: ignore[method-assign]


# --- click


def _click_option(param: Any) -> dict[str, Any] | None:
    if getattr(param, "is_eager", False) and param.name in ("help", "version"):
        return None
    default = param.default() if callable(param.default) else param.default
    if type(default).__name__ == "Sentinel" or "UNSET" in str(default):
        default = None
    flags = [flag for flag in param.opts if flag.startswith("--")] or list(param.opts)
    is_option = param.param_type_name == "option"
    off = list(getattr(param, "secondary_opts", []))
    found = {
        "key": param.name,
        "flag": flags[0] if is_option else None,
        "off_flag": off[0] if off else None,
        "kind": _click_kind(param, bool(off)),
        "many": param.nargs != 1,
        "length": param.nargs if param.nargs > 1 else None,
        "type": _click_type(param),
        "const": None,
        "default": _plain(default),
        "plain": _is_plain(default),
        "choices": [_plain(each) for each in getattr(param.type, "choices", None) or []] or None,
        "help": getattr(param, "help", None) or "",
        "required": bool(param.required),
    }
    for end in ("min", "max", "min_open", "max_open"):
        found[end] = getattr(param.type, end, None)
    return found


def _click_kind(param: Any, has_off: bool) -> str:
    if getattr(param, "is_flag", False):
        boolean = isinstance(param.flag_value, bool) or type(param.flag_value).__name__ != "str"
        return ("switch" if has_off else "on") if boolean else "const"
    if getattr(param, "count", False):
        return "count"
    return "append" if getattr(param, "multiple", False) else "value"


def _click_type(param: Any) -> str:
    name = str(getattr(param.type, "name", "text"))
    if name in ("text", "path", "filename", "directory", "file", "choice"):
        return "str"
    return "bool" if name == "boolean" else _CLICK.get(name, "other")


def _click_tree(command: Any) -> dict[str, Any]:
    import click

    below: dict[str, Any] = {}
    if hasattr(command, "list_commands"):
        context = click.Context(command)
        names = command.list_commands(context)
        found = {name: command.get_command(context, name) for name in names}
        below = {name: _click_tree(each) for name, each in found.items() if each is not None}
    options = [option for option in map(_click_option, command.params) if option]
    return {"options": options, "commands": below}


def _watch_click() -> None:
    try:
        import click
    except ImportError:
        return

    def make_context(self: Any, *args: Any, **words: Any) -> Any:
        _answer({"kind": "click", **_click_tree(self)})

    for base in click.Command.__mro__:
        if "make_context" in vars(base):
            base.make_context = make_context  # type: ignore[attr-defined]


def main() -> None:
    """Run the script and answer with its parser; end with 3 where it never asks for arguments."""
    answer, script = sys.argv[1:3]
    _ANSWER.append(answer)
    sys.argv = [script]
    sys.path[0] = os.path.dirname(script)
    _watch_click()
    _watch_argparse([])
    run: Callable[..., Any] = runpy.run_path
    try:
        run(script, run_name="__main__")
    except SystemExit as stop:
        print(f"the script ended with {stop.code!r}", file=sys.stderr)
    os._exit(3)


if __name__ == "__main__":
    main()
