"""Skills that a stranger may hand over: each does one thing that must end in one clear error."""

import json
import os
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from automl.skill.schema.reader import MAX_NODES

INFO: Final = "references/skill_info.yaml"
TEMPLATE: Final = "references/spec_template_train.yaml"
SCHEMA: Final = "schemas/train.schema.json"
OVERLAY: Final = "automl.yaml"
Make = Callable[[Path], None]


def text(name: str, content: str) -> Make:
    """Write a file of the skill."""
    return lambda skill: _write(skill / name, content)


def _write(path: Path, content: str) -> None:
    path.unlink(missing_ok=True)
    path.write_text(content, encoding="utf-8")


def node(**words: Any) -> dict[str, Any]:
    """A parameter that is searched."""
    given = {"type": "number", "default": 0.5, "minimum": 0, "maximum": 1, "automl_enabled": True}
    return {**given, **words}


def schema(properties: Mapping[str, Any], **words: Any) -> Make:
    """Replace the schema by one of these properties."""
    document = {"type": "object", "properties": properties, **words}
    return text(SCHEMA, json.dumps(document))


def instead(name: str, make: Callable[[Path], Any]) -> Make:
    """Put something else in the place of a file."""

    def put(skill: Path) -> None:
        (skill / name).unlink(missing_ok=True)
        make(skill / name)

    return put


def _socket(path: Path) -> None:
    here = os.getcwd()
    os.chdir(path.parent)  # a socket's path is short
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def _outside(path: Path) -> None:
    outside = path.parents[1].with_name(f"outside-{path.name}")
    outside.write_text("{}")
    path.symlink_to(outside)


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**32)


KINDS: Final[Mapping[str, Callable[[Path], Any]]] = {
    "a named pipe": os.mkfifo,
    "a socket": _socket,
    "a folder": os.mkdir,
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a link out of the folder": _outside,
    "a link to itself": _loop,
    "a link to nothing": lambda path: path.symlink_to("nowhere"),
    "four gigabytes": _sparse,
    "no text": lambda path: path.write_bytes(b"\xfa\xfb\x00a"),
    "a megabyte of brackets": lambda path: path.write_text("[" * 2**20),
    "50,000 nested brackets": lambda path: path.write_text("[" * 50_000 + "]" * 50_000),
    "50,000 nested mappings": lambda path: path.write_text('{"a": ' * 50_000 + "1" + "}" * 50_000),
}
"""What may lie where a file of a skill is due."""


def _laughs(levels: int = 30, width: int = 10, start: str = "[x]") -> str:
    lines = [f"a0: &a0 {start}"]
    for level in range(1, levels):
        lines.append(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * width)}]")
    return "\n".join(lines) + "\n"


def _merges(levels: int = 30) -> str:
    lines = ["a0: &a0 {x: 1}"]
    for level in range(1, levels):
        lines.append(
            f"a{level}: &a{level} {{<<: [*a{level - 1}, *a{level - 1}], k{level}: *a{level - 1}}}"
        )
    return "\n".join(lines) + "\n"


YAML: Final[Mapping[str, str]] = {
    "aliases that multiply": _laughs(),
    "two aliases in each of 60 levels": _laughs(60, 2),
    "merges that multiply": _merges(),
    "an anchor that holds itself": "name: &a [*a]\n",
    "an anchor that holds itself in a mapping": "name: &a {b: {c: *a}}\n",
    "an anchor merged into itself": "actions: &a {<<: *a, train: {}}\n",
    "300,000 aliases": "a: &a [1, 2, 3]\nb: [" + "*a, " * 300_000 + "*a]\n",
    "600,000 values": "a: [" + "1, " * 600_000 + "1]\n",
    "a flag that is none": "name: !!bool maybe\n",
    "a number that is none": "name: !!int ''\n",
    "a date that is none": "name: !!timestamp soon\n",
    "a day of month 13": "name: 2024-13-41\n",
    "an object of Python": "name: !!python/object/apply:os.system ['true']\n",
    "several documents": "name: a\n---\nname: b\n",
    "a list": "- a\n",
    "an unknown anchor": "name: *nobody\n",
    "a key that is a list": "? [a]\n: b\n",
    "a control character": "name: \x01\n",
    "nothing": "",
}
"""YAML that no file of a skill may hold."""


