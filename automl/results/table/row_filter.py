"""A small language of conditions over a table's rows: ``base_lr < 1e-3 and state != "failed"``.

The grammar is Python's, but only comparisons, ``and``, ``or``, ``not``, ``in``, arithmetic,
numbers, text, lists and column names are allowed; nothing is called or evaluated as Python.
A comparison with a missing value is neither true nor false, as in SQL: neither it nor its ``not``
selects the row.
``x == None`` and ``x != None`` test whether a value is missing.
"""

from __future__ import annotations

import ast
import operator
import re
import warnings
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

import pandas as pd

from automl.errors import InputError
from automl.results.table.column_names import find_column

Row = Mapping[str, Any]
Value = Callable[[Row], Any]

_COMPARE: Final[Mapping[type, Callable[[Any, Any], Any]]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda value, group: value in group,
    ast.NotIn: lambda value, group: value not in group,
}
_ARITHMETIC: Final[Mapping[type, Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_IS: Final = {ast.Is: ast.Eq, ast.IsNot: ast.NotEq}
_WORDS: Final = {"true": True, "false": False, "null": None}
_QUOTED: Final = re.compile(r"`([^`]*)`")
_MAX_LENGTH: Final = 2000
_ALLOWED: Final = (
    "comparisons, and, or, not, in, arithmetic, numbers, text in quotes, lists and column names"
)


def select_rows(frame: pd.DataFrame, text: str) -> pd.DataFrame:
    """Return the rows of ``frame`` for which the condition ``text`` is true.

    Raises:
        InputError: the condition cannot be read, names no column, or compares different types.
    """
    condition = parse_condition(text, list(frame.columns))
    names = list(map(str, frame.columns))
    rows = frame.astype(object).where(frame.notna(), None).itertuples(index=False, name=None)
    return frame[[condition(dict(zip(names, row, strict=True))) is True for row in rows]]


def parse_condition(text: str, columns: Collection[str]) -> Value:
    """Return the condition as a function of a row (column -> value, None where missing).

    The function returns True, False, or None where a missing value leaves the result open. A column
    whose name is no Python name is written in backticks.

    Raises:
        InputError: as :func:`select_rows` says.
    """
    quoted: list[str] = []

    def stand_in(match: re.Match[str]) -> str:
        quoted.append(match.group(1))
        return f"__{len(quoted) - 1}__"

    try:
        if len(text) > _MAX_LENGTH:
            raise InputError(f"the condition is longer than {_MAX_LENGTH} characters")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's notes on odd escapes in text
            tree = ast.parse(_QUOTED.sub(stand_in, text).strip(), mode="eval").body
        return _ConditionParser(text, columns, quoted).condition(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise InputError(
            f"cannot read the condition {text!r}: write for example"
            " \"base_lr < 1e-3 and state == 'finished'\"; a column with other letters, or a word of"
            " Python in its name, stands in `backticks`"
        ) from error


class _ConditionParser:
    """Turns the syntax tree of one condition into a function."""

    def __init__(self, text: str, columns: Collection[str], quoted: list[str]) -> None:
        self._text = text
        self._columns = columns
        self._quoted = quoted

    def condition(self, node: ast.expr) -> Value:
        """Return the function of a node that yields True, False or None."""
        if isinstance(node, ast.BoolOp):
            parts = [self.condition(value) for value in node.values]
            decided = isinstance(node.op, ast.Or)  # one part with this value decides the whole
            return lambda row: _combine([part(row) for part in parts], decided)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            inner = self.condition(node.operand)
            return lambda row: None if (value := inner(row)) is None else not value
        if isinstance(node, ast.Compare):
            return self._comparison(node)
        value = self.value(node)
        return lambda row: self._truth(value(row))

    def _truth(self, value: Any) -> bool | None:
        if value is None or isinstance(value, bool):
            return value
        raise InputError(f"{self._text!r}: {value!r} is neither true nor false; compare it")

    def _comparison(self, node: ast.Compare) -> Value:
        values = [self.value(side) for side in (node.left, *node.comparators)]
        kinds = [_IS.get(type(op), type(op)) for op in node.ops]

        def compare(row: Row) -> bool | None:
            found = [value(row) for value in values]
            pairs = zip(kinds, found, found[1:], node.comparators, strict=False)
            return _combine([self._compare(*pair) for pair in pairs], decided=False)

        return compare

    def _compare(self, kind: type, left: Any, right: Any, side: ast.expr) -> bool | None:
        if isinstance(side, ast.Constant) and right is None or self._is_null(side):
            if kind in (ast.Eq, ast.NotEq):
                return (left is None) == (kind is ast.Eq)
            raise InputError(f"{self._text!r}: test for missing values with == None or != None")
        if left is None or right is None:
            return None
        left, right = _alike(left, right), _alike(right, left)
        try:
            return bool(_COMPARE[kind](left, right))
        except TypeError as error:
            raise InputError(f"{self._text!r}: cannot compare {left!r} with {right!r}") from error

    def _is_null(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id == "null" and "null" not in self._columns

    def value(self, node: ast.expr) -> Value:
        """Return the function of a node that yields a number, a text, a boolean or a list."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float | None):
            constant = node.value
            return lambda row: constant
        if isinstance(node, ast.Name | ast.Attribute):
            return self._name(node)
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            items = [self.value(item) for item in node.elts]
            return lambda row: [item(row) for item in items]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            sign, inner = -1 if isinstance(node.op, ast.USub) else 1, self.value(node.operand)
            return lambda row: self._calculate(operator.mul, sign, inner(row))
        if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
            one, other = self.value(node.left), self.value(node.right)
            function = _ARITHMETIC[type(node.op)]
            return lambda row: self._calculate(function, one(row), other(row))
        if isinstance(node, ast.Compare | ast.BoolOp) or _is_not(node):
            return self.condition(node)
        raise InputError(
            f"{self._text!r}: {ast.unparse(node)!r} is not allowed here; use {_ALLOWED}"
        )

    def _name(self, node: ast.expr) -> Value:
        name = self._dotted(node)
        if name in _WORDS and name not in self._columns:
            word = _WORDS[name]
            return lambda row: word
        try:
            column = find_column(name, self._columns)
        except InputError as error:
            raise InputError(f"{error}; a text stands in quotes: '{name}'") from error
        return lambda row: row[column]

    def _dotted(self, node: ast.expr) -> str:
        if isinstance(node, ast.Attribute):
            return f"{self._dotted(node.value)}.{node.attr}"
        if not isinstance(node, ast.Name):
            raise InputError(f"{self._text!r}: {ast.unparse(node)!r} is no column")
        stand_ins = {f"__{index}__": name for index, name in enumerate(self._quoted)}
        return stand_ins.get(node.id, node.id)

    def _calculate(self, function: Callable[[Any, Any], Any], one: Any, other: Any) -> Any:
        if one is None or other is None:
            return None
        for value in (one, other):
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise InputError(f"{self._text!r}: cannot calculate with {value!r}")
        try:
            found = function(float(one), float(other))
        except ZeroDivisionError:
            return None
        except OverflowError as error:
            raise InputError(f"{self._text!r}: a number gets too large") from error
        return found if isinstance(found, float) else None


def _is_not(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def _combine(parts: list[bool | None], decided: bool) -> bool | None:
    """``or`` (``decided`` True) or ``and`` (False) of parts that may be None."""
    if decided in parts:
        return decided
    return None if None in parts else not decided


def _alike(value: Any, other: Any) -> Any:
    """A text as a timestamp if it is compared with one."""
    if not isinstance(other, pd.Timestamp) or not isinstance(value, str):
        return value
    try:
        moment = pd.Timestamp(value)
    except ValueError as error:
        raise InputError(f"{value!r} is no date; write 2026-01-31 or 2026-01-31T12:30") from error
    return moment.tz_localize("UTC") if moment.tzinfo is None else moment
