"""Reads ``--data``: which folder or URL of the user holds which source of a skill.

A skill gives each declared file a source (``train_datasets``, ``eval_dataset``). A root without a
source's name serves every source that has no root of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike, fspath
from os.path import expanduser
from typing import Any, Final

from automl.errors import InputError
from automl.skill import SkillInfo
from automl.trial.secrets import mask_location, refuse_password

Root = str | PathLike[str]
Data = Root | Sequence[Root] | Mapping[str, Root | Sequence[Root]]

_NAMED: Final = re.compile(r"([A-Za-z_][\w-]*)=(.*)", re.DOTALL)  # no path or URL begins like this
_ENDING: Final = re.compile(r"_datasets?$")


@dataclass(frozen=True)
class DataRoots:
    """The data roots of a run.

    Attributes:
        default: the root of each source without one of its own; None without such a root.
        named: source -> its own roots; a list of the spec gets an entry from each.
    """

    default: str | None = None
    named: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, source: str | None) -> tuple[str, ...]:
        """Return the roots that serve ``source``; empty for none."""
        if source is not None and source in self.named:
            return self.named[source]
        return () if self.default is None else (self.default,)

    def over(self, parent: DataRoots) -> DataRoots:
        """Return these roots, and those of the parent run for the sources that have none here."""
        if self.default is not None:
            return self
        return DataRoots(parent.default, {**parent.named, **self.named})

    def for_sources(self, sources: Iterable[str | None]) -> DataRoots:
        """Return the roots of these sources, each by its name."""
        return DataRoots(None, {name: self.of(name) for name in sources if name and self.of(name)})

    def lines(self) -> list[str]:
        """Return each root with the source that it serves, for people to read, without secrets."""
        own = [f"{source}={root}" for source, roots in self.named.items() for root in roots]
        all_roots = [*([self.default] if self.default is not None else []), *own]
        return [mask_location(root) for root in all_roots]

    def to_dict(self) -> dict[str, Any]:
        """Return them as plain data."""
        named = {source: list(roots) for source, roots in self.named.items()}
        return {"default": self.default, "named": named}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any] | None) -> DataRoots:
        """Return what :meth:`to_dict` wrote; a plan of an earlier version holds none."""
        named = (data or {}).get("named", {})
        return cls((data or {}).get("default"), {key: tuple(each) for key, each in named.items()})


def read_roots(data: Data | None, info: SkillInfo) -> DataRoots:
    """Return the roots that ``--data`` names: ``ROOT``, ``SOURCE=ROOT``, or several of them.

    SOURCE is a source of the skill, its name without ``_dataset(s)``, or a unique prefix.

    Raises:
        InputError: the skill has no such source, two roots have none, or a URL holds a password.
    """
    known = sources_of(info)
    named: dict[str, tuple[str, ...]] = {}
    plain: list[str] = []
    for source, root in _pairs(data):
        refuse_password(root, "--data")
        if not root:
            raise InputError(f"--data {source or ''}: names no folder and no URL")
        if source is None:
            plain.append(root)
        else:
            source = _known_source(source, known, info.name)
            named[source] = (*named.get(source, ()), root)
    if len(plain) > 1:
        raise InputError(
            f"--data {plain[0]} and --data {plain[1]} would serve the same sources: say what each"
            f" holds with --data SOURCE=ROOT ({_listed(known)})"
        )
    return DataRoots(plain[0] if plain else None, named)


def sources_of(info: SkillInfo) -> tuple[str, ...]:
    """Return the names of the sources that any action of the skill declares."""
    declared = (source for sources in info.data_sources.values() for source in sources.values())
    return tuple(dict.fromkeys(each.source for each in declared if each.source))


def _pairs(data: Data | None) -> Iterable[tuple[str | None, str]]:
    """Yield (name of the source, root) for each root; the name is None where none is given."""
    if data is None:
        return
    if isinstance(data, Mapping):
        for name, roots in data.items():
            yield from ((name, root) for root in _texts(roots))
        return
    for text in _texts(data):
        match = _NAMED.fullmatch(text)
        yield (match[1], expanduser(match[2])) if match else (None, text)


def _texts(roots: Root | Sequence[Root]) -> list[str]:
    try:
        given = [roots] if isinstance(roots, str | PathLike) else list(roots)
        return [fspath(root) for root in given]
    except TypeError as error:
        raise InputError(f"--data must name folders or URLs, is {roots!r}") from error


def _known_source(name: str, known: Sequence[str], skill: str) -> str:
    """Return the source that the user means by a name or a short form of it."""
    word = name.replace("-", "_")
    short = [source for source in known if word in (source, _ENDING.sub("", source))]
    found = short or [source for source in known if source.startswith(word)]
    if len(found) == 1:
        return found[0]
    what = f"may be {' or '.join(found)}" if found else f"is no source of {skill}"
    raise InputError(
        f"--data {name}=...: {name} {what}; known: {_listed(known)}"
        f" (for a folder whose name holds '=': ./{name}=...)"
    )


def _listed(known: Sequence[str]) -> str:
    shorts = ((source, _ENDING.sub("", source)) for source in known)
    return ", ".join(s if s == word else f"{s} ({word}=)" for s, word in shorts) or "none"
