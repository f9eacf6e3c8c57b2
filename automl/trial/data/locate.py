"""Finds the files that a skill declares: below the user's data roots, or where the spec says.

Where a skill declares an archive (``.tar``, ``.tar.gz``, ``.tgz``, ``.tar.zst``), the folder that
it unpacks to serves as well.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from automl.errors import DataSourceError
from automl.skill import DataSource
from automl.spec.inferred import is_empty
from automl.spec.nested import copy_plain, get_path, set_path
from automl.trial.data.fetch import fetch
from automl.trial.data.missing_file import instead_of
from automl.trial.data.roots import DataRoots
from automl.trial.data.unpack import ARCHIVES, unpack
from automl.trial.secrets import mask_location, refuse_password

_PLACEHOLDER: Final = re.compile(r"\{([\w.]*)\}")


@dataclass(frozen=True)
class DataSearch:
    """What is known before the declared files of one action are looked for.

    Attributes:
        sources: spec key -> declared file.
        spec: the resolved spec; where no root serves a file, its values are the locations.
        roots: the user's data roots.
        user_keys: dotted leaves that the user set; they take precedence over the roots.
        optional: keys of files that the action can do without.
        inherited: spec key -> locations that the parent run used.
    """

    sources: Mapping[str, DataSource]
    spec: Mapping[str, Any]
    roots: DataRoots = DataRoots()
    user_keys: Collection[str] = ()
    optional: Collection[str] = ()
    inherited: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class LocatedData:
    """Where the declared files are.

    Attributes:
        places: spec key -> paths or URLs, more than one where the spec holds a list.
        notes: optional files that are left out, and keys of the spec that go before a root.
    """

    places: Mapping[str, tuple[str, ...]]
    notes: tuple[str, ...] = ()


def locate_data(search: DataSearch) -> LocatedData:
    """Return the location of each declared file; nothing is staged yet.

    Raises:
        DataSourceError: required files are missing, a root holds none of its files, or one root
            would serve two sources with the same file; it names each.
        InputError: a URL carries a password.
    """
    _check_roots(search)
    places = {key: _places(key, search) for key in search.sources}
    notes = _without_shared_files(places, search)
    missing = {key: fault for key in places if (fault := _fault(key, places, search))}
    found = {key: each for key, each in places.items() if each and key not in missing}
    asked = {key for key in missing if _is_set(key, search)} | search.inherited.keys()
    required = [key for key in missing if key not in search.optional or key in asked]
    rooted = any(_by_root(key, search) for key in missing)
    if required or (rooted and not found):
        faults = [f"{key}: {missing[key]}" for key in required or missing]
        raise DataSourceError("data that the action needs are missing", faults)
    return LocatedData(found, (*notes, *_beside_roots(search)))


def _beside_roots(search: DataSearch) -> Iterator[str]:
    """Yield which files a root of the user would serve, were they not set in the spec."""
    keys = [
        key
        for key, source in search.sources.items()
        if search.roots.of(source.source) and _is_set(key, search)
    ]
    if keys:
        yield f"--data does not serve {', '.join(keys)}: you set where that is read"


def is_at_hand(place: str) -> bool:
    """Return whether a path exists; a URL is taken to exist."""
    return "://" in place or Path(place).exists()


def filled(path: str, spec: Mapping[str, Any]) -> str:
    """Return a declared path with each ``{spec.key}`` replaced by what the spec says."""

    def value(found: re.Match[str]) -> str:
        said = get_path(spec, found[1], None)
        return found[0] if is_empty(said) else str(said)

    return _PLACEHOLDER.sub(value, path)


def below(root: str, *names: str) -> str:
    """Join root and the first name; below a local root the first of ``names`` that is there.

    For an archive, one of another kind with the same stem or its folder serves as well. A root that
    is an archive itself is unpacked into the cache.
    """
    if not names[0]:
        return root
    root = opened_root(root)
    places = [_below(root, name) for name in names]
    return next((place for place in places if is_at_hand(place)), places[0])


def opened_root(root: str) -> str:
    """Return the folder that a root is, the cache's where the root is an archive of all data."""
    if not root.partition("?")[0].endswith(ARCHIVES) or Path(root).is_dir():
        return root
    if "://" not in root and not Path(root).exists():
        return root
    return str(unpack(fetch(root) if "://" in root else Path(root)))


