"""Help in groups: the options of a command, or the commands of a group, below headings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import click

from automl.launch.options import Group

HELP_WIDTH: Final = 100  # columns at most; wider lines are hard to read
Row = tuple[str, str]


class GroupedOption(click.Option):
    """An option that stands below a heading of its command's help."""

    def __init__(self, *names: Any, group: Group | None = None, **settings: Any) -> None:
        """Take what every option takes, and its ``group``; None for the last one."""
        super().__init__(*names, **settings)
        self.group = group or Group.OUTPUT


class GroupedCommand(click.Command):
    """A command whose help lists its options in the order of :class:`Group`."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a section for each group that has options."""
        rows: dict[str, list[Row]] = {group.value: [] for group in Group}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                rows[getattr(parameter, "group", Group.OUTPUT).value].append(record)
        write_sections(formatter, rows)


def write_sections(formatter: click.HelpFormatter, rows: Mapping[str, Sequence[Row]]) -> None:
    """Write heading -> (name, help) rows as sections whose second columns are aligned."""
    width = max(len(name) for name, _ in _all(rows.values()))
    for heading, section in rows.items():
        if section:
            with formatter.section(heading):
                formatter.write_dl([(name.ljust(width), text) for name, text in section])


def _all(rows: Iterable[Sequence[Row]]) -> list[Row]:
    return [row for section in rows for row in section]
