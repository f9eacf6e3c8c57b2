"""``--json``, for commands that can also write their rows in other formats."""

from __future__ import annotations

from typing import Final

import click
from click.core import ParameterSource

from automl.errors import InputError

JSON: Final = "json"

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document: --format json."
)


def format_of(form: str | None, *, as_json: bool) -> str | None:
    """Return how the rows are written: what ``--json`` or ``--format`` says, else the default.

    Raises:
        InputError: both are given and differ.
    """
    if not as_json:
        return form
    source = click.get_current_context().get_parameter_source("form")
    if form != JSON and source is ParameterSource.COMMANDLINE:
        raise InputError(f"--json and --format {form} contradict each other: leave one out")
    return JSON
