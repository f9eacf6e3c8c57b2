"""Every format reads back as what was written."""

import io
import json
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from automl.errors import InputError
from automl.results.table import files as table_files
from automl.results.table.columns import MOMENT, NUMBER, TEXT, TRUTH, WHOLE, make
from automl.results.table.files import FORMATS, check_format, table_bytes

FRAME = pd.DataFrame(
    {
        "trial_id": make(["0000", "0001"], TEXT),
        "param.train.seed": make([2**60 + 1, 5], WHOLE),
        "param.train.ema": make([True, None], TRUTH),
        "score": make([0.5, None], NUMBER),
        "loss": make([float("inf"), 1e-9], NUMBER),
        "start": make([pd.Timestamp("2026-01-02T03:04:05.25Z"), None], MOMENT),
        "failure": make(['=HYPERLINK("x")', "tab\there\nand \x1b[31mred\x1b[0m"], TEXT),
    }
)
READERS: dict[str, Callable[[io.BytesIO], pd.DataFrame]] = {
    "csv": lambda stream: pd.read_csv(stream, dtype={"trial_id": str}),
    "tsv": lambda stream: pd.read_csv(stream, sep="\t", dtype={"trial_id": str}),
    "json": lambda stream: pd.DataFrame(json.load(stream)),
    "jsonl": lambda stream: pd.DataFrame([json.loads(line) for line in stream]),
    "parquet": pd.read_parquet,
    "xlsx": lambda stream: pd.read_excel(stream, dtype={"trial_id": str}),
}


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_reads_back(form: str) -> None:
    found = READERS[form](io.BytesIO(table_bytes(FRAME, form)))
    assert list(found.columns) == list(FRAME.columns)
    assert found["trial_id"].tolist() == ["0000", "0001"]
    assert found["score"].tolist()[0] == 0.5
    assert pd.isna(found["score"].tolist()[1])
    assert found["loss"].tolist()[1] == 1e-9
    assert str(found["param.train.seed"].tolist()[0]).startswith("1152921504606846977")
    assert found["failure"].tolist()[0] == '=HYPERLINK("x")'


@pytest.mark.parametrize("form", FORMATS)
def test_without_rows_the_columns_are_there(form: str) -> None:
    content, bare = table_bytes(FRAME.iloc[:0], form), {"json": b"[]\n", "jsonl": b""}
    if form in bare:  # columns are named in rows alone
        assert content == bare[form]
    else:
        assert list(READERS[form](io.BytesIO(content)).columns) == list(FRAME.columns)


def _cells(frame: pd.DataFrame) -> list[list[Any]]:
    from openpyxl import load_workbook

    sheet = load_workbook(io.BytesIO(table_bytes(frame, "xlsx"))).active
    return [list(row) for row in sheet.iter_rows()]


def test_a_sheet_has_numbers_times_and_text_but_no_formula() -> None:
    head, first, second = _cells(FRAME)
    assert [cell.value for cell in head] == list(FRAME.columns)
    by_name = dict(zip(FRAME.columns, first, strict=True))
    assert by_name["score"].value == 0.5
    assert by_name["param.train.ema"].value is True
    assert by_name["loss"].value == "inf"
    assert by_name["start"].value == pd.Timestamp("2026-01-02T03:04:05.25").to_pydatetime()
    assert by_name["failure"].data_type == "s"
    assert second[-1].value == "tab\there\nand  [31mred [0m"
    assert second[3].value is None


def test_more_rows_than_a_sheet_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_files, "_SHEET_ROWS", 2)
    with pytest.raises(InputError, match=r"a sheet holds 1 rows, here are 2: use .csv"):
        table_bytes(FRAME, "xlsx")


def test_without_openpyxl_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    with pytest.raises(InputError, match="pip install openpyxl"):
        check_format("xlsx")
    check_format("csv")