def _doubling(keyword: str) -> dict[str, Any]:
    made: dict[str, Any] = {"a0": {"type": "number"}}
    for level in range(1, 40):
        ref = {"$ref": f"#/$defs/a{level - 1}"}
        other = {**ref, "title": "x"}
        twice: Any = {"x": ref, "y": other} if keyword == "properties" else [ref, other]
        made[f"a{level}"] = {keyword: twice}
    return made


def _referring(keyword: str) -> Make:
    return schema({"x": {"$ref": "#/$defs/a39", "default": 0.5}}, **{"$defs": _doubling(keyword)})


def _cycle(inner: Any) -> Make:
    return schema({"x": {"$ref": "#/$defs/a", "default": {}}}, **{"$defs": {"a": inner}})


_SELF: Final = {"$ref": "#/$defs/a"}
LONG: Final = "a" * 60 + "!"
SCHEMAS: Final[Mapping[str, Make]] = {
    "properties that double": _referring("properties"),
    "allOf that doubles": _referring("allOf"),
    "anyOf that doubles": _referring("anyOf"),
    "oneOf that doubles": _referring("oneOf"),
    "a property that holds itself": _cycle({"type": "object", "properties": {"b": _SELF}}),
    "two properties that hold themselves": _cycle(
        {"type": "object", "properties": {"b": _SELF, "c": _SELF}}
    ),
    "a node that is all of itself": _cycle({"allOf": [_SELF, {**_SELF, "title": "x"}]}),
    "a pattern that backtracks": schema(
        {"x": {"type": "string", "pattern": "^(a|aa)+$", "default": LONG}}
    ),
    "a pattern of names that backtracks": schema(
        {"x": {"type": "object", "patternProperties": {"^(a|aa)+$": {}}, "default": {LONG: 1}}}
    ),
    "names outside of patterns that backtrack": schema(
        {"x": {"type": "object", "properties": {}, "additionalProperties": False,
               "patternProperties": {"^(a|a)*$": {}}, "default": {LONG: 1}}}
    ),
    "more parameters than the limit": schema({f"p{i}": node() for i in range(MAX_NODES + 1000)}),
    "100,000 levels of properties": text(
        SCHEMA, '{"properties": {"n": ' * 100_000 + "{}" + "}}" * 100_000
    ),
    "450 levels of properties": text(SCHEMA, '{"properties": {"n": ' * 450 + "{}" + "}}" * 450),
    "a name of a colour": schema({"\x1b[31mx": node(minimum="x")}),
    "a list": text(SCHEMA, "[]"),
    "nothing": text(SCHEMA, ""),
    "a surrogate as a name": schema({"\ud800": node()}),
    "a pattern that is none": schema({"x": {"type": "string", "pattern": "(" * 5000}}),
}  # fmt: skip
"""Schemas that end in one clear error."""

