"""The parameters that a skill calls popular, with their values and whether they are searched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.table import Table

from automl.cli.views.terminal import to_text
from automl.skill import Schema
from automl.space import Space
from automl.spec.nested import get_path

_COLUMNS: Final = ("parameter", "popular", "spec", "search")


def popular_rows(schema: Schema, spec: Mapping[str, Any], found: Space) -> list[dict[str, Any]]:
    """Return a row for each popular parameter; ``search`` says whether and why it is searched."""
    states = {
        **{parameter.name: "searched" for parameter in found.parameters},
        **{fixed.name: fixed.why for fixed in found.fixed},
        **{out.name: f"left out: {out.reason}" for out in found.left_out},
    }
    return [
        {
            "parameter": name,
            "popular": value,
            "spec": get_path(spec, name, None),
            "search": states.get(name, "not searched"),
            "description": schema.leaves[name].description or schema.leaves[name].title or "",
        }
        for name, value in schema.popular.items()
    ]


def popular_text(rows: Sequence[Mapping[str, Any]], width: int) -> str:
    """Return the rows as a table without descriptions; a sentence where there are none."""
    if not rows:
        return "the schema calls no parameter popular"
    table = Table(header_style="bold", expand=False, pad_edge=False, box=None)
    for name in _COLUMNS:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(str(row[name]) for name in _COLUMNS))
    return "\n".join(line.rstrip() for line in to_text(table, width).splitlines())