def _below(root: str, name: str) -> str:
    if "://" in root:
        address, mark, query = root.partition("?")
        return f"{address.rstrip('/')}/{name}{mark}{query}"
    ending = next((suffix for suffix in ARCHIVES if name.endswith(suffix)), None)
    others = [] if ending is None else [*ARCHIVES, ""]
    names = [name, *(name.removesuffix(ending or "") + other for other in others)]
    return str(next((p for n in names if (p := Path(root) / n).exists()), Path(root) / name))


def set_places(
    spec: dict[str, Any], key: str, source: DataSource, places: Sequence[str]
) -> dict[str, str]:
    """Set the locations of one declared file in place; return spec key -> location of each.

    A list gets an entry for each location: the value itself where the skill says ``list: true``
    or the spec holds one, else the list that the key indexes with ``[0]``.
    """
    if source.is_list or isinstance(get_path(spec, key, None), list):
        set_path(spec, key, [""] * len(places))
        keys = [f"{key}[{index}]" for index in range(len(places))]
    else:
        _lengthen(spec, key, len(places))
        keys = [key.replace("[0]", f"[{index}]", 1) for index in range(len(places))]
    for name, place in zip(keys, places, strict=True):
        set_path(spec, name, place)
    return dict(zip(keys, places, strict=True))


def _lengthen(spec: dict[str, Any], key: str, count: int) -> None:
    """Make the list that ``key`` indexes long enough: new entries are as its first one."""
    head, indexed, _ = key.partition("[0]")
    if not indexed:
        return
    entries = get_path(spec, head, None)
    entries = list(entries) if isinstance(entries, list) and entries else [{}]
    entries += [copy_plain(entries[0]) for _ in range(count - len(entries))]
    set_path(spec, head, entries)


def _places(key: str, search: DataSearch) -> tuple[str, ...]:
    """Return the locations of one file; empty where nobody names one."""
    if _by_root(key, search):
        source = search.sources[key]
        paths = [filled(path, search.spec) for path in (source.path, *source.alternatives)]
        return tuple(below(root, *paths) for root in search.roots.of(source.source))
    if key in search.inherited and not _is_set(key, search):
        return tuple(search.inherited[key])
    given = get_path(search.spec, key, None)
    values = given if isinstance(given, list) else [given]
    places = tuple(str(value) for value in values if not is_empty(value))
    for place in places:
        refuse_password(place, key)
    return places


def _by_root(key: str, search: DataSearch) -> bool:
    """Return whether a data root of the user serves the file."""
    return bool(search.roots.of(search.sources[key].source)) and not _is_set(key, search)


def _is_set(key: str, search: DataSearch) -> bool:
    """Return whether the user set the key itself, or the list or mapping that holds it."""
    if is_empty(get_path(search.spec, key, None)):
        return False
    return any(key == own or key.startswith((f"{own}.", f"{own}[")) for own in search.user_keys)


def _fault(key: str, places: Mapping[str, Sequence[str]], search: DataSearch) -> str:
    """Return what is wrong with the locations of one file; empty where nothing is."""
    source, here = search.sources[key], places[key]
    if not here:
        return "" if key in search.optional else _request(key, search)
    unfilled = _PLACEHOLDER.search(filled(source.path, search.spec))
    if unfilled and _by_root(key, search):
        return f"its path {source.path} holds {unfilled[0]}, no key of the spec: --set {key}=PATH"
    gone = [place for place in here if not is_at_hand(place)]
    fault = _count_fault(key, places, search)
    if fault or not gone:
        return fault
    words = "; ".join(f"{place} does not exist{instead_of(place, source)}" for place in gone)
    for root in search.roots.of(source.source):
        words = words.replace(opened_root(root), mask_location(root))  # not the cache's path
    return f"{words}: rename or link it, or --set {key}=PATH"


