"""The value of ``--config``: a file, or the name of a config file that automl brings along.

A file of that very name in the current folder wins over a packaged one.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

from automl.errors import InputError
from automl.skill import packaged_skill_dir

CONFIG_HELP: Final = (
    "YAML file of options, or a packaged one: demo, market1501; the command line wins."
)


class ConfigFile(click.ParamType[Path]):
    """The path of a config file, from a path or from the name of a packaged one."""

    name = "config"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the file at this path; where there is none, a bare name is a packaged one's.

        Raises:
            InputError: a bare name is neither.
        """
        path = Path(value)
        if os.sep in str(value) or (path.exists() and not path.is_dir()):
            return path
        packaged = packaged_configs()
        if str(value) not in packaged:
            raise InputError(
                f"--config {value}: no such file here, and automl brings along only"
                f" {', '.join(packaged)} (by name, without .yaml)"
            )
        return packaged[str(value)]

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Complete the packaged names, else let the shell complete files."""
        names = [name for name in packaged_configs() if incomplete and name.startswith(incomplete)]
        return [*map(CompletionItem, names)] or [CompletionItem(incomplete, type="file")]


CONFIG: Final = ConfigFile()


def packaged_configs() -> dict[str, Path]:
    """Return the config files that come with automl, by name."""
    files = (packaged_skill_dir() / "experiments").glob("*.yaml")
    return {path.stem: path for path in sorted(files)}
