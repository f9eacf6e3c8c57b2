"""Reads a list of crops: CSV or Parquet with columns, or text with a line ``path label`` each."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from reid_model.data.folder import IMAGE_SUFFIXES
from reid_model.errors import DataError

PARQUET: Final = ".parquet"
LIST_SUFFIXES: Final = (".csv", ".tsv", ".txt", ".lst", ".list", PARQUET)

_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "path": ("path", "image", "image_path", "img_path", "file", "filename", "file_name", "img"),
    "pid": ("pid", "person", "person_id", "id", "identity", "label", "vehicle_id"),
    "camid": ("camid", "camera", "camera_id", "cam", "cam_id"),
    "split": ("split", "subset", "set"),
    "track": ("track", "track_id", "tracklet", "tracklet_id"),
}
_NEEDED: Final = ("path", "pid")
_ENDINGS: Final = "|".join(sorted(suffix[1:] for suffix in IMAGE_SUFFIXES))
# a path that may hold spaces, a label, perhaps a camera
_LINE: Final = re.compile(rf"(.+?\.(?:{_ENDINGS}))[\s,;]+([^\s,;]+)(?:[\s,;]+([^\s,;]+))?", re.I)
_FORMS: Final = "columns path and pid (camid, split, track), or lines such as `0001/a.jpg 7`"


class Row(NamedTuple):
    """One crop as a list has it; ``headerless``: of a list whose labels may count from 0."""

    line: int
    path: str
    person: str
    camera: str
    split: str
    headerless: bool
    track: str = ""


def is_list(path: Path) -> bool:
    """Whether a data set is named by a file that lists crops."""
    return path.suffix.lower() in LIST_SUFFIXES and not path.is_dir()


def read_rows(file: Path, key: str) -> list[Row]:
    """The rows of a list; raises DataError, which names file and line, for one that is not right.

    ``key``: the spec key that names the list.
    """
    where = f"{key}: {file}"
    try:
        rows = _parquet(file, where) if file.suffix.lower() == PARQUET else _text(file, where)
        found = list(rows)
    except OSError as exc:
        raise DataError(f"{where} cannot be read: {exc.strerror or exc}") from exc
    except (UnicodeDecodeError, csv.Error, pa.ArrowInvalid) as exc:
        raise DataError(f"{where} is not a list of crops: {exc}; expected {_FORMS}") from exc
    if not found:
        raise DataError(f"{where} lists no crops; expected {_FORMS}")
    for row in found:
        _check(row, where)
    return found


def _check(row: Row, where: str) -> None:
    for name, value in (("path", row.path), ("pid", row.person)):
        if not value:
            raise DataError(f"{where}, line {row.line}: {name} is empty")


def _parquet(file: Path, where: str) -> Iterator[Row]:
    table = pq.read_table(file)
    places = _places(table.column_names, f"{where}, line 1")
    columns = [table.column(places[name]).to_pylist() for name in places]
    for line, values in enumerate(zip(*columns, strict=True), start=1):
        yield _row(line, dict(zip(places, map(_word, values), strict=True)))


def _text(file: Path, where: str) -> Iterator[Row]:
    text = file.read_text(encoding="utf-8-sig")
    first = next((line for line in text.splitlines() if _is_line(line)), "")
    if not first:
        return iter(())
    if _LINE.fullmatch(first.strip()):
        return _labelled(text, where)
    return _with_header(text, where, _delimiter(first))


def _is_line(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _labelled(text: str, where: str) -> Iterator[Row]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not _is_line(line):
            continue
        found = _LINE.fullmatch(line.strip())
        if found is None:
            raise DataError(
                f"{where}, line {number}: {line.strip()[:80]!r} is not `path label` "
                "or `path label camera`"
            )
        yield Row(number, found[1], found[2], found[3] or "", "", headerless=True)


def _delimiter(header: str) -> str:
    return max(",;\t", key=header.count)


def _with_header(text: str, where: str, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(text.splitlines(), delimiter=delimiter)
    header: list[str] | None = None
    places: dict[str, int] = {}
    for cells in reader:
        line = reader.line_num
        if not any(cells) or cells[0].startswith("#"):
            continue
        if header is None:
            header, places = cells, _places(cells, f"{where}, line {line}")
            continue
        if len(cells) != len(header):
            raise DataError(
                f"{where}, line {line}: {len(cells)} cells, but the header has {len(header)}"
            )
        yield _row(line, {name: cells[place].strip() for name, place in places.items()})


def _places(header: Sequence[str], where: str) -> dict[str, int]:
    """Where each known column is; raises DataError if a needed one is missing."""
    names = [name.strip().lower() for name in header]
    places = {
        column: names.index(known)
        for column, aliases in _COLUMNS.items()
        if (known := next((alias for alias in aliases if alias in names), None))
    }
    lacking = [name for name in _NEEDED if name not in places]
    if lacking:
        raise DataError(
            f"{where}: no column {' and '.join(lacking)} among {', '.join(header)[:120]}; "
            f"expected {_FORMS}"
        )
    return places


def _row(line: int, cells: Mapping[str, str]) -> Row:
    return Row(
        line,
        cells["path"],
        cells["pid"],
        cells.get("camid", ""),
        cells.get("split", "").lower(),
        headerless=False,
        track=cells.get("track", ""),
    )


def _word(value: Any) -> str:
    """A cell of a Parquet file as a CSV has it: 7.0, which pandas makes of 7, is 7."""
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
