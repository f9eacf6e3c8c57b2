"""Parses YAML that anybody may have written, in time and memory that follow its length.

The text is gone through as events before anything is built: aliases that multiply (a "bomb"), an
anchor that holds itself and brackets too deep for the C parser's stack are refused, with the line.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import yaml

MAX_DEPTH: Final = 500
MAX_VALUES: Final = 500_000
_DIGITS: Final = 3000
_SHORT: Final = 100_000
_NUMBER: Final = re.compile(r"[-+]?\d[\w.:]*")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MERGE: Final = "tag:yaml.org,2002:merge"


class RepeatedKey(NamedTuple):
    """A key that a mapping holds twice, of which YAML keeps the last, and its line from 1."""

    key: str
    line: int


def load_yaml(text: str, *, unique: bool = False) -> Any:
    """Return the YAML value of ``text`` (safe tags only); raises ``yaml.YAMLError``.

    ``unique``: a mapping that holds a key twice is refused, as in all that users write.
    """
    return _read(text, refuse=unique)[0]


def decode(content: bytes) -> str:
    """Return a file's text: UTF-8, or UTF-16 where it begins with its mark, as on Windows.

    Raises:
        UnicodeDecodeError: it is neither.
    """
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if wide else "utf-8-sig")


def repeated_keys(text: str) -> list[RepeatedKey]:
    """Return every key that a mapping of ``text`` holds twice; raises ``yaml.YAMLError``."""
    return [RepeatedKey(str(key.value), key.start_mark.line + 1) for key in _read(text)[1]]


def _read(text: str, *, refuse: bool = False) -> tuple[Any, list[yaml.ScalarNode]]:
    try:
        _check_shape(text)
        return _build(_LOADER(text), refuse=refuse)
    except (yaml.scanner.ScannerError, yaml.parser.ParserError):
        if not refuse or len(text) > _SHORT:
            raise
        # what users write: PyYAML's own parser points at mistakes better
        return _build(yaml.SafeLoader(text), refuse=refuse)
    except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError) as exc:
        # what PyYAML raises for ``!!bool maybe``, or for a date of month 13
        raise _error(f"a value does not fit its type: {' '.join(str(exc).split())}") from exc


def _build(loader: Any, *, refuse: bool) -> tuple[Any, list[yaml.ScalarNode]]:
    try:
        node = loader.get_single_node()
        repeated = list(_repeated(loader, node))
        if repeated and refuse:
            raise _error(f"the key {repeated[0].value} stands there twice", repeated[0].start_mark)
        return (None if node is None else loader.construct_document(node)), repeated
    finally:
        loader.dispose()


def _error(problem: str, mark: Any = None) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


class _Open(NamedTuple):
    """A collection whose end has not come yet: its anchor, and how many values came before it."""

    anchor: str | None
    before: int


def _check_shape(text: str) -> None:
    """Refuse what is nested too deeply, or holds too many values once its aliases are followed."""
    sizes: dict[str, int] = {}
    opened: list[_Open] = []
    values = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            opened.append(_Open(event.anchor, values))
            values += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = opened.pop()
            if anchor is not None:
                sizes[anchor] = values - before
        elif isinstance(event, yaml.NodeEvent):
            _check_number(event)
            values += _size(event, sizes, opened)
        if len(opened) > MAX_DEPTH:
            raise _error(f"it is nested more than {MAX_DEPTH} levels deep", event.start_mark)
        if values > MAX_VALUES:
            problem = f"it holds more than {MAX_VALUES} values once its aliases are followed"
            raise _error(problem, event.start_mark)


def _check_number(event: yaml.NodeEvent) -> None:
    """Refuse a number of so many digits that Python writes it for minutes, or refuses to."""
    if not isinstance(event, yaml.ScalarEvent) or len(event.value) <= _DIGITS:
        return
    if event.implicit[0] and _NUMBER.fullmatch(event.value):
        raise _error(f"it has more than {_DIGITS} digits", event.start_mark)


def _size(event: yaml.NodeEvent, sizes: dict[str, int], opened: list[_Open]) -> int:
    """How many values an alias or a scalar stands for."""
    if not isinstance(event, yaml.AliasEvent):
        if event.anchor is not None:
            sizes[event.anchor] = 1
        return 1
    if any(one.anchor == event.anchor for one in opened):
        raise _error(f"the anchor &{event.anchor} holds itself", event.start_mark)
    return sizes.get(str(event.anchor), 1)


def _repeated(loader: Any, root: yaml.Node | None) -> Iterator[yaml.ScalarNode]:
    """The scalar keys that stand twice in a mapping, in the order of the text."""
    waiting, seen = [root] if root is not None else [], set[int]()
    while waiting:
        node = waiting.pop()
        if id(node) in seen or isinstance(node, yaml.ScalarNode):
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            yield from _twice(loader, node)
            waiting += [value for _, value in reversed(node.value)]
        elif isinstance(node, yaml.SequenceNode):
            waiting += reversed(node.value)


def _twice(loader: Any, node: yaml.MappingNode) -> Iterator[yaml.ScalarNode]:
    """A merge (``<<``) may stand there twice; keys are one where Python holds them for one."""
    seen: set[Any] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.tag == _MERGE:
            continue
        value = loader.construct_object(key)
        name = str(value) if isinstance(value, str | int | float) else value
        if value in seen or name in seen:
            yield key
        seen |= {value, name}
