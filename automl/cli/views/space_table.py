"""A search space as text: each parameter with its values and reason, and what is left out."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, Final

from rich.table import Table

from automl.cli.views.terminal import to_text
from automl.skill.schema.activation import in_words, names_of
from automl.skill.typed_sections import shortened
from automl.space import Choice, Milestones, Parameter, Space

NARROW: Final = 100  # with fewer columns the reason stands below its parameter, not beside it
_MOST_CHOICES: Final = 6
_HEADERS: Final = ("parameter", "values", "default", "why")
_INDENT: Final = "    "


def space_remarks(found: Space) -> list[str]:
    """Return lines on what is fixed or left out and why, and warnings about the schema."""
    warnings = [f"warning  {warning}" for warning in found.warnings]
    return [*unsearched_lines(found), *warnings]


def unsearched_lines(found: Space) -> list[str]:
    """Return a line for each parameter that is fixed or left out, and why."""
    return [
        *(f"fixed    {fixed.name} = {fixed.value} ({fixed.why})" for fixed in found.fixed),
        *(f"left out {out.name}: {out.reason}" for out in found.left_out),
    ]


def space_text(found: Space, width: int) -> list[str]:
    """Return the searched parameters as lines: a table, or a list on a narrow terminal."""
    if width < NARROW:
        return list(space_lines(found, width))
    return [line.rstrip() for line in to_text(space_table(found), width).splitlines()]


def space_table(found: Space) -> Table:
    """Return the searched parameters as a table: name, values, default, why."""
    table = Table(header_style="bold", expand=False, pad_edge=False, box=None)
    table.add_column(_HEADERS[0], overflow="fold", min_width=16)
    table.add_column(_HEADERS[1], overflow="fold", min_width=14)
    table.add_column(_HEADERS[2], overflow="fold")
    table.add_column(_HEADERS[3], overflow="fold", ratio=1)
    for parameter in found.parameters:
        table.add_row(*_cells(parameter), why(parameter))
    return table


def space_lines(found: Space, width: int) -> Iterator[str]:
    """Yield the same for a narrow terminal, each reason below its parameter."""
    rows = [_HEADERS[:3], *map(_cells, found.parameters)]
    name, values, default = (max(map(len, column)) for column in zip(*rows, strict=True))
    default = min(default, width // 5)
    widths = (name, min(values, max(width - name - default - 4, 14)), default)
    reasons = ["", *map(why, found.parameters)]
    for row, reason in zip(rows, reasons, strict=True):
        cells = (textwrap.wrap(text, size) for text, size in zip(row, widths, strict=True))
        for line in zip_longest(*cells, fillvalue=""):
            padded = (text.ljust(size) for text, size in zip(line, widths, strict=True))
            yield "  ".join(padded).rstrip()
        yield from textwrap.wrap(reason, width, initial_indent=_INDENT, subsequent_indent=_INDENT)


def _cells(parameter: Parameter) -> tuple[str, str, str]:
    return parameter.name, describe_values(parameter), short_value(parameter.default)


def why(parameter: Parameter) -> str:
    """Return where the range comes from, and what the parameter depends on."""
    words = parameter.reason
    if parameter.active_when:
        words += f"; only when {in_words(parameter.active_when)}"
    if parameter.relations:
        words += f"; {' and '.join(map(str, parameter.relations))}"
    if isinstance(parameter, Choice) and parameter.options_when:
        keys = {key for _, when in parameter.options_when for key in names_of(when)}
        words += f"; options by {', '.join(sorted(keys))}"
    return words


def describe_values(parameter: Parameter) -> str:
    """Return the values that a parameter may take, in a few words."""
    shape = parameter.shape()
    if isinstance(parameter, Milestones):
        return f"{parameter.length} in {shape['low']} .. {shape['high']}"
    if shape.get("choices"):
        return _choices(shape["choices"], shape.get("weights"))
    lows, highs = shape["low"], shape["high"]
    if isinstance(lows, list):
        return ", ".join(
            _interval(*ends) for ends in zip(lows, highs, shape["log"], shape["step"], strict=True)
        )
    return _interval(lows, highs, shape["log"], shape["step"])


def _interval(low: float, high: float, log: bool, step: float | None) -> str:
    extra = f" step {short_value(step)}" if step else ""
    return f"{short_value(low)} .. {short_value(high)}{' log' if log else ''}{extra}"


def _choices(choices: list[Any], weights: list[float] | None) -> str:
    shown = [short_value(choice) for choice in choices[:_MOST_CHOICES]]
    if weights:
        shown = [f"{text} ({weight:.0%})" for text, weight in zip(shown, weights, strict=False)]
    more = len(choices) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def short_value(value: Any) -> str:
    """Return a value in few characters: a number with six digits, the rest as JSON."""
    if isinstance(value, float):
        return f"{value:g}"
    return shortened(json.dumps(value, ensure_ascii=False).strip('"'))
