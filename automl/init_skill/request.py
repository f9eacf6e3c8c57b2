"""What ``automl init`` is asked for, and what it remembers of the last time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

from automl.errors import InputError

CONFIG_PATH: Final = "{config_path}"
_REMEMBERED: Final = ("source", "command", "call", "subcommand")


@dataclass(frozen=True)
class InitRequest:
    """What ``automl init`` is asked for.

    Attributes:
        source: a script, a configuration file, or ``module:Class``; None to take the last one.
        output: the skill's folder.
        name: the skill's name; None for the source's.
        command: how the trainer is started, where the source is no script.
        call: a function that is called with an object of the class, as ``module:function``.
        subcommand: the command of a script that trains, as words.
        metric: ``NAME`` or ``NAME:min``; None to find it.
        log: a log of an earlier training, in which the metric is looked for.
        dry_run: whether the trainer is run once to find it.
        limit_s: how long the source may take to answer.
        dry_run_limit_s: how long the dry run may take.
        python: the trainer's interpreter.
    """

    source: str | None
    output: Path
    name: str | None = None
    command: str | None = None
    call: str | None = None
    subcommand: str | None = None
    metric: str | None = None
    log: Path | None = None
    dry_run: bool = False
    limit_s: float = 60.0
    dry_run_limit_s: float = 120.0
    python: str = ""

    def remembered(self) -> dict[str, Any]:
        """What the next call on the same folder need not repeat."""
        return {name: value for name, value in asdict(self).items() if name in _REMEMBERED}

    def completed(self, last: Mapping[str, Any]) -> InitRequest:
        """The request with what the last one said, where this one says nothing.

        Raises:
            InputError: neither names a source.
        """
        known = {field.name for field in fields(self)} & {*_REMEMBERED}
        missing = {n: last[n] for n in known if getattr(self, n) is None and last.get(n)}
        found = replace(self, **missing)
        if found.source is None:
            raise InputError(
                "name what the skill is made of: a script, a YAML configuration, or module:Class"
            )
        return found