_MANY: Final = 100_000
_WIDE: Final = "x" * 2**22
LARGE: Final[Mapping[str, Make]] = {
    "an enum of 100,000": schema({"x": {"enum": [*range(_MANY)], "automl_enabled": True}}),
    "an enum of texts with weights": schema(
        {"x": {"enum": [f"v{i}" for i in range(_MANY)], "option_weights": [1] * _MANY,
               "automl_enabled": True}}
    ),
    "a range of all numbers": schema({"x": node(minimum=-1.7e308, maximum=1.7e308)}),
    "a grid of all numbers": schema({"x": node(multipleOf=1e-300)}),
    "a grid in a wide range": schema(
        {"x": node(type="integer", minimum=0, maximum=10**300, multipleOf=7, default=7)}
    ),
    "powers of a huge base": schema({"x": node(math_cond="^ 1e300")}),
    "a huge step": schema({"x": node(x_automl={"search": [0, 1], "step": 1e-300})}),
    "a list of a billion": schema(
        {"x": node(type="list", default=[1, 2], minItems=10**9, maxItems=10**12)}
    ),
    "milestones by the billion": schema(
        {"lr_steps": node(type="list_1_x", default=[1, 2], minItems=10**9)}
    ),
    "element a billion": schema({"x": {"type": "list", "default": [1]}, "x[1000000000]": node()}),
    "an int of 5,000 digits": text(
        SCHEMA, '{"properties": {"x": {"type": "integer", "default": ' + "9" * 5000 + "}}}"
    ),
    "an int of 300 digits": schema({"x": node(type="integer", default=10**299, maximum=10**300)}),
    "a chain of 2,000 parents": schema(
        {f"p{i}": node(depends_on=f"p{i + 1}") for i in range(2000)}
    ),
    "a cycle of 2,000": schema(
        {f"p{i}": node(depends_on=f"p{(i + 1) % 2000}") for i in range(2000)}
    ),
    "many parents of many": schema(
        {f"p{i}": node(depends_on=[f"p{k}" for k in range(i)]) for i in range(400)}
    ),
    "3,000 parameters": schema({f"p{index}": node() for index in range(3000)}),
    "references to one wide node": schema(
        {f"p{i}": {"$ref": "#/$defs/a"} for i in range(500)},
        **{"$defs": {"a": {"anyOf": [{"enum": [i]} for i in range(500)]}}},
    ),
    **{
        f"a text of 4 MiB as {word}": schema({"x": node(**{word: _WIDE})})
        for word in (
            *("title", "description", "type", "default", "minimum", "math_cond", "depends_on"),
            *("automl_enabled", "enum", "option_weights", "x_automl", "quantum", "pattern"),
        )
    },
    **{
        f"blanks as {word}": schema({"x": node(**{word: ">" + " " * 2**20 + "x"})})
        for word in ("type", "minimum", "math_cond", "depends_on")
    },
    "a name of 1 MiB": schema({_WIDE[: 2**20]: node()}),
    "a name in many brackets": schema({"x" + "[0]" * 100_000: node()}),
    "a name of many words": schema({"aB1_" * 50_000: node()}),
    "1,000 unknown keys": text(TEMPLATE, "\n".join(f"key_{i}: 1" for i in range(1000))),
    "prose of one line": text("SKILL.md", "- **" + "training metrics " * 2**17),
    "prose of blanks": text("SKILL.md", "- **Training metrics:** `a`" + " " * 2**22),
    "prose of bullets": text("SKILL.md", "-\n" * 2**20),
    "a pipe as prose": instead("SKILL.md", os.mkfifo),
    "a link to nothing as prose": instead("SKILL.md", lambda path: path.symlink_to("nowhere")),
}  # fmt: skip
"""Skills that are legal, or nearly so, and large: they end in time, with or without an error."""

_BASE: Final = "name: {name}\nautoml_enabled: true\nactions: {actions}\n"


def info(name: str = "x", actions: str = "{train: {command: 'true'}}") -> Make:
    """Replace the skill's info."""
    return text(INFO, _BASE.format(name=name, actions=actions))


NAMES: Final[Mapping[str, Make]] = {
    "an action above the folder": info(actions="{../../x: {command: 'true'}}"),
    "an action of 300 letters": info(actions="{" + "a" * 300 + ": {command: 'true'}}"),
    "an action with a NUL": info(actions="{\"a\\0b\": {command: 'true'}}"),
    "an action with a colour": info(actions="{\"a\\e[31mb\": {command: 'true'}}"),
    "a number of values as a name": info(name="[" + "1, " * 100_000 + "1]"),
    "a hexadecimal number of 20,000 digits": info(name="0x" + "f" * 20_000),
    "a key that stands there twice": text(INFO, "name: a\nname: b\n"),
    "a key twice by another spelling": text(
        INFO, _BASE.format(name="a", actions="{}") + "1: a\n0x1: b\n"
    ),
    "a key twice in the template": text(TEMPLATE, "x: 1\n'x': 2\n"),
    "a key twice in the schema": text(SCHEMA, '{"properties": {"x": {}, "x": {}}}'),
    "a key twice in the overlay": text(OVERLAY, "parameters: {}\nparameters: {}\n"),
}
"""Names and keys that are faults."""
