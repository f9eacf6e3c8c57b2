"""Reads a parsed YAML mapping by type and collects every fault instead of stopping at the first."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from automl.skill.schema.numbers import as_due

_LONGEST: Final = 300


def shortened(text: str) -> str:
    """Return a text that may hold a whole file as at most a few lines."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


class Faults:
    """Collects ``file: key: rule`` lines; all sections of one file share it."""

    def __init__(self, file: Path | str) -> None:
        self.file = str(file)
        self.found: list[str] = []

    def add(self, key: str, rule: str) -> None:
        """Note one fault at ``key``."""
        self.found.append(f"{self.file}: {shortened(key)}: {shortened(rule)}")


class Section:
    """One mapping of the file, with the dotted key under which it stands."""

    def __init__(self, values: Mapping[str, Any], faults: Faults, key: str = "") -> None:
        self.values = values
        self.faults = faults
        self.key = key

    def at(self, name: str) -> str:
        """The dotted key of ``name`` inside this section."""
        return f"{self.key}.{name}" if self.key else name

    def text(self, name: str, *, required: bool = False) -> str | None:
        """A string, or None when absent or null."""
        value = self.values.get(name)
        if isinstance(value, str) and (value or not required):
            return value
        if value is not None or required:
            self.faults.add(self.at(name), f"must be a string, is {value!r}; write a text value")
        return None

    def flag(self, name: str) -> bool:
        """A boolean, False when absent or null."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, bool):
            self.faults.add(self.at(name), f"must be true or false, is {value!r}")
        return value is True

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of strings, empty when absent or null."""
        value = self.values.get(name)
        if value is None:
            return ()
        if isinstance(value, list) and all(isinstance(v, str | int | float) for v in value):
            return tuple(str(v) for v in value)
        self.faults.add(self.at(name), f"must be a list of strings, is {value!r}")
        return ()

    def amounts(self, name: str) -> dict[str, float]:
        """A mapping of strings to numbers, zero or more; empty when absent or null."""
        inner = self.section(name)
        return {key: found for key in inner.values if (found := inner._number(key)) is not None}

    def amount(self, name: str) -> float:
        """A number, zero or more; zero when absent or null."""
        return 0.0 if self.values.get(name) is None else self._number(name) or 0.0

    def _number(self, name: str) -> float | None:
        value = as_due(self.values[name], 0.0)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if number and 0 <= value < float("inf"):
            return float(value)
        self.faults.add(self.at(name), f"must be a number, zero or more, is {value!r}")
        return None

    def sections(self, name: str) -> dict[str, Section]:
        """The sections below ``name``; a member that is no mapping is a fault."""
        inner = self.section(name)
        return {key: found for key in inner.values if (found := inner.member(key)) is not None}

    def section(self, name: str) -> Section:
        """The mapping ``name``, empty when absent or null."""
        return self.member(name) or Section({}, self.faults, self.at(name))

    def member(self, name: str) -> Section | None:
        """The mapping ``name``; None when null, absent, or (with a fault) something else."""
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, Mapping):
            return Section({str(k): v for k, v in value.items()}, self.faults, self.at(name))
        self.faults.add(self.at(name), f"must be a mapping, is {value!r}")
        return None

    def table(self, name: str) -> dict[str, str]:
        """A mapping of strings to strings, empty when absent or null."""
        inner = self.section(name)
        return {key: text for key in inner.values if (text := inner.text(key)) is not None}