def _request(key: str, search: DataSearch) -> str:
    """Return a hint on how to name the location of a file that has none."""
    source = search.sources[key]
    name = f"{source.source}=ROOT" if search.roots.named and source.source else "ROOT"
    path = f" with {source.path} in it" if source.path else ""
    return f"give --data {name}{path}, or --set {key}=PATH"


def _count_fault(key: str, places: Mapping[str, Sequence[str]], search: DataSearch) -> str:
    """Return what is wrong with the number of locations: one for each entry of the key's list."""
    source, count = search.sources[key], len(places[key])
    block, indexed, _ = key.partition("[0]")
    if count > 1 and not (source.is_list or indexed) and _by_root(key, search):
        given = f"--data {source.source}=... is given {count} times"
        return f"it takes one file, and {given}: say which with --set {key}=PATH"
    beside = [len(each) for name, each in places.items() if name.startswith(f"{block}[0]")]
    most = max(beside, default=count) if indexed else count
    return (
        f"{count} file for {most} entries of {block}: leave one of them out" if count < most else ""
    )


def _without_shared_files(places: dict[str, tuple[str, ...]], search: DataSearch) -> list[str]:
    """Refuse a root that serves two sources with one file: a skill would validate on train data.

    Optional files of the second source are left out instead; the notes on them are returned.

    Raises:
        DataSourceError: a required file is shared; it asks for a root for each further source.
    """
    first: dict[str, str] = {}
    shared: dict[str, str] = {}
    for key, place in _default_places(places, search):
        owner = first.setdefault(place, key)
        if search.sources[owner].source != search.sources[key].source:
            both = f"{_key_and_source(key, search)} and {_key_and_source(owner, search)}"
            shared[key] = f"{both}: {mask_location(place)}"
    optional = [key for key in shared if key in search.optional]
    faults = [words for key, words in shared.items() if key not in optional]
    if faults:
        needed = dict.fromkeys(search.sources[key].source for key in shared if key not in optional)
        asked = " ".join(f"--data {source}=ROOT{n}" for n, source in enumerate(needed, 2))
        raise DataSourceError(
            f"--data {mask_location(str(search.roots.default))} would serve different sources with"
            f" the same files: give {asked} as well (the same root again if that is what you want)",
            faults,
        )
    for key in optional:
        places[key] = ()
    return [f"{key} is left out: --data would serve {shared[key]}" for key in optional]


def _default_places(
    places: Mapping[str, Sequence[str]], search: DataSearch
) -> Iterator[tuple[str, str]]:
    """Yield (key, location) of the named sources that share the root without a source's name."""
    for key, source in search.sources.items():
        own = source.source is None or source.source in search.roots.named
        for place in places[key] if _by_root(key, search) and not own else ():
            yield key, place if "://" in place else str(Path(place).resolve())


def _key_and_source(key: str, search: DataSearch) -> str:
    return f"{key} ({search.sources[key].source})"


def _check_roots(search: DataSearch) -> None:
    """Refuse a local data root that is no folder with one error, not one for each file in it."""
    used = [source for key, source in search.sources.items() if _by_root(key, search)]
    for source, root in ((each, root) for each in used for root in search.roots.of(each.source)):
        if "://" in root or Path(root).is_dir() or Path(opened_root(root)).is_dir():
            continue
        if not Path(root).exists():
            raise DataSourceError(
                f"--data {root} does not exist: name the folder that holds the data"
            )
        if source.path:
            raise DataSourceError(
                f"--data {root} is not a folder: name the folder that holds the data"
            )
