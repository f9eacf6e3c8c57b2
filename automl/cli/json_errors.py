"""Errors as JSON on standard output, where a command line asks for JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Final

_PLACE: Final = re.compile(r"(\S*[/.]\S*|--[a-z][\w-]*(?: \S+)?): ")
_BETWEEN: Final = re.compile(r"; |: ")


def wants_json(arguments: Sequence[str]) -> bool:
    """Return whether standard output of a command line is to be JSON."""
    pairs = [" ".join(pair) for pair in zip(arguments, arguments[1:], strict=False)]
    return "--json" in arguments or bool({"--format json", "--format=json"} & {*arguments, *pairs})


def json_error(message: str, arguments: Sequence[str]) -> str:
    """Return an error as JSON: ``schemas/cli/error.json``.

    ``what`` is the whole message, so that nothing is lost. ``where`` is the file or option that it
    begins with, else the command. ``remedy`` is the last part of its first line: what to do.
    """
    where = _PLACE.match(message)
    parts = [each for each in _BETWEEN.split(message.split("\n")[0]) if each]
    command = next((word for word in arguments if not word.startswith("-")), "")
    found: dict[str, Any] = {
        "what": message,
        "where": where[1] if where else f"automl {command}".strip(),
        "remedy": parts[-1] if len(parts) > 1 else "",
    }
    return json.dumps({"error": found})
