"""Table rows as plain JSON: whole precision, missing values as null, moments in ISO 8601."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return one mapping per row that JSON can hold; infinite numbers are null too."""
    return [
        {str(name): _plain(value) for name, value in row.items()}
        for row in frame.astype(object).to_dict("records")
    ]


def json_text(frame: pd.DataFrame) -> str:
    """Return the rows as a JSON list."""
    return json.dumps(records(frame), ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if pd.isna(value) or (isinstance(value, float) and abs(value) == float("inf")):
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value
