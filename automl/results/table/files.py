"""Rows as the content of a file: CSV, TSV, JSON, JSON lines, Parquet, and a sheet for Excel."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

import pandas as pd

from automl.errors import InputError
from automl.results.tables import json_text, records

_SHEET_ROWS: Final = 1_048_576  # what a sheet holds, its head included
_EXACT: Final = 2**53  # Excel's numbers are floats: larger whole ones would lose digits


def table_bytes(frame: pd.DataFrame, form: str) -> bytes:
    """Return the rows in a format of :data:`FORMATS`, with the columns' full names.

    Raises:
        InputError: a sheet does not hold so many rows, or openpyxl is not installed.
    """
    return FORMATS[form](frame)


def check_format(form: str) -> None:
    """Refuse a format whose package is not installed.

    Raises:
        InputError: it is ``xlsx`` and openpyxl is missing.
    """
    if form == "xlsx":
        _openpyxl()


def _csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False).encode()


def _tsv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False, sep="\t").encode()


def _json(frame: pd.DataFrame) -> bytes:
    return f"{json_text(frame)}\n".encode()


def _json_lines(frame: pd.DataFrame) -> bytes:
    rows = (json.dumps(row, ensure_ascii=False, allow_nan=False) for row in records(frame))
    return "".join(f"{row}\n" for row in rows).encode()


def _parquet(frame: pd.DataFrame) -> bytes:
    stream = io.BytesIO()
    frame.to_parquet(stream, index=False)
    return stream.getvalue()


def _xlsx(frame: pd.DataFrame) -> bytes:
    if len(frame) >= _SHEET_ROWS:
        raise InputError(f"a sheet holds {_SHEET_ROWS - 1} rows, here are {len(frame)}: use .csv")
    book = _openpyxl().Workbook(write_only=True)
    sheet = book.create_sheet("trials")
    sheet.freeze_panes = "A2"
    for row in (tuple(frame.columns), *frame.itertuples(index=False, name=None)):
        sheet.append([_excel_cell(sheet, value) for value in row])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _openpyxl() -> Any:
    try:
        import openpyxl
    except ImportError as error:
        raise InputError(
            "an .xlsx file needs openpyxl: install it with  pip install openpyxl  or write .csv"
        ) from error
    return openpyxl


def _excel_cell(sheet: Any, value: Any) -> Any:
    """Return a value as a cell: times in UTC without a zone, text never as a formula."""
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.tz_convert(None).to_pydatetime() if value.tzinfo else value.to_pydatetime()
    value = value.item() if hasattr(value, "item") else value
    if _is_exact(value):
        return value
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub(" ", str(value)))
    cell.data_type = "s"  # openpyxl takes text that begins with = for a formula
    return cell


def _is_exact(value: Any) -> bool:
    """Whether Excel holds the value as the truth or number that it is."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, bool) or (isinstance(value, int) and abs(value) <= _EXACT)


FORMATS: Final[Mapping[str, Callable[[pd.DataFrame], bytes]]] = {
    "csv": _csv,
    "tsv": _tsv,
    "json": _json,
    "jsonl": _json_lines,
    "parquet": _parquet,
    "xlsx": _xlsx,
}
BINARY: Final = ("parquet", "xlsx")  # not for a terminal
